// SPDX-License-Identifier: Apache-2.0
#include "sensor/compile/choose.hpp"

#include <algorithm>

#include "sensor/compile/frequency.hpp"
#include "sensor/lang/transform.hpp"
#include "sensor/match/fold.hpp"

namespace hd {
namespace {

// Longer literals make the database larger and the scan no rarer.
constexpr std::size_t kLiteralMax = 24;
// A compare at a known place costs next to nothing beside a scan.
constexpr double kEdgeBonus = 6;
constexpr double kFixedBonus = 10;
// Bodies are long, and every byte of them is a chance for a hit.
constexpr double kBodyPenalty = 8;

bool is_fixed(const ContentStep& content) {
  if (content.is_relative()) return false;
  const auto length = static_cast<std::int64_t>(content.bytes.size());
  if (content.starts) return true;
  if (!content.depth || content.depth->variable || content.depth->value != length) return false;
  return !content.offset || (!content.offset->variable && content.offset->value + length <= 256);
}

// Whether a size step of the list says that the buffer is just this literal.
bool is_whole(const StepList& list, const ContentStep& content) {
  if (content.starts && content.ends) return true;
  for (const Step& step : list.steps) {
    const auto* size = std::get_if<SizeStep>(&step.kind);
    if (size != nullptr && size->compare == Compare::equal && size->low == content.bytes.size()) return true;
  }
  return false;
}

Prefilter from_app(const StepList& list, const ContentStep& content, const BufferRows& rows) {
  Prefilter result{.is_nocase = content.is_nocase};
  bool is_growing = false, is_lowercase = false;
  for (const BufferSpec* row : rows) {
    if (row == nullptr) continue;
    is_growing |= row->is_growing;
    is_lowercase |= row->is_lowercase;
  }
  (void)is_lowercase;
  const auto& transforms = list.buffer.transforms;
  const bool is_dotted = transforms.size() == 1 && transforms[0].spec->name == "dotprefix";
  const bool at_end = !is_growing && (content.ends || (transforms.empty() && is_whole(list, content)));
  const bool at_start = !is_growing && !at_end && transforms.empty() && is_fixed(content) && (!content.offset || content.offset->value == 0);
  result.literal = content.is_nocase ? folded(content.bytes) : content.bytes;
  if (at_end && (transforms.empty() || is_dotted)) {
    result.matcher = Prefilter::Matcher::tail;
    result.is_whole = transforms.empty() && is_whole(list, content);
    result.has_dot_prefix = is_dotted;
    result.surprise = surprise_of(result.literal, content.is_nocase, TextKind::text) + kEdgeBonus;
    return result;
  }
  if (at_start) {
    result.matcher = Prefilter::Matcher::head;
    result.surprise = surprise_of(result.literal, content.is_nocase, TextKind::text) + kEdgeBonus;
    return result;
  }
  const LiteralPart part = best_part(result.literal, content.is_nocase, TextKind::text, kLiteralMax);
  result.matcher = Prefilter::Matcher::anywhere;
  result.literal = result.literal.substr(part.offset, part.length);
  result.surprise = part.surprise - (is_growing ? kBodyPenalty : 0);
  return result;
}

Prefilter from_payload(const ContentStep& content) {
  Prefilter result{.is_nocase = content.is_nocase};
  result.literal = content.is_nocase ? folded(content.bytes) : content.bytes;
  if (is_fixed(content)) {
    result.matcher = Prefilter::Matcher::fixed;
    result.offset = static_cast<std::uint16_t>(content.offset && !content.starts ? content.offset->value : 0);
    result.surprise = surprise_of(result.literal, content.is_nocase, TextKind::binary) + kFixedBonus;
    return result;
  }
  const LiteralPart part = best_part(result.literal, content.is_nocase, TextKind::binary, kLiteralMax);
  result.matcher = Prefilter::Matcher::anywhere;
  result.literal = result.literal.substr(part.offset, part.length);
  result.surprise = part.surprise;
  return result;
}

}  // namespace

Prefilter choose_prefilter(const RuleIr& rule, std::span<const BufferRows> rows) {
  const bool has_app = std::any_of(rule.lists.begin(), rule.lists.end(), [](const StepList& l) { return l.buffer.kind == BufferRef::Kind::app; });
  Prefilter best;
  // A rule about transactions is asked when one is inspected, and the payload is searched for packets and windows only.
  if (!has_app && !rule.transaction_conditions.empty()) return best;
  for (std::size_t i = 0; i < rule.lists.size(); ++i) {
    const StepList& list = rule.lists[i];
    const bool is_app = list.buffer.kind == BufferRef::Kind::app;
    if (!is_app && (has_app || list.buffer.kind != BufferRef::Kind::payload)) continue;
    for (std::size_t j = 0; j < list.steps.size(); ++j) {
      const auto* content = std::get_if<ContentStep>(&list.steps[j].kind);
      if (content == nullptr || content->is_negated || content->bytes.empty()) continue;
      const bool may_be_missing = std::any_of(list.steps.begin(), list.steps.end(), [](const Step& s) { return std::holds_alternative<AbsentStep>(s.kind); });
      if (may_be_missing) continue;
      Prefilter one = is_app ? from_app(list, *content, rows[i]) : from_payload(*content);
      // The author's mark decides between near equals: he knows the traffic of his rule.
      if (content->is_fast_pattern) one.surprise += 3;
      if (best.matcher != Prefilter::Matcher::none && one.surprise <= best.surprise) continue;
      one.list = i;
      one.step = j;
      best = std::move(one);
    }
  }
  return best;
}

std::string to_words(const Prefilter& prefilter, const RuleIr& rule) {
  if (prefilter.matcher == Prefilter::Matcher::none) return "no literal: asked wherever its header fits";
  const BufferRef& buffer = rule.lists[prefilter.list].buffer;
  std::string where = buffer.kind == BufferRef::Kind::app ? buffer.app : "the payload";
  switch (prefilter.matcher) {
    case Prefilter::Matcher::tail: return (prefilter.is_whole ? "exact value of " : "end of ") + where;
    case Prefilter::Matcher::head: return "start of " + where;
    case Prefilter::Matcher::fixed: return "offset " + std::to_string(prefilter.offset) + " of " + where;
    case Prefilter::Matcher::anywhere: return "anywhere in " + where;
    case Prefilter::Matcher::none: break;
  }
  return {};
}

}  // namespace hd
