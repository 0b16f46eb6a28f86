// SPDX-License-Identifier: Apache-2.0
// What only the whole rule shows: conditions that contradict each other, directions that follow from buffers,
// letters that a buffer never has. Refused here is what Suricata refuses as well, since such rules would
// never alert, or alert otherwise.
#include "sensor/lang/keyword.hpp"
#include "sensor/lang/rule_builder.hpp"
#include "sensor/lang/transform.hpp"

#include <algorithm>
#include <cctype>

namespace hd {
namespace {

tl::unexpected<Error> contradiction(std::string what, std::string why = {}, std::string hint = {}) {
  return fail(
      {.code = ErrorCode::E2105, .what = std::move(what), .why = std::move(why), .hint = std::move(hint)});
}

// --- lengths ---

// The least length of a buffer in which all contents of the list fit. Beside urilen even a negated content
// must fit: one that is longer than the URI can be says nothing.
std::int64_t length_needed(const StepList& list) {
  std::int64_t needed = 0;
  const bool has_urilen = std::any_of(list.steps.begin(), list.steps.end(), [](const Step& step) {
    const auto* size = std::get_if<SizeStep>(&step.kind);
    return size != nullptr && size->is_urilen;
  });
  std::int64_t cursor = 0; // least end of the previous match
  for (const Step& step : list.steps) {
    const auto* content = std::get_if<ContentStep>(&step.kind);
    if (content == nullptr) {
      cursor = 0;
      continue;
    }
    if (content->is_negated) {
      if (has_urilen) needed = std::max(needed, static_cast<std::int64_t>(content->bytes.size()));
      continue;
    }
    std::int64_t begin = 0;
    const auto& shift = content->is_relative() ? content->distance : content->offset;
    const std::int64_t by = shift && !shift->variable ? shift->value : 0;
    if (!shift || !shift->variable)
      begin = std::max<std::int64_t>(by + (content->is_relative() ? cursor : 0), 0);
    cursor = begin + static_cast<std::int64_t>(content->bytes.size());
    needed = std::max(needed, cursor);
  }
  return needed;
}

std::optional<std::int64_t> length_max(const StepList& list) {
  std::optional<std::int64_t> result;
  for (const Step& step : list.steps) {
    const auto* size = std::get_if<SizeStep>(&step.kind);
    if (size == nullptr) continue;
    std::optional<std::int64_t> limit;
    if (size->compare == Compare::equal || size->compare == Compare::less_equal)
      limit = static_cast<std::int64_t>(size->low);
    if (size->compare == Compare::less) limit = static_cast<std::int64_t>(size->low) - 1;
    if (size->compare == Compare::range) limit = static_cast<std::int64_t>(size->high);
    if (limit && (!result || *limit < *result)) result = limit;
  }
  return result;
}

Result<void> check_lengths(const RuleIr& rule, std::optional<std::uint64_t> payload_max) {
  for (const StepList& list : rule.lists) {
    if (!list.buffer.transforms.empty() || list.buffer.kind == BufferRef::Kind::base64) continue;
    const std::int64_t needed = length_needed(list);
    std::optional<std::int64_t> limit = length_max(list);
    std::string by = "its length condition allows";
    if (list.buffer.kind == BufferRef::Kind::payload && payload_max &&
        (!limit || static_cast<std::int64_t>(*payload_max) < *limit)) {
      limit = static_cast<std::int64_t>(*payload_max);
      by = "dsize allows";
    }
    if (limit && needed > *limit) {
      return contradiction("the contents need " + std::to_string(needed) + " bytes, " + by + " " +
                               std::to_string(*limit),
                           "The rule could never match.");
    }
  }
  return {};
}

// --- directions ---

Directions directions_of(const BufferRef& buffer, const RuleIr& rule, const BuildContext& context) {
  unsigned set = 0;
  for (const ProtocolSpec* protocol : context.protocols) {
    if (rule.app_protocol != AppProtocol::unknown && rule.app_protocol != protocol->id) continue;
    for (const BufferSpec& row : protocol->buffers) {
      if (row.name == buffer.app) set |= static_cast<unsigned>(row.directions);
    }
  }
  return static_cast<Directions>(set);
}

Result<void> check_directions(RuleIr& rule, const BuildContext& context) {
  bool only_server = false, only_client = false;
  const auto note = [&](Directions directions) {
    only_server = only_server || directions == Directions::to_server;
    only_client = only_client || directions == Directions::to_client;
  };
  for (const StepList& list : rule.lists) {
    if (list.buffer.kind == BufferRef::Kind::app) note(directions_of(list.buffer, rule, context));
  }
  for (const TransactionCondition& condition : rule.transaction_conditions)
    note(condition.directions);
  if (rule.is_transactional_bidirectional) {
    if (rule.app_protocol == AppProtocol::unknown) {
      return contradiction(
          "\"=>\" is about a request and its response: the rule needs an application protocol", {},
          "Name it in the header: alert http … => …");
    }
    return {};
  }
  if (only_server && only_client) {
    return contradiction("the rule looks into buffers of the request and of the response at once",
                         "One direction at a time is inspected.",
                         "Use => instead of ->, or two rules joined by a flow bit.");
  }
  if ((only_server && rule.flow.to_client) || (only_client && rule.flow.to_server)) {
    return contradiction(std::string("flow says ") + (only_server ? "to_client" : "to_server") +
                         ", but a buffer of the rule exists only in the other direction");
  }
  if (only_server) rule.flow.to_server = true;
  if (only_client) rule.flow.to_client = true;
  return {};
}

// --- letters ---

bool has_upper(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isupper(c) != 0; });
}

