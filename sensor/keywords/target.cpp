// SPDX-License-Identifier: Apache-2.0
// target: which side of the alert is the one attacked.
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::target {
namespace {

Result<void> compile(const Args& args, RuleBuilder& rule) {
  if (args.text() == "src_ip")
    rule.rule().target_side = RuleIr::Target::source;
  else if (args.text() == "dest_ip")
    rule.rule().target_side = RuleIr::Target::destination;
  else
    return args.wrong("\"" + std::string(args.text()) + "\" is not a side", {}, "src_ip or dest_ip.");
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "target",
    .summary = "which side is the one attacked: adds source and target to the alert",
    .syntax = "target:src_ip|dest_ip",
    .example = "target:dest_ip;",
    .scope = Scope::output,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::target
