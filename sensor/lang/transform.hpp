// SPDX-License-Identifier: Apache-2.0
// A transform: bytes to bytes, between a sticky buffer and its contents. One file each in sensor/transforms,
// which defines `const TransformTable hd::transform::STEM::table`.
#pragma once

#include "sensor/base/arena.hpp"
#include "sensor/base/result.hpp"
#include "sensor/lang/args.hpp"
#include "sensor/lang/ir.hpp"

#include <span>
#include <string_view>

namespace hd {

struct TransformSpec {
  std::string_view name;
  std::string_view summary;
  std::string_view syntax = {};
  std::string_view example = {};
  /// Reads the value of the option; `CheckData` is handed to apply. May be null when there is no value.
  Result<CheckData> (*compile)(const Args& args) = nullptr;
  /// In: the buffer. Out: bytes in `scratch` or a part of `in`. Must not fail: when it cannot, it gives what
  /// it can (an empty buffer when scratch is full). Cost: linear.
  Bytes (*apply)(Bytes in, const CheckData& data, Arena& scratch) noexcept = nullptr;
  /// Of the few that search by an expression, in place of apply: the worker's scratch for it is needed.
  Bytes (*apply_regex)(Bytes in, const CheckData& data, Arena& scratch,
                       RegexScratch& regex) noexcept = nullptr;
  /// Whether the result has fewer, more or other bytes such that a content of the raw buffer says nothing
  /// (always true but for lower case).
  bool keeps_length = false;
};

/// What a buffer is after one transform.
inline Bytes apply_transform(const TransformUse& use, Bytes in, Arena& scratch,
                             RegexScratch& regex) noexcept {
  return use.spec->apply_regex != nullptr ? use.spec->apply_regex(in, use.data, scratch, regex)
                                          : use.spec->apply(in, use.data, scratch);
}

struct TransformTable {
  std::span<const TransformSpec> transforms;
};

} // namespace hd
