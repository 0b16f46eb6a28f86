// SPDX-License-Identifier: Apache-2.0
// pcrexform: the buffer becomes the first group of an expression; without a match it stays as it is.
#include "sensor/lang/transform.hpp"

namespace hd::transform::pcrexform {
namespace {

Result<CheckData> compile(const Args& args) {
  std::string_view text = args.text();
  if (text.size() < 3 || !text.starts_with('"') || !text.ends_with('"'))
    return args.wrong("\"pcrexform\" wants its expression in double quotes", {}, "Write pcrexform:\"(…)\";");
  auto regex = Regex::compile(text.substr(1, text.size() - 2), {});
  if (!regex) {
    Error error = std::move(regex.error());
    error.place = args.place();
    return fail(std::move(error));
  }
  if ((*regex)->group_count() != 1)
    return args.wrong("the expression has " + std::to_string((*regex)->group_count()) + " groups",
                      "The one group is what the buffer becomes.");
  return CheckData{.object = std::move(*regex)};
}

Bytes apply_regex(Bytes in, const CheckData& data, Arena&, RegexScratch& scratch) noexcept {
  const auto& regex = *static_cast<const Regex*>(data.object.get());
  if (!regex.search(in, 0, scratch).matched) return in;
  return regex.group(1, in, scratch);
}

// Only where no scratch for expressions is at hand: nothing matches in an empty buffer.
Bytes apply(Bytes, const CheckData&, Arena&) noexcept {
  return {};
}

constexpr TransformSpec kSpecs[] = {{
    .name = "pcrexform",
    .summary = "the buffer becomes the first group of an expression",
    .syntax = "pcrexform:\"EXPRESSION\"",
    .example = "http.request_line; pcrexform:\"[a-zA-Z]+\\s+(.*)\\s+HTTP\"; content:\"/index\";",
    .compile = compile,
    .apply = apply,
    .apply_regex = apply_regex,
}};

} // namespace

extern constinit const TransformTable table{kSpecs};

} // namespace hd::transform::pcrexform
