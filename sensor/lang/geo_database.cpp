// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/geo_database.hpp"

#include <maxminddb.h>
#include <netinet/in.h>

#include <cstring>

namespace hd {

struct GeoDatabase::Body {
  MMDB_s file = {};
};

GeoDatabase::GeoDatabase(std::unique_ptr<Body> body) : body_(std::move(body)) {}

GeoDatabase::~GeoDatabase() { MMDB_close(&body_->file); }

Result<std::shared_ptr<const GeoDatabase>> GeoDatabase::open(const std::string& path) {
  auto body = std::make_unique<Body>();
  const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &body->file);
  if (status != MMDB_SUCCESS)
    return fail({.code = ErrorCode::E4001,
                 .what = "cannot read " + path + ": " + MMDB_strerror(status),
                 .hint = "It must be a MaxMind database of countries (.mmdb)."});
  return std::shared_ptr<const GeoDatabase>(new GeoDatabase(std::move(body)));
}

std::array<char, 2> GeoDatabase::country_of(const Address& address) const noexcept {
  sockaddr_storage storage = {};
  if (address.is_ip4()) {
    sockaddr_in ip4 = {};
    ip4.sin_family = AF_INET;
    std::memcpy(&ip4.sin_addr, address.bytes.data() + 12, 4);
    std::memcpy(&storage, &ip4, sizeof ip4);
  } else {
    sockaddr_in6 ip6 = {};
    ip6.sin6_family = AF_INET6;
    std::memcpy(&ip6.sin6_addr, address.bytes.data(), 16);
    std::memcpy(&storage, &ip6, sizeof ip6);
  }
  int error = MMDB_SUCCESS;
  MMDB_lookup_result_s found =
      MMDB_lookup_sockaddr(&body_->file, reinterpret_cast<const sockaddr*>(&storage), &error);
  if (error != MMDB_SUCCESS || !found.found_entry) return {};
  static constexpr const char* kPath[] = {"country", "iso_code", nullptr};
  MMDB_entry_data_s data = {};
  if (MMDB_aget_value(&found.entry, &data, kPath) != MMDB_SUCCESS || !data.has_data ||
      data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2)
    return {};
  return {data.utf8_string[0], data.utf8_string[1]};
}

} // namespace hd
