// SPDX-License-Identifier: Apache-2.0
// tag: further packets of the session or host are recorded after the alert. Read and kept in the rule; of
// several the last.
#include "sensor/lang/keyword.hpp"

#include <optional>

namespace hd::keyword::tag {
namespace {

constexpr std::uint32_t kCountDefault = 5; // as Suricata

Result<void> compile(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.empty() || parts.size() > 4)
    return args.wrong("\"tag\" needs session or host", {}, "For example tag:session,10,packets;");
  Tag result{.kind = Tag::Kind::session, .count = kCountDefault};
  if (parts[0] == "host")
    result.kind = Tag::Kind::host_source;
  else if (parts[0] != "session")
    return args.wrong("\"" + std::string(parts[0]) + "\" cannot be tagged", {}, "session or host.");
  if (parts.size() > 1) {
    auto count = parse_unsigned(args, parts[1], 0, UINT32_MAX);
    if (!count) return fail(std::move(count.error()));
    result.count = static_cast<std::uint32_t>(*count);
  }
  if (parts.size() > 2) {
    if (parts[2] == "packets")
      result.metric = Tag::Metric::packets;
    else if (parts[2] == "seconds")
      result.metric = Tag::Metric::seconds;
    else if (parts[2] == "bytes")
      result.metric = Tag::Metric::bytes;
    else
      return args.wrong("\"" + std::string(parts[2]) + "\" is not a measure", {},
                        "packets, seconds or bytes.");
  }
  if (parts.size() > 3) {
    if (result.kind == Tag::Kind::session) return args.wrong("a session has no direction to tag");
    if (parts[3] == "dst")
      result.kind = Tag::Kind::host_target;
    else if (parts[3] != "src")
      return args.wrong("\"" + std::string(parts[3]) + "\" is not a side", {}, "src or dst.");
  }
  rule.rule().tag = result;
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "tag",
    .summary = "records further packets of the session or host after the alert",
    .syntax = "tag:session|host[,COUNT,packets|seconds|bytes[,src|dst]]",
    .example = "tag:host,300,seconds,src;",
    .scope = Scope::output,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::tag
