// SPDX-License-Identifier: Apache-2.0
// What several keywords of the payload share: the content they change, numbers that may be variables.
#pragma once

#include "sensor/lang/keyword.hpp"

#include <array>
#include <cctype>

namespace hd::keyword {

/// Bounds of offsets and lengths in rules.
inline constexpr std::int64_t kOffsetMax = 1024 * 1024;

/// The content that a modifier changes, or E2114.
inline Result<ContentStep*> need_content(const Args& args, RuleBuilder& rule) {
  ContentStep* step = rule.last_content();
  if (step != nullptr) return step;
  return args.wrong(ErrorCode::E2114, "\"" + std::string(args.keyword()) + "\" needs a content before it", {},
                    rule.is_sticky() ? "The selected buffer has none yet."
                                     : "Write content:\"…\"; before it.");
}

/// A number within the bounds, or the name of a variable that byte_extract or byte_math defined before.
inline Result<Operand> parse_operand(const Args& args, const RuleBuilder& rule, std::string_view text,
                                     std::int64_t low, std::int64_t high) {
  const bool is_name =
      !text.empty() && (std::isalpha(static_cast<unsigned char>(text[0])) != 0 || text[0] == '_');
  if (!is_name) {
    auto value = parse_signed(args, text, low, high);
    if (!value) return fail(std::move(value.error()));
    return Operand{*value, std::nullopt};
  }
  const auto slot = rule.find_variable(text);
  if (!slot) {
    return args.wrong("no variable \"" + std::string(text) + "\" was defined before", {},
                      "byte_extract and byte_math define variables; they must stand before.");
  }
  return Operand{0, *slot};
}

/// Reads of numbers from bytes share these words: big, little, dce; string with hex, dec, oct.
struct NumberForm {
  ByteOrder order = ByteOrder::big;
  NumberText text = NumberText::none;
  bool has_order = false, has_string = false, is_relative = false;
  std::uint64_t mask = 0;

  /// Takes a part that belongs to the form: true; false when it is another word.
  Result<bool> take(const Args& args, std::string_view part) {
    if (part == "relative") return take_flag(args, part, is_relative);
    if (part == "big" || part == "little") {
      if (auto fresh = take_flag(args, part, has_order); !fresh) return fresh;
      order = part == "big" ? ByteOrder::big : ByteOrder::little;
      return true;
    }
    if (part == "string") return take_flag(args, part, has_string);
    if (part == "hex") return take_base(args, NumberText::hexadecimal);
    if (part == "dec") return take_base(args, NumberText::decimal);
    if (part == "oct") return take_base(args, NumberText::octal);
    if (part == "dce")
      return args.wrong(ErrorCode::E2102, "\"dce\" needs the protocol dcerpc, which is not supported");
    if (part.starts_with("bitmask ")) {
      auto value = parse_unsigned(args, trim(part.substr(8)), 1, UINT32_MAX);
      if (!value) return fail(std::move(value.error()));
      mask = *value;
      return true;
    }
    return false;
  }
  /// What only all parts together show. An order of bytes beside "string" means nothing and is let pass, as
  /// in Suricata.
  Result<void> check(const Args& args) const {
    if (text != NumberText::none && !has_string) return args.wrong("hex, dec and oct belong to \"string\"");
    return {};
  }
  /// The base of "string" alone is decimal.
  [[nodiscard]] NumberText number_text() const {
    return has_string && text == NumberText::none ? NumberText::decimal : text;
  }

private:
  static Result<bool> take_flag(const Args& args, std::string_view part, bool& flag) {
    if (flag) return args.wrong("\"" + std::string(part) + "\" contradicts or repeats what stands before it");
    flag = true;
    return true;
  }
  Result<bool> take_base(const Args& args, NumberText base) {
    if (text != NumberText::none) return args.wrong("two bases for one number");
    text = base;
    return true;
  }
};

/// How many bytes a number has, by its form: 1 to 8, as text up to 23 (octal), 20 (decimal), 14
/// (hexadecimal).
inline std::int64_t digits_max(NumberText text) {
  switch (text) {
  case NumberText::none:
    return 8;
  case NumberText::octal:
    return 23;
  case NumberText::decimal:
    return 20;
  case NumberText::hexadecimal:
    return 14;
  }
  return 8;
}

} // namespace hd::keyword
