// SPDX-License-Identifier: Apache-2.0
// rpc: an ONC RPC call in the packet's payload (RFC 5531 section 9), over UDP, or over TCP with its record
// mark (section 11).
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::rpc {
namespace {

constexpr std::uint64_t kAny = UINT64_MAX;

// number: program, version, procedure; kAny: whatever
bool check(const Inspection& at, const CheckData& data) noexcept {
  if (at.is_flow_end || (!at.packet.is_tcp() && !at.packet.is_udp())) return false;
  Cursor cursor(at.packet.payload_bytes());
  if (at.packet.is_tcp()) cursor.skip(4);
  cursor.skip(4); // transaction
  const std::uint32_t message = cursor.be32();
  const std::uint32_t version_of_rpc = cursor.be32();
  const std::uint32_t program = cursor.be32();
  const std::uint32_t version = cursor.be32();
  const std::uint32_t procedure = cursor.be32();
  cursor.skip(4); // begin of the credentials: a whole call has them
  if (cursor.short_read() || message != 0 || version_of_rpc != 2) return false;
  return data.number[0] == program && (data.number[1] == kAny || data.number[1] == version) &&
         (data.number[2] == kAny || data.number[2] == procedure);
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.empty() || parts.size() > 3)
    return args.wrong("\"rpc\" needs a program", {}, "For example rpc:100000,*,*;");
  CheckData data{.number = {0, kAny, kAny, 0}};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && parts[i] == "*") continue;
    auto value = parse_unsigned(args, parts[i], 0, UINT32_MAX);
    if (!value) return fail(std::move(value.error()));
    data.number[i] = *value;
  }
  rule.condition(check, std::move(data));
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "rpc",
    .summary = "ONC RPC call: program, version, procedure",
    .syntax = "rpc:PROGRAM[,VERSION|*[,PROCEDURE|*]]",
    .example = "rpc:100003,*,*;",
    .source = "RFC 5531",
    .scope = Scope::packet,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::rpc
