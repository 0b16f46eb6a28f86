// SPDX-License-Identifier: Apache-2.0
// A file as a protocol transfers it: its name, and its bytes as far as they came, shown to rules piece by piece.
#pragma once

#include "sensor/files/growing.hpp"

namespace hd {

/// How much of a file is kept and when rules see it.
inline constexpr WindowRule kFileRule = {.limit = 102'400, .minimum = 32'768, .window = 4'096};

struct FileFeed {
  Bytes name = {};              ///< in the transaction's arena; empty: none known
  GrowingBody body = {};
  std::uint64_t inspected = 0;

  /// Bytes that no rule has seen, once enough are there or the file is over; false: nothing (yet). Moves on.
  [[nodiscard]] bool give(bool is_flow_end, Bytes& bytes, std::uint64_t& offset, bool& is_final) noexcept {
    const bool is_over = body.is_over() || is_flow_end || body.is_full(kFileRule);
    if (inspected == body.total() || (body.total() < kFileRule.minimum && !is_over)) return false;
    bytes = body.from(inspected);
    offset = inspected;
    is_final = is_over;
    inspected = body.total();
    return true;
  }
};

}  // namespace hd
