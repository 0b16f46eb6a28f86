// SPDX-License-Identifier: Apache-2.0
#include "collector/api/query.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "sensor/base/text.hpp"

namespace hd::api {
namespace {

struct Alias {
  std::string_view name, canonical;
};
constexpr std::array<Alias, 20> kFields = {{{"sev", "sev"},       {"muc", "sev"},    {"state", "state"},   {"trangthai", "state"}, {"src", "src"},       {"nguon", "src"},   {"dst", "dst"},
                                            {"dich", "dst"},      {"ip", "ip"},      {"sid", "sid"},       {"sensor", "sensor"},   {"owner", "owner"},   {"nguoi", "owner"}, {"host", "host"},
                                            {"attack", "attack"}, {"level", "level"}, {"capdo", "level"},  {"count", "count"},     {"incident", "incident"}, {"system", "system"}}};
constexpr std::array<std::string_view, 4> kNumbers = {"sev", "sid", "level", "count"};
constexpr std::array<std::string_view, 4> kSeverities = {"very-high", "high", "medium", "low"};

char small(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool contains(std::string_view text, std::string_view part) {
  return std::ranges::search(text, part, [](char a, char b) { return small(a) == small(b); }).begin() != text.end() || part.empty();
}

/// `*` at the ends stands for anything.
bool fits_pattern(std::string_view text, std::string_view pattern) {
  const bool is_open_end = pattern.ends_with('*');
  const bool is_open_begin = pattern.size() > 1 && pattern.starts_with('*');
  if (is_open_end) pattern.remove_suffix(1);
  if (is_open_begin) pattern.remove_prefix(1);
  if (is_open_begin && is_open_end) return contains(text, pattern);
  if (is_open_end) return text.starts_with(pattern);
  if (is_open_begin) return text.ends_with(pattern);
  return text == pattern;
}

bool fits_address(std::string_view address, const std::string& value) {
  const auto network = parse_network(value);
  const auto ip = parse_ip(address);
  return network && ip ? network->contains(*ip) : fits_pattern(address, value);
}

std::optional<std::uint64_t> number_of(std::string_view field, std::string_view text) {
  if (field == "sev") {
    const auto word = std::ranges::find(kSeverities, text);
    if (word != kSeverities.end()) return static_cast<std::uint64_t>(word - kSeverities.begin() + 1);
  }
  return parse_count(text);
}

bool compare_numbers(std::uint64_t a, QueryTerm::Compare compare, std::uint64_t b) {
  switch (compare) {
    case QueryTerm::Compare::is: return a == b;
    case QueryTerm::Compare::is_not: return a != b;
    case QueryTerm::Compare::less: return a < b;
    case QueryTerm::Compare::less_equal: return a <= b;
    case QueryTerm::Compare::more: return a > b;
    case QueryTerm::Compare::more_equal: return a >= b;
  }
  return false;
}

std::uint64_t number_in(const AlertGroup& group, std::string_view field) {
  if (field == "sev") return group.severity;
  if (field == "sid") return group.sid;
  if (field == "level") return group.system_level;
  return group.count;
}

bool text_fits(const AlertGroup& group, const std::string& value) {
  for (const std::string_view text : {std::string_view(group.signature), std::string_view(group.title_vi), std::string_view(group.title_en), std::string_view(group.attacker),
                                      std::string_view(group.victim), std::string_view(group.system), std::string_view(group.sensor)}) {
    if (contains(text, value)) return true;
  }
  return false;
}

bool value_fits(const QueryTerm& term, const std::string& value, const AlertGroup& group, std::string_view me) {
  if (term.field.empty()) return text_fits(group, value);
  if (std::ranges::find(kNumbers, term.field) != kNumbers.end()) return compare_numbers(number_in(group, term.field), term.compare, number_of(term.field, value).value_or(0));
  if (term.field == "state") return value == name_of(group.state) || (value == "untriaged" && group.state == GroupState::undecided);
  if (term.field == "src") return fits_address(group.attacker, value);
  if (term.field == "dst") return fits_address(group.victim, value);
  if (term.field == "ip") return fits_address(group.attacker, value) || fits_address(group.victim, value);
  if (term.field == "sensor") return fits_pattern(group.sensor, value);
  if (term.field == "host" || term.field == "system") return fits_pattern(group.system, value);
  if (term.field == "attack") return fits_pattern(group.technique, value);
  if (term.field == "incident") return value == "none" ? group.incident == 0 : group.incident != 0;
  if (value == "none") return group.owner.empty();
  return value == "me" ? group.owner == me : group.owner == value;
}

struct Word {
  std::string text = {};
  std::size_t position = 0;
  bool is_quoted = false;
};

/// Pieces between spaces; quotes hold spaces together.
std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    Word word{.position = at, .is_quoted = text[at] == '"'};
    bool is_inside = false;
    for (; at < text.size() && (is_inside || text[at] != ' '); ++at) {
      if (text[at] == '"') is_inside = !is_inside;
      else word.text += text[at];
    }
    words.push_back(std::move(word));
  }
  return words;
}

std::vector<std::string> split_values(std::string_view text) {
  std::vector<std::string> values;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (end > 0) values.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return values;
}

QueryFault unknown_field(const Word& word, std::string_view field) {
  std::vector<std::string> names;
  for (const Alias& alias : kFields) names.emplace_back(alias.name);
  std::string_view best;
  std::size_t least = 4;
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(field, name);
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  QueryFault fault{.position = word.position, .length = field.size(), .vi = "Không có trường «" + std::string(field) + "».", .en = "There is no field \"" + std::string(field) + "\"."};
  if (!best.empty()) {
    fault.vi += " Ý bạn là «" + std::string(best) + "»?";
    fault.en += " Did you mean \"" + std::string(best) + "\"?";
  }
  return fault;
}

QueryTerm::Compare compare_of(std::string_view sign) {
  using C = QueryTerm::Compare;
  if (sign == "!=") return C::is_not;
  if (sign == "<") return C::less;
  if (sign == "<=") return C::less_equal;
  if (sign == ">") return C::more;
  return sign == ">=" ? C::more_equal : C::is;
}

std::optional<QueryFault> check_numbers(const QueryTerm& term, const Word& word) {
  if (std::ranges::find(kNumbers, term.field) == kNumbers.end()) return std::nullopt;
  for (const std::string& value : term.values) {
    const auto number = number_of(term.field, value);
    const bool is_severity = term.field == "sev";
    if (number && (!is_severity || (*number >= 1 && *number <= 4))) continue;
    QueryFault fault{.position = word.position, .length = word.text.size(), .vi = "«" + value + "» không phải là số.", .en = "\"" + value + "\" is not a number."};
    if (is_severity) {
      fault.vi = "Mức từ 1 đến 4. Viết «sev:1,2» hoặc «sev<=2».";
      fault.en = "Severities are 1 to 4. Write sev:1,2 or sev<=2.";
    }
    return fault;
  }
  return std::nullopt;
}

std::optional<QueryFault> read_term(const Word& word, std::string_view text, QueryTerm* term) {
  const std::size_t at = word.is_quoted ? std::string_view::npos : text.find_first_of(":=<>!");
  if (at == std::string_view::npos || at == 0 || parse_network(text)) {
    term->values.emplace_back(text);
    return std::nullopt;
  }
  const std::string_view field = text.substr(0, at);
  const auto alias = std::ranges::find(kFields, field, &Alias::name);
  if (alias == kFields.end()) return unknown_field(word, field);
  term->field = alias->canonical;
  const std::size_t length = at + 1 < text.size() && text[at + 1] == '=' && text[at] != '=' ? 2 : 1;
  term->compare = compare_of(text.substr(at, length));
  term->values = split_values(text.substr(at + length));
  if (term->values.empty()) {
    return QueryFault{.position = word.position, .length = text.size(), .vi = "Thiếu giá trị sau «" + std::string(text) + "».", .en = "A value is missing after \"" + std::string(text) + "\"."};
  }
  return check_numbers(*term, word);
}

}  // namespace

