// SPDX-License-Identifier: Apache-2.0
// A transaction: one request with its response, or the protocol's nearest.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/base/arena.hpp"
#include "sensor/base/time.hpp"
#include "sensor/packet/view.hpp"

namespace hd {

struct DetectTx;  // sensor/detect: which rules matched in part

/// App-layer events of one transaction, by the number of the row in the protocol's table (at most 128).
struct EventBits {
  std::array<std::uint64_t, 2> words = {};
  void set(unsigned event) noexcept { words[event / 64] |= std::uint64_t{1} << (event % 64); }
  [[nodiscard]] bool test(unsigned event) const noexcept { return (words[event / 64] >> (event % 64) & 1) != 0; }
  [[nodiscard]] bool any() const noexcept { return (words[0] | words[1]) != 0; }
};

/// The common part. The protocol's own struct lies in the arena and is reached by part<T>().
/// Everything that a transaction points to lies in its arena, and goes with it.
struct Transaction {
  explicit Transaction(BufferPool& pool) noexcept : arena(pool) {}

  template <class T>
  [[nodiscard]] T& part() noexcept { return *static_cast<T*>(protocol_part); }
  template <class T>
  [[nodiscard]] const T& part() const noexcept { return *static_cast<const T*>(protocol_part); }

  std::uint64_t id = 0;                       ///< from 0, rising within the flow; EVE's tx_id
  Arena arena;
  void* protocol_part = nullptr;
  Transaction* previous = nullptr;            ///< list of the flow's live transactions, by id
  Transaction* next = nullptr;
  EventBits events = {};
  std::array<std::uint8_t, 2> progress = {};  ///< by direction, the protocol's own scale, only rising
  std::array<bool, 2> is_skipped = {};        ///< this direction is not to be inspected (e.g. DNS one-way transactions)
  std::array<bool, 2> is_inspected = {};      ///< detection is through with this direction
  std::array<std::uint64_t, 2> prefiltered = {};  ///< buffers whose prefilter ran, by direction; bits are detection's
  DetectTx* detect = nullptr;                 ///< owned by detection, lies in the arena
  bool is_logged = false;
  bool has_reset_files = false;
};

}  // namespace hd
