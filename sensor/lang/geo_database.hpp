// SPDX-License-Identifier: Apache-2.0
// Countries of addresses, out of a MaxMind database file.
#pragma once

#include "sensor/base/result.hpp"
#include "sensor/packet/view.hpp"

#include <array>
#include <memory>
#include <string>

namespace hd {

class GeoDatabase {
public:
  /// Maps the file. E4001 when it cannot be read or is no such database.
  [[nodiscard]] static Result<std::shared_ptr<const GeoDatabase>> open(const std::string& path);
  ~GeoDatabase();
  GeoDatabase(const GeoDatabase&) = delete;
  GeoDatabase& operator=(const GeoDatabase&) = delete;
  GeoDatabase(GeoDatabase&&) = delete;
  GeoDatabase& operator=(GeoDatabase&&) = delete;

  /// ISO 3166-1 code of two letters; zeros when the address is not listed. Allocates nothing.
  [[nodiscard]] std::array<char, 2> country_of(const Address& address) const noexcept;

private:
  struct Body;
  explicit GeoDatabase(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

} // namespace hd
