// SPDX-License-Identifier: Apache-2.0
// byte_extract: keeps a number of the buffer under a name for later keywords of the rule.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::byte_extract {
namespace {

Result<bool> take(const Args& args, std::string_view part, ByteExtractStep& step) {
  if (part.starts_with("multiplier ")) {
    auto value = parse_unsigned(args, trim(part.substr(11)), 1, 65535);
    if (!value) return fail(std::move(value.error()));
    step.multiplier = static_cast<std::int64_t>(*value);
    return true;
  }
  if (part.starts_with("align ")) {
    auto value = parse_unsigned(args, trim(part.substr(6)), 2, 4);
    if (!value) return fail(std::move(value.error()));
    if (*value == 3) return args.wrong("numbers are aligned to 2 or 4 bytes");
    step.align = static_cast<std::uint8_t>(*value);
    return true;
  }
  return false;
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() < 3)
    return args.wrong("\"byte_extract\" needs count, offset and a name", {},
                      "For example byte_extract:2,0,length,relative;");
  ByteExtractStep step;
  NumberForm form;
  for (std::size_t i = 3; i < parts.size(); ++i) {
    auto taken = form.take(args, parts[i]);
    if (!taken) return fail(std::move(taken.error()));
    if (*taken) continue;
    taken = take(args, parts[i], step);
    if (!taken) return fail(std::move(taken.error()));
    if (!*taken) return args.wrong("\"" + std::string(parts[i]) + "\" does not belong into \"byte_extract\"");
  }
  if (auto done = form.check(args); !done) return done;
  auto count = parse_unsigned(args, parts[0], 1, static_cast<std::uint64_t>(digits_max(form.number_text())));
  if (!count) return fail(std::move(count.error()));
  auto offset = parse_signed(args, parts[1], -65535, 65535);
  if (!offset) return fail(std::move(offset.error()));
  if (parts[2].empty() || std::isdigit(static_cast<unsigned char>(parts[2][0])) != 0)
    return args.wrong("\"" + std::string(parts[2]) + "\" is not a name");
  auto slot = rule.define_variable(parts[2]);
  if (!slot) return fail(std::move(slot.error()));
  step.count = static_cast<std::uint8_t>(*count);
  step.offset = *offset;
  step.slot = *slot;
  step.is_relative = form.is_relative;
  step.order = form.order;
  step.text = form.number_text();
  step.mask = form.mask;
  rule.add(step);
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "byte_extract",
    .summary = "keeps a number of the buffer under a name that later keywords may use",
    .syntax = "byte_extract:COUNT,OFFSET,NAME[,relative][,multiplier "
              "N][,big|little][,string,hex|dec|oct][,align 2|4][,bitmask N]",
    .example = "byte_extract:1,0,length; content:\"|00|\"; distance:length;",
    .scope = Scope::payload,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::byte_extract
