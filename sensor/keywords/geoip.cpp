// SPDX-License-Identifier: Apache-2.0
// geoip: countries of the packet's addresses.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::geoip {
namespace {

using Country = std::array<char, 2>;
enum class Side : std::uint8_t { source, target, any, both };
struct Question {
  std::shared_ptr<const GeoDatabase> database = {};
  Side side = Side::any;
  bool is_negated = false;
  std::vector<Country> countries = {};
};

bool holds(const Question& question, const Address& address) noexcept {
  const Country country = question.database->country_of(address);
  if (country[0] == 0) return false;
  const bool is_listed =
      std::find(question.countries.begin(), question.countries.end(), country) != question.countries.end();
  return is_listed != question.is_negated;
}

bool check(const Inspection& at, const CheckData& data) noexcept {
  if (!at.packet.is_ip4() && !at.packet.is_ip6()) return false;
  const auto& question = *static_cast<const Question*>(data.object.get());
  const auto source = [&] { return holds(question, source_address(at.packet)); };
  const auto target = [&] { return holds(question, target_address(at.packet)); };
  switch (question.side) {
  case Side::source:
    return source();
  case Side::target:
    return target();
  case Side::any:
    return source() || target();
  case Side::both:
    return source() && target();
  }
  return false;
}

Result<void> add_country(const Args& args, std::string_view text, bool is_first, Question& question) {
  const bool is_negated = text.starts_with('!');
  if (is_negated) text = trim(text.substr(1));
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (text.size() != 2 || !is_letter(text[0]) || !is_letter(text[1]))
    return args.wrong("\"" + std::string(text) + "\" is not a country", {},
                      "Two capital letters of ISO 3166-1, for example VN.");
  if (is_first) question.is_negated = is_negated;
  if (is_negated && !question.is_negated)
    return args.wrong("some countries are negated and some are not", {}, "Put ! before all or none.");
  question.countries.push_back({text[0], text[1]});
  return {};
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  constexpr std::pair<std::string_view, Side> kSides[] = {
      {"src", Side::source}, {"dst", Side::target}, {"any", Side::any}, {"both", Side::both}};
  auto question = std::make_shared<Question>();
  std::vector<std::string_view> parts = args.parts();
  if (!parts.empty()) {
    for (const auto& [name, side] : kSides) {
      if (parts[0] != name) continue;
      question->side = side;
      parts.erase(parts.begin());
      break;
    }
  }
  constexpr std::size_t kCountriesMax = 64;
  if (parts.empty() || parts.size() > kCountriesMax)
    return args.wrong("\"geoip\" needs 1 to 64 countries", {}, "For example geoip:dst,VN,LA;");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (auto done = add_country(args, parts[i], i == 0, *question); !done) return done;
  }
  question->database = rule.context().geo;
  if (question->database == nullptr)
    return args.wrong("\"geoip\" needs a database of countries", {}, "Name one in the setting geoip_database.");
  CheckData data;
  data.object = std::move(question);
  rule.address_condition(check, std::move(data));
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "geoip",
    .summary = "countries of the source, the target, either or both",
    .syntax = "geoip:[src|dst|any|both,][!]COUNTRY[,COUNTRY …]",
    .example = "geoip:dst,!VN;",
    .source = "ISO 3166-1 codes",
    .scope = Scope::packet,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::geoip
