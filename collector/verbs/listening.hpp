// SPDX-License-Identifier: Apache-2.0
// Where a running collector listens: one line for whoever started it, and a file beside the store for the other verbs.
#pragma once

#include <optional>
#include <string>

#include "collector/verbs/collector_config.hpp"
#include "sensor/base/result.hpp"

namespace hd {

struct Listening {
  std::string link = {};   ///< tcp://HOST:PORT with the real port
  std::string enrol = {};  ///< empty: closed
  std::string http = {};   ///< URL without a path
  std::string key = {};    ///< Z85
};

/// {"schema":"haidang.listening/1",…} without a line's end.
[[nodiscard]] std::string to_json(const Listening& listening);

/// Writes listening.json into the store's folder.
[[nodiscard]] Result<void> keep_listening(const CollectorSettings& settings, const Listening& listening);
void forget_listening(const CollectorSettings& settings);
/// What the collector on this store wrote at its last start, until it ended well.
[[nodiscard]] std::optional<Listening> listening_on(const CollectorSettings& settings);

}  // namespace hd
