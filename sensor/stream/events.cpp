// SPDX-License-Identifier: Apache-2.0
#include "sensor/stream/events.hpp"

namespace hd {
namespace {

struct Row {
  std::string_view name;
  std::string_view summary;
};

constexpr Row kRows[] = {
#define HD_STREAM_EVENT(enumerator, name, summary) {name, summary},
#include "sensor/stream/events.def"
#undef HD_STREAM_EVENT
};

}  // namespace

std::string_view name_of(StreamEvent event) noexcept { return kRows[static_cast<std::size_t>(event)].name; }

std::string_view summary_of(StreamEvent event) noexcept { return kRows[static_cast<std::size_t>(event)].summary; }

std::optional<StreamEvent> stream_event(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kStreamEvents; ++i) {
    if (kRows[i].name == name) return static_cast<StreamEvent>(i);
  }
  return std::nullopt;
}

}  // namespace hd
