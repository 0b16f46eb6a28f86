// SPDX-License-Identifier: Apache-2.0
// A keyword of the rule language: one file each in sensor/keywords, which defines
// `const KeywordTable hd::keyword::STEM::table` (docs/architecture.md 11.1). Sticky buffers and integer
// fields of protocols are no files: they are rows of the protocol (sensor/app/protocol.hpp), from which the
// registry makes the keyword.
#pragma once

#include "sensor/base/result.hpp"
#include "sensor/lang/args.hpp"
#include "sensor/lang/inspection.hpp"
#include "sensor/lang/ir.hpp"
#include "sensor/lang/rule_builder.hpp"

#include <span>
#include <string_view>

namespace hd {

/// What a keyword is about, for documents and --why.
enum class Scope : std::uint8_t { rule, packet, payload, flow, transaction, state, output };

struct KeywordSpec {
  std::string_view name;
  std::span<const std::string_view> aliases = {};
  std::string_view summary;
  std::string_view syntax = {};
  std::string_view example = {};
  std::string_view source = {}; ///< RFC or manual page that it follows
  Scope scope = Scope::packet;
  /// Reads the value and adds to the rule. Errors name the place (args.place()), what, why and what to try.
  Result<void> (*compile)(const Args& args, RuleBuilder& rule) = nullptr;
};

/// A sticky buffer over a part of the packet itself: tcp.hdr, ipv4.hdr, ip.src …
struct PacketBufferSpec {
  std::string_view name;
  std::span<const std::string_view> aliases = {};
  std::string_view summary;
  /// False when the packet has no such part. `out` points into the packet, or into at.scratch.
  bool (*get)(const Inspection& at, Bytes& out) noexcept = nullptr;
};

struct KeywordTable {
  std::span<const KeywordSpec> keywords = {};
  std::span<const PacketBufferSpec> buffers = {};
};

} // namespace hd
