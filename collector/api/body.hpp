// SPDX-License-Identifier: Apache-2.0
// Bodies against their rows: unknown members are refused, wrong types and missing ones too.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "collector/api/route.hpp"

namespace hd::api {

inline constexpr std::size_t kTextMax = 20'000;  ///< bytes of one string in a body

struct BodyFault {
  std::string field = {}, vi = {}, en = {};
};
/// The first thing that does not fit, or nothing. `body` must be an object.
[[nodiscard]] std::optional<BodyFault> check_body(JsonView body, std::span<const FieldRow> fields);

}  // namespace hd::api
