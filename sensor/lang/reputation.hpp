// SPDX-License-Identifier: Apache-2.0
// Reputation of addresses by category (iprep), read from files of categories and of scores. Immutable once read.
#pragma once

#include "sensor/base/result.hpp"
#include "sensor/packet/view.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hd {

class Reputation {
public:
  static constexpr std::uint8_t kCategoriesMax = 60;
  static constexpr std::uint8_t kScoreMax = 127;

  /// Lines `id,name,description`. Lines that make no sense are errors of the list; the others count.
  void add_categories(std::string_view text, const std::string& file, std::vector<Error>& errors);
  /// Lines `address[/prefix],category,score`.
  void add_scores(std::string_view text, const std::string& file, std::vector<Error>& errors);
  /// To be called once after the last add.
  void finish();

  [[nodiscard]] std::optional<std::uint8_t> find_category(std::string_view name) const;
  /// The score of the address itself, else of the longest network around it that is listed at all. Cost: a search
  /// for each length of prefix that occurs.
  [[nodiscard]] std::optional<std::uint8_t> score_of(const Address& address, std::uint8_t category) const noexcept;

private:
  struct Row {
    Address address = {};
    std::uint8_t category = 0, score = 0;
  };
  struct Network {
    unsigned prefix = 128; // of 128 bits
    std::vector<Row> rows = {};
  };
  [[nodiscard]] static const Row* find(const std::vector<Row>& rows, const Address& address, std::uint8_t category,
                                       bool& has_address) noexcept;

  std::map<std::string, std::uint8_t, std::less<>> categories_ = {};
  std::vector<Row> hosts_ = {};
  std::vector<Network> networks_ = {}; // longest first
};

} // namespace hd
