// SPDX-License-Identifier: Apache-2.0
#include "sensor/packet/events.hpp"

namespace hd {
namespace {

struct Row {
  std::string_view name;
  bool is_invalid;
};
constexpr std::array<Row, kDecodeEvents> kRows = {{
#define HD_DECODE_EVENT(enumerator, name, invalid) {name, invalid},
#include "sensor/packet/events.def"
#undef HD_DECODE_EVENT
}};

}  // namespace

std::string_view name_of(DecodeEvent event) noexcept {
  return kRows[static_cast<std::size_t>(event)].name;
}

std::optional<DecodeEvent> decode_event(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].name == name) return static_cast<DecodeEvent>(i);
  }
  return std::nullopt;
}

bool makes_invalid(DecodeEvent event) noexcept {
  return kRows[static_cast<std::size_t>(event)].is_invalid;
}

}  // namespace hd
