// SPDX-License-Identifier: Apache-2.0
// iprep: reputation of the packet's addresses in a category.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::iprep {
namespace {

enum class Side : std::uint64_t { source, target, any, both };
enum class Ask : std::uint64_t { is_set, is_not_set, compare };

constexpr std::pair<std::string_view, Side> kSides[] = {
    {"src", Side::source}, {"dst", Side::target}, {"any", Side::any}, {"both", Side::both}};
constexpr std::pair<std::string_view, Compare> kOperators[] = {
    {"<=", Compare::less_equal}, {">=", Compare::greater_equal}, {"!=", Compare::not_equal},
    {"<", Compare::less},        {">", Compare::greater},        {"=", Compare::equal}};

bool compare(Compare how, std::uint64_t score, std::uint64_t wanted) noexcept {
  switch (how) {
  case Compare::less:
    return score < wanted;
  case Compare::less_equal:
    return score <= wanted;
  case Compare::greater:
    return score > wanted;
  case Compare::greater_equal:
    return score >= wanted;
  case Compare::not_equal:
    return score != wanted;
  default:
    return score == wanted;
  }
}

// number: side, category, what is asked (comparison in the next byte), score
bool holds(const Address& address, const CheckData& data) noexcept {
  const auto& reputation = *static_cast<const Reputation*>(data.object.get());
  const auto score = reputation.score_of(address, static_cast<std::uint8_t>(data.number[1]));
  switch (static_cast<Ask>(data.number[2] & 0xff)) {
  case Ask::is_set:
    return score.has_value();
  case Ask::is_not_set:
    return !score.has_value();
  case Ask::compare:
    return score && compare(static_cast<Compare>(data.number[2] >> 8), *score, data.number[3]);
  }
  return false;
}

bool check(const Inspection& at, const CheckData& data) noexcept {
  if (!at.packet.is_ip4() && !at.packet.is_ip6()) return false;
  const auto source = [&] { return holds(source_address(at.packet), data); };
  const auto target = [&] { return holds(target_address(at.packet), data); };
  switch (static_cast<Side>(data.number[0])) {
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

Result<void> read_question(const Args& args, std::span<const std::string_view> parts, CheckData& data) {
  if (parts.size() == 1 && (parts[0] == "isset" || parts[0] == "isnotset")) {
    data.number[2] = static_cast<std::uint64_t>(parts[0] == "isset" ? Ask::is_set : Ask::is_not_set);
    return {};
  }
  if (parts.size() != 2)
    return args.wrong("\"iprep\" needs a comparison and a score, or isset, or isnotset", {},
                      "For example iprep:dst,CnC,>,30;");
  for (const auto& [text, meaning] : kOperators) {
    if (parts[0] != text) continue;
    auto score = parse_unsigned(args, parts[1], 0, Reputation::kScoreMax);
    if (!score) return fail(std::move(score.error()));
    data.number[2] = static_cast<std::uint64_t>(Ask::compare) | static_cast<std::uint64_t>(meaning) << 8;
    data.number[3] = *score;
    return {};
  }
  return args.wrong("\"" + std::string(parts[0]) + "\" is not a comparison", {}, "<, <=, >, >=, = or !=.");
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() < 3)
    return args.wrong("\"iprep\" needs a side, a category and a question", {},
                      "For example iprep:dst,CnC,>,30;");
  CheckData data;
  const auto* side = std::find_if(std::begin(kSides), std::end(kSides),
                                  [&](const auto& one) { return one.first == parts[0]; });
  if (side == std::end(kSides))
    return args.wrong("\"" + std::string(parts[0]) + "\" is not a side", {}, "src, dst, any or both.");
  data.number[0] = static_cast<std::uint64_t>(side->second);
  const auto& reputation = rule.context().reputation;
  const auto category = reputation == nullptr ? std::nullopt : reputation->find_category(parts[1]);
  if (!category)
    return args.wrong("no category \"" + std::string(parts[1]) + "\" is known", {},
                      "Categories come from the file of the setting iprep.categories.");
  data.number[1] = *category;
  data.object = reputation;
  if (auto done = read_question(args, std::span(parts).subspan(2), data); !done) return done;
  rule.address_condition(check, std::move(data));
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "iprep",
    .summary = "reputation of an address in a category, compared with a score",
    .syntax = "iprep:src|dst|any|both,CATEGORY,<|<=|>|>=|=|!=,SCORE or isset or isnotset",
    .example = "iprep:dst,CnC,>,30;",
    .scope = Scope::packet,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::iprep
