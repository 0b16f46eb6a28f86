// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/reputation.hpp"

#include "sensor/base/text.hpp"
#include "sensor/lang/address_text.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace hd {
namespace {

/// Calls take(line, its number) for each line that is no comment; what it refuses becomes an error.
template <class Take>
void each_line(std::string_view text, const std::string& file, std::vector<Error>& errors, std::string_view what,
               Take take) {
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (take(line)) continue;
    errors.push_back({.code = ErrorCode::E2103,
                      .place = {.file = file, .line = number, .column = 1},
                      .what = "\"" + std::string(line.substr(0, 80)) + "\" is not " + std::string(what)});
  }
}

std::string_view next_part(std::string_view& line) {
  const std::size_t comma = std::min(line.find(','), line.size());
  const std::string_view part = trim(line.substr(0, comma));
  line.remove_prefix(std::min(comma + 1, line.size()));
  return part;
}

Address masked(Address address, unsigned prefix) noexcept {
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned bits = prefix <= i * 8 ? 0 : std::min(prefix - i * 8, 8u);
    address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xff00u >> bits));
  }
  return address;
}

} // namespace

void Reputation::add_categories(std::string_view text, const std::string& file, std::vector<Error>& errors) {
  each_line(text, file, errors, "a category (id,name,description)", [this](std::string_view line) {
    const auto id = parse_integer(next_part(line));
    const std::string_view name = next_part(line);
    if (!id || *id < 1 || *id >= kCategoriesMax || name.empty()) return false;
    categories_[std::string(name)] = static_cast<std::uint8_t>(*id);
    return true;
  });
}

void Reputation::add_scores(std::string_view text, const std::string& file, std::vector<Error>& errors) {
  each_line(text, file, errors, "a reputation (address,category,score)", [this](std::string_view line) {
    const std::string_view network = next_part(line);
    const auto category = parse_integer(next_part(line));
    const auto score = parse_integer(trim(line));
    const std::size_t slash = std::min(network.find('/'), network.size());
    const auto address = parse_address(network.substr(0, slash));
    if (!address || !category || *category < 1 || *category >= kCategoriesMax || !score || *score < 0 || *score > kScoreMax)
      return false;
    Row row{*address, static_cast<std::uint8_t>(*category), static_cast<std::uint8_t>(*score)};
    if (slash == network.size()) {
      hosts_.push_back(row);
      return true;
    }
    const unsigned most = address->is_ip4() ? 32 : 128;
    const auto prefix = parse_integer(network.substr(slash + 1));
    if (!prefix || *prefix < 0 || *prefix > most) return false;
    const unsigned length = static_cast<unsigned>(*prefix) + 128 - most;
    row.address = masked(row.address, length);
    auto at = std::find_if(networks_.begin(), networks_.end(), [&](const Network& one) { return one.prefix == length; });
    if (at == networks_.end()) at = networks_.insert(at, Network{.prefix = length});
    at->rows.push_back(row);
    return true;
  });
}

void Reputation::finish() {
  // Of several lines for one address and category the last counts.
  const auto tidy = [](std::vector<Row>& rows) {
    std::reverse(rows.begin(), rows.end());
    const auto key = [](const Row& row) { return std::tie(row.address, row.category); };
    std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return key(a) < key(b); });
    rows.erase(std::unique(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return key(a) == key(b); }), rows.end());
  };
  tidy(hosts_);
  for (Network& network : networks_) tidy(network.rows);
  std::sort(networks_.begin(), networks_.end(), [](const Network& a, const Network& b) { return a.prefix > b.prefix; });
}

std::optional<std::uint8_t> Reputation::find_category(std::string_view name) const {
  const auto at = categories_.find(name);
  if (at == categories_.end()) return std::nullopt;
  return at->second;
}

const Reputation::Row* Reputation::find(const std::vector<Row>& rows, const Address& address, std::uint8_t category,
                                        bool& has_address) noexcept {
  const auto at = std::lower_bound(rows.begin(), rows.end(), address, [](const Row& row, const Address& wanted) { return row.address < wanted; });
  has_address = at != rows.end() && at->address == address;
  for (auto row = at; row != rows.end() && row->address == address; ++row) {
    if (row->category == category) return &*row;
  }
  return nullptr;
}

std::optional<std::uint8_t> Reputation::score_of(const Address& address, std::uint8_t category) const noexcept {
  bool has_address = false;
  if (const Row* row = find(hosts_, address, category, has_address)) return row->score;
  for (const Network& network : networks_) {
    const Row* row = find(network.rows, masked(address, network.prefix), category, has_address);
    if (row != nullptr) return row->score;
    if (has_address) return std::nullopt;
  }
  return std::nullopt;
}

} // namespace hd
