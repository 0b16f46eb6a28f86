// SPDX-License-Identifier: Apache-2.0
// The two small files beside the segments: `state` (JSON, replaced as a whole) and `cursor` (two slots in turn).
#pragma once

#include <string>

#include "sensor/spool/core_words.hpp"
#include "sensor/spool/disk.hpp"

namespace hd {

/// Writes `path` so that after a crash the old or the new content is there. Answers an errno.
[[nodiscard]] int replace_file(Disk& disk, const std::string& folder, const std::string& name, Bytes content);
/// The whole of a small file; an errno, E2BIG beyond `length_max`.
[[nodiscard]] int read_small_file(Disk& disk, const std::string& path, std::size_t length_max, Payload* content);

[[nodiscard]] std::string to_json(const SpoolState& state);
/// False: not a state that this program wrote.
[[nodiscard]] bool state_of(std::string_view json, SpoolState* state);

/// How far each lane was acknowledged, and by which store.
struct CursorFile {
  std::uint64_t generation = 0;  ///< rises with each write
  Uuid store{};
  std::uint64_t store_generation = 0;
  std::vector<LaneCursor> cursors = {};
};

inline constexpr std::size_t kCursorSlotSize = 4096;
inline constexpr std::size_t kCursorsMax = 100;

/// One slot. More than kCursorsMax lanes: the first ones.
[[nodiscard]] Payload encode_cursor_slot(const CursorFile& file);
/// False: damaged or never written.
[[nodiscard]] bool decode_cursor_slot(Bytes slot, CursorFile* file);

}  // namespace hd
