// SPDX-License-Identifier: Apache-2.0
// Result: an answer or an Error, for input from people and for the surroundings (docs/architecture.md 8).
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "sensor/base/error.hpp"

namespace hd {

template <class T>
using Result = tl::expected<T, Error>;

/// return fail({...}); makes a Result of any kind.
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string what) {
  return tl::unexpected<Error>(Error{.code = code, .what = std::move(what)});
}

}  // namespace hd
