// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/threshold_file.hpp"

#include "sensor/lang/rule_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace hd {
namespace {

template <class T> struct Named {
  std::string_view name;
  T value;
};
constexpr Named<Threshold::Kind> kTypes[] = {{"limit", Threshold::Kind::limit},
                                             {"threshold", Threshold::Kind::threshold},
                                             {"both", Threshold::Kind::both},
                                             {"backoff", Threshold::Kind::backoff}};
constexpr Named<Threshold::Track> kTracks[] = {{"by_src", Threshold::Track::by_src},
                                               {"by_dst", Threshold::Track::by_dst},
                                               {"by_both", Threshold::Track::by_both},
                                               {"by_rule", Threshold::Track::by_rule},
                                               {"by_flow", Threshold::Track::by_flow}};
constexpr Named<Action> kNewActions[] = {
    {"alert", Action::alert}, {"drop", Action::drop}, {"pass", Action::pass}, {"reject", Action::reject}};

template <class T, std::size_t N> std::optional<T> find(const Named<T> (&names)[N], std::string_view name) {
  for (const Named<T>& one : names) {
    if (one.name == name) return one.value;
  }
  return std::nullopt;
}

// The items "name value" of an option, each at most once; what was not asked for is refused.
class Items {
public:
  static Result<Items> read(const Args& args, std::span<const std::string_view> known) {
    Items items(args);
    for (const std::string_view part : args.parts()) {
      const std::size_t blank = part.find_first_of(" \t");
      const std::string_view name = part.substr(0, blank);
      const std::string_view value =
          blank == std::string_view::npos ? std::string_view() : trim(part.substr(blank));
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        const std::string_view nearest = nearest_name(name, known);
        return args.wrong(
            "\"" + std::string(name) + "\" does not belong into \"" + std::string(args.keyword()) + "\"", {},
            nearest.empty() ? std::string() : "Did you mean \"" + std::string(nearest) + "\"?");
      }
      if (items.find(name)) return args.wrong("\"" + std::string(name) + "\" is given twice");
      if (value.empty()) return args.wrong("\"" + std::string(name) + "\" has no value");
      items.items_.emplace_back(name, value);
    }
    return items;
  }
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const {
    for (const auto& [known, value] : items_) {
      if (known == name) return value;
    }
    return std::nullopt;
  }
  Result<std::string_view> need(std::string_view name) const {
    if (const auto value = find(name)) return *value;
    return args_->wrong("\"" + std::string(args_->keyword()) + "\" needs \"" + std::string(name) + "\"");
  }
  Result<std::uint32_t> number(std::string_view name, std::uint64_t low) const {
    auto text = need(name);
    if (!text) return fail(std::move(text.error()));
    auto value = parse_unsigned(*args_, *text, low, UINT32_MAX);
    if (!value) return fail(std::move(value.error()));
    return static_cast<std::uint32_t>(*value);
  }

private:
  explicit Items(const Args& args) : args_(&args) {}
  const Args* args_;
  std::vector<std::pair<std::string_view, std::string_view>> items_ = {};
};

Result<void> read_rate(const Args& args, const Items& items, Threshold& out) {
  auto track = items.need("track");
  if (!track) return fail(std::move(track.error()));
  const auto value = find(kTracks, *track);
  if (!value)
    return args.wrong("\"" + std::string(*track) + "\" cannot be tracked", {},
                      "by_src, by_dst, by_both, by_rule or by_flow.");
  out.track = *value;
  auto count = items.number("count", 1);
  if (!count) return fail(std::move(count.error()));
  out.count = *count;
  const bool is_backoff = out.kind == Threshold::Kind::backoff;
  auto second = items.number(is_backoff ? "multiplier" : "seconds", 1);
  if (!second) return fail(std::move(second.error()));
  (is_backoff ? out.multiplier : out.seconds) = *second;
  return {};
}

Result<Threshold> typed(const Args& args, const Items& items) {
  auto type = items.need("type");
  if (!type) return fail(std::move(type.error()));
  const auto kind = find(kTypes, *type);
  if (!kind)
    return args.wrong("\"" + std::string(*type) + "\" is not a type of threshold", {},
                      "limit, threshold, both or backoff.");
  Threshold result{.kind = *kind};
  if (auto done = read_rate(args, items, result); !done) return fail(std::move(done.error()));
  const char* other = *kind == Threshold::Kind::backoff ? "seconds" : "multiplier";
  if (items.find(other)) return args.wrong("type " + std::string(*type) + " takes no \"" + other + "\"");
  return result;
}

Result<Threshold> rate_filter(const Args& args, const Items& items) {
  Threshold result{.kind = Threshold::Kind::rate_filter};
  if (auto done = read_rate(args, items, result); !done) return fail(std::move(done.error()));
  auto action = items.need("new_action");
  if (!action) return fail(std::move(action.error()));
  const auto value = find(kNewActions, *action);
  if (!value)
    return args.wrong("\"" + std::string(*action) + "\" is not an action", {},
                      "alert, drop, pass or reject.");
  result.new_action = *value;
  auto timeout = items.number("timeout", 0);
  if (!timeout) return fail(std::move(timeout.error()));
  result.timeout = *timeout;
  return result;
}

