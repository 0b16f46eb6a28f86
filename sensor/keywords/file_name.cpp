// SPDX-License-Identifier: Apache-2.0
// filename, fileext: the old words over file.name; letters' case does not count.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::file_name {
namespace {

template <bool IsExtension> Result<void> compile(const Args& args, RuleBuilder& rule) {
  ContentStep step;
  auto text = args.quoted(&step.is_negated);
  if (!text) return fail(std::move(text.error()));
  if (text->empty())
    return args.wrong("\"" + std::string(args.keyword()) + "\" needs a text", {}, "For example fileext:\"pdf\";");
  step.bytes = IsExtension ? "." + *text : std::move(*text);
  step.is_nocase = true;
  step.ends = IsExtension;
  return rule.add_to_app("file.name", std::move(step));
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "filename",
     .summary = "text that the name of a file contains",
     .syntax = "filename:[!]\"TEXT\"",
     .example = "filename:\"invoice\"; fileext:\"exe\";",
     .scope = Scope::transaction,
     .compile = compile<false>},
    {.name = "fileext",
     .summary = "extension of the name of a file",
     .syntax = "fileext:[!]\"EXTENSION\"",
     .example = "fileext:\"exe\";",
     .scope = Scope::transaction,
     .compile = compile<true>},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::file_name
