// SPDX-License-Identifier: Apache-2.0
// What went wrong, for a person: place, what, why, what to do (docs/architecture.md 8).
#pragma once

#include <cstdint>
#include <string>

namespace hd {

enum class ErrorCode : std::uint16_t {
#define HD_ERROR(number, summary) E##number = number,
#include "sensor/base/error_codes.def"
#undef HD_ERROR
};

/// The summary of a code, as in the reference.
[[nodiscard]] const char* summary_of(ErrorCode code) noexcept;

/// A place in a text. Line and column count from 1; 0 means not known.
struct Place {
  std::string file = {};
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;  ///< how many characters to underline
};

struct Error {
  ErrorCode code = ErrorCode::E9001;
  Place place = {};
  std::string what = {};     ///< one line, no full stop
  std::string why = {};      ///< optional, may have several lines
  std::string hint = {};     ///< optional: what to try
  std::string excerpt = {};  ///< optional: the line of the text at `place`
};

/// The error as it is printed (docs: style, errors people read): one place for the form.
///   file:line:column: what [E2103]
///      41 | text
///         |   ^^^^
///     why
///     hint
[[nodiscard]] std::string to_text(const Error& error);

}  // namespace hd
