// SPDX-License-Identifier: Apache-2.0
// NameTable and RuleCatalogue: what rules of one set share.
#include "sensor/lang/rule_builder.hpp"

#include <algorithm>
#include <cctype>

namespace hd {

std::uint32_t NameTable::number_of(Kind kind, std::string_view name) {
  const auto at = static_cast<std::size_t>(kind);
  const auto known = numbers_[at].find(name);
  if (known != numbers_[at].end()) return known->second;
  const auto number = static_cast<std::uint32_t>(names_[at].size());
  names_[at].emplace_back(name);
  numbers_[at].emplace(std::string(name), number);
  return number;
}

std::uint32_t NameTable::count(Kind kind) const {
  return static_cast<std::uint32_t>(names_[static_cast<std::size_t>(kind)].size());
}

std::string_view NameTable::name_of(Kind kind, std::uint32_t number) const {
  const auto& names = names_[static_cast<std::size_t>(kind)];
  return number < names.size() ? std::string_view(names[number]) : std::string_view();
}

const RuleCatalogue::Class* RuleCatalogue::find_class(std::string_view name) const {
  const auto at =
      std::find_if(classes.begin(), classes.end(), [name](const Class& one) { return one.name == name; });
  return at == classes.end() ? nullptr : &*at;
}

const Reference* RuleCatalogue::find_reference(std::string_view key) const {
  const auto at =
      std::find_if(reference_prefixes.begin(), reference_prefixes.end(), [key](const Reference& one) {
        return std::equal(
            one.key.begin(), one.key.end(), key.begin(), key.end(),
            [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
      });
  return at == reference_prefixes.end() ? nullptr : &*at;
}

} // namespace hd