std::optional<QueryFault> parse_group_query(std::string_view text, GroupQuery* query) {
  if (text.size() > kQueryMax) return QueryFault{.length = text.size(), .vi = "Truy vấn dài quá 1 kB.", .en = "The query is longer than 1 kB."};
  bool is_negated = false;
  for (const Word& word : words_of(text)) {
    if (query->terms.size() == kTermsMax) return QueryFault{.position = word.position, .length = word.text.size(), .vi = "Quá 64 điều kiện.", .en = "More than 64 terms."};
    if (!word.is_quoted && word.text == "NOT") {
      is_negated = true;
      continue;
    }
    if (!word.is_quoted && word.text == "AND") continue;
    QueryTerm term{.is_negated = is_negated};
    is_negated = false;
    std::string_view rest = word.text;
    if (!word.is_quoted && rest.size() > 1 && rest.front() == '-') {
      term.is_negated = !term.is_negated;
      rest.remove_prefix(1);
    }
    if (auto fault = read_term(word, rest, &term)) return fault;
    const bool is_one_state = term.field == "state" && term.values.size() == 1 && !term.is_negated && term.compare == QueryTerm::Compare::is;
    if (is_one_state) {
      for (const GroupState state : {GroupState::undecided, GroupState::incident, GroupState::dismissed}) {
        if (term.values[0] == name_of(state) || (state == GroupState::undecided && term.values[0] == "untriaged")) query->state = state;
      }
    }
    query->terms.push_back(std::move(term));
  }
  return std::nullopt;
}

bool matches(const GroupQuery& query, const AlertGroup& group, std::string_view me) {
  return std::ranges::all_of(query.terms, [&](const QueryTerm& term) {
    const bool is_inverse = term.compare == QueryTerm::Compare::is_not && std::ranges::find(kNumbers, term.field) == kNumbers.end();
    const bool holds = std::ranges::any_of(term.values, [&](const std::string& value) { return value_fits(term, value, group, me); });
    return (holds != is_inverse) != term.is_negated;
  });
}

}  // namespace hd::api
