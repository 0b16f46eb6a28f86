// SPDX-License-Identifier: Apache-2.0
// base64_decode, base64_data, pkt_data: leaving and entering buffers that are not a protocol's.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::base64 {
namespace {

Result<void> compile_decode(const Args& args, RuleBuilder& rule) {
  if (auto first = rule.once(args, "base64_decode"); !first) return first;
  Base64DecodeStep step;
  for (const std::string_view part : args.parts()) {
    const std::size_t blank = std::min(part.find_first_of(" \t"), part.size());
    const std::string_view name = part.substr(0, blank);
    const std::string_view value = trim(part.substr(blank));
    if (name == "relative") {
      if (!value.empty()) return args.wrong("\"relative\" takes no value");
      step.is_relative = true;
    } else if (name == "bytes" || name == "offset") {
      auto number = parse_unsigned(args, value, name == "bytes" ? 1 : 0, 65535);
      if (!number) return fail(std::move(number.error()));
      (name == "bytes" ? step.bytes_max : step.offset) = static_cast<std::uint32_t>(*number);
    } else {
      return args.wrong("\"" + std::string(name) + "\" does not belong into \"base64_decode\"", {},
                        "bytes N, offset N, relative.");
    }
  }
  rule.add(step);
  return {};
}

Result<void> compile_data(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  return rule.select_base64();
}

Result<void> compile_pkt_data(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  return rule.select_payload();
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "base64_decode",
     .summary = "decodes base64 of the buffer for base64_data",
     .syntax = "base64_decode[:bytes N][, offset N][, relative]",
     .example = "content:\"Basic \"; base64_decode:bytes 12, relative; base64_data; content:\"admin:\";",
     .source = "RFC 4648",
     .scope = Scope::payload,
     .compile = compile_decode},
    {.name = "base64_data",
     .summary = "sticky buffer over what base64_decode gave",
     .syntax = "base64_data",
     .example = "base64_decode; base64_data; content:\"root\";",
     .scope = Scope::payload,
     .compile = compile_data},
    {.name = "pkt_data",
     .summary = "goes back from a sticky buffer to the payload of packet or stream",
     .syntax = "pkt_data",
     .example = "http.uri; content:\"/a\"; pkt_data; content:\"b\";",
     .scope = Scope::payload,
     .compile = compile_pkt_data},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::base64
