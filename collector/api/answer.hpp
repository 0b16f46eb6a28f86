// SPDX-License-Identifier: Apache-2.0
// Answers: JSON, and errors in the form that the console and scripts rely on (docs: console 10).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/domain/incident.hpp"
#include "sensor/base/json_writer.hpp"
#include "sensor/base/result.hpp"
#include "sensor/serve/http.hpp"

namespace hd::api {

/// 200 with an object that `write` fills; "as_of" is in it already.
[[nodiscard]] Response answer(WallTime now, const std::function<void(JsonWriter&)>& write);

/// {"error":{"code","vi","en"[,"field"]}}
[[nodiscard]] Response refuse(unsigned status, std::string_view code, std::string_view vi, std::string_view en, std::string_view field = {});
/// 422 with every thing that is missing.
[[nodiscard]] Response refuse_lacks(const std::vector<Lack>& lacks);
/// 404 of a thing that is named.
[[nodiscard]] Response not_found(std::string_view vi, std::string_view en);
/// What the store said: 409 where the record does not allow it (E7003), else 503.
[[nodiscard]] Response store_failed(const Error& error);

}  // namespace hd::api