Result<Threshold> suppress(const Args& args, const Items& items, ListResolver& lists) {
  Threshold result{.kind = Threshold::Kind::suppress};
  const auto track = items.find("track");
  const auto ip = items.find("ip");
  if (!track && !ip) return result;
  if (!track || !ip) return args.wrong("\"track\" and \"ip\" belong together");
  if (*track != "by_src" && *track != "by_dst" && *track != "by_either") {
    return args.wrong("\"" + std::string(*track) + "\" cannot be suppressed by", {},
                      "by_src, by_dst or by_either.");
  }
  result.track = *track == "by_src"   ? Threshold::Track::by_src
                 : *track == "by_dst" ? Threshold::Track::by_dst
                                      : Threshold::Track::by_both;
  auto addresses = lists.addresses(*ip);
  if (!addresses)
    return args.wrong(addresses.error().code, addresses.error().what, addresses.error().why,
                      addresses.error().hint);
  result.addresses = std::move(*addresses);
  return result;
}

constexpr std::string_view kRuleItems[] = {"type", "track", "count", "seconds", "multiplier"};
constexpr std::string_view kFilterItems[] = {"track", "count", "seconds"};
constexpr std::string_view kFileItems[] = {"gen_id", "sig_id",  "type",      "track",
                                           "count",  "seconds", "multiplier"};
constexpr std::string_view kRateItems[] = {"gen_id",  "sig_id",     "track",  "count",
                                           "seconds", "new_action", "timeout"};
constexpr std::string_view kSuppressItems[] = {"gen_id", "sig_id", "track", "ip"};

std::span<const std::string_view> items_of(std::string_view kind) {
  if (kind == "threshold" || kind == "event_filter") return kFileItems;
  if (kind == "rate_filter") return kRateItems;
  if (kind == "suppress") return kSuppressItems;
  return {};
}

Result<ThresholdEntry> read_entry(const Args& args, std::string_view kind, ListResolver& lists) {
  auto items = Items::read(args, items_of(kind));
  if (!items) return fail(std::move(items.error()));
  ThresholdEntry entry;
  auto gid = items->number("gen_id", 0);
  if (!gid) return fail(std::move(gid.error()));
  auto sid = items->number("sig_id", 0);
  if (!sid) return fail(std::move(sid.error()));
  entry.gid = *gid;
  entry.sid = *sid;
  auto threshold = kind == "suppress"      ? suppress(args, *items, lists)
                   : kind == "rate_filter" ? rate_filter(args, *items)
                                           : typed(args, *items);
  if (!threshold) return fail(std::move(threshold.error()));
  entry.threshold = std::move(*threshold);
  return entry;
}

bool is_rate(Threshold::Kind kind) {
  return kind != Threshold::Kind::suppress && kind != Threshold::Kind::rate_filter;
}

} // namespace

Result<Threshold> parse_threshold(const Args& args) {
  auto items = Items::read(args, kRuleItems);
  if (!items) return fail(std::move(items.error()));
  return typed(args, *items);
}

Result<Threshold> parse_detection_filter(const Args& args) {
  auto items = Items::read(args, kFilterItems);
  if (!items) return fail(std::move(items.error()));
  Threshold result{.kind = Threshold::Kind::detection_filter};
  if (auto done = read_rate(args, *items, result); !done) return fail(std::move(done.error()));
  return result;
}

ThresholdFile read_threshold_file(std::string_view text, const std::string& file, ListResolver& lists,
                                  std::vector<Error>& errors) {
  ThresholdFile result;
  RuleReader reader(text);
  RuleText line;
  while (reader.next(line)) {
    const std::string_view whole = line.text();
    const std::size_t blank = std::min(whole.find_first_of(" \t"), whole.size());
    const std::string_view kind = whole.substr(0, blank);
    Place place = line.place_of(0, kind.size(), file);
    if (items_of(kind).empty()) {
      errors.push_back(
          {.code = ErrorCode::E2101,
           .place = place,
           .what = "a line begins with threshold, event_filter, rate_filter or suppress, not with \"" +
                   std::string(kind) + "\"",
           .excerpt = line.line_of(line.line())});
      continue;
    }
    auto entry = read_entry(Args(kind, trim(whole.substr(blank)), true, place), kind, lists);
    if (entry) {
      result.entries.push_back(std::move(*entry));
      continue;
    }
    entry.error().excerpt = line.line_of(line.line());
    errors.push_back(std::move(entry.error()));
  }
  return result;
}

void apply_thresholds(const ThresholdFile& file, std::span<RuleIr> rules) {
  for (const ThresholdEntry& entry : file.entries) {
    const bool is_for_all = entry.sid == 0;
    for (RuleIr& rule : rules) {
      if ((entry.gid != 0 && entry.gid != rule.gid) || (!is_for_all && entry.sid != rule.sid)) continue;
      if (is_rate(entry.threshold.kind)) {
        const bool has_own = std::any_of(rule.thresholds.begin(), rule.thresholds.end(),
                                         [](const Threshold& one) { return is_rate(one.kind); });
        if (is_for_all && has_own) continue;
        std::erase_if(rule.thresholds, [](const Threshold& one) { return is_rate(one.kind); });
      }
      rule.thresholds.push_back(entry.threshold);
    }
  }
}

} // namespace hd