enum class Letters : std::uint8_t { any, lower_or_refused, made_lower, made_upper };
// Buffers whose getter gives small letters refuse others; digests are written both ways, so they are
// adjusted.
Letters letters_of(const BufferRef& buffer, const BuildContext& context) {
  if (buffer.kind != BufferRef::Kind::app || !buffer.transforms.empty()) return Letters::any;
  for (const std::string_view name : {"ja3.hash", "ja3s.hash", "tls.cert_fingerprint"}) {
    if (buffer.app == name) return Letters::made_lower;
  }
  if (buffer.app == "tls.cert_serial") return Letters::made_upper;
  const BufferRow row = find_buffer_row(context, buffer.app);
  return row.buffer != nullptr && row.buffer->is_lowercase ? Letters::lower_or_refused : Letters::any;
}

Result<void> check_letters(RuleIr& rule, const BuildContext& context) {
  for (StepList& list : rule.lists) {
    const Letters letters = letters_of(list.buffer, context);
    if (letters == Letters::any) continue;
    for (Step& step : list.steps) {
      auto* content = std::get_if<ContentStep>(&step.kind);
      if (content == nullptr) continue;
      if (letters == Letters::lower_or_refused) {
        if (has_upper(content->bytes) && !content->is_nocase) {
          return contradiction("\"" + list.buffer.app + "\" has small letters only, the content \"" +
                                   content->bytes.substr(0, 40) + "\" has large ones",
                               {}, "Write the content in small letters.");
        }
        continue;
      }
      const bool up = letters == Letters::made_upper;
      std::transform(
          content->bytes.begin(), content->bytes.end(), content->bytes.begin(),
          [up](unsigned char c) { return static_cast<char>(up ? std::toupper(c) : std::tolower(c)); });
    }
  }
  return {};
}

// --- the rest ---

Result<void> check_kinds(const RuleIr& rule) {
  const bool is_stream_only = rule.flow.only_stream || rule.protocol == HeaderProtocol::tcp_stream;
  if (is_stream_only && rule.needs_packet) {
    return contradiction("the rule asks for the stream only and for facts of single packets",
                         "Packet keywords (dsize, flags, ttl …) see packets.");
  }
  const bool has_app = std::any_of(rule.lists.begin(), rule.lists.end(), [](const StepList& list) {
    return list.buffer.kind == BufferRef::Kind::app;
  });
  if (has_app && rule.needs_packet) {
    return contradiction("the rule combines facts of single packets (dsize, flags, ttl …) with buffers of an "
                         "application protocol",
                         "A request may span many packets.");
  }
  return {};
}

Result<void> check_fast_patterns(const RuleIr& rule) {
  unsigned count = 0;
  for (const StepList& list : rule.lists) {
    for (const Step& step : list.steps) {
      const auto* content = std::get_if<ContentStep>(&step.kind);
      if (content == nullptr || !content->is_fast_pattern) continue;
      if (++count > 1)
        return contradiction("\"fast_pattern\" stands at two contents", {}, "Mark one content of the rule.");
      const bool is_placed = content->offset || content->depth || content->is_relative();
      if (content->is_negated && is_placed) {
        return contradiction(
            "\"fast_pattern\" stands at a negated content that has offset, depth, distance or within");
      }
    }
  }
  return {};
}

} // namespace

Result<void> check_rule(RuleIr& rule, const BuildContext& context, std::optional<std::uint64_t> payload_max) {
  if (auto done = check_kinds(rule); !done) return done;
  if (auto done = check_lengths(rule, payload_max); !done) return done;
  if (auto done = check_fast_patterns(rule); !done) return done;
  if (auto done = check_letters(rule, context); !done) return done;
  return check_directions(rule, context);
}

} // namespace hd
