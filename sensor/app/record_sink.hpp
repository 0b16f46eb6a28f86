// SPDX-License-Identifier: Apache-2.0
// A record in tagged bytes: what a worker copies of a transaction at the moment of an alert, without JSON and without
// allocation. The writer renders it (sensor/eve).
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "sensor/base/bytes.hpp"

namespace hd {

/// Tags of a record's items. Keys are static strings of the program: their address is copied, not their letters.
enum class RecordTag : std::uint8_t { object = 1, end_object, array, end_array, text, hex, number, flag, cut };

/// Appends items to a caller's bytes. What does not fit is left out, and the record is marked `cut`; objects and arrays
/// that were opened are always closed (room for that is kept back).
class RecordSink {
 public:
  static constexpr std::size_t kTextMax = 8192;  ///< longer texts are cut (security.md 2)

  explicit RecordSink(std::span<std::uint8_t> room) noexcept : room_(room) {}

  void begin_object(std::string_view key) noexcept { open(RecordTag::object, key); }
  void end_object() noexcept { close(RecordTag::end_object); }
  void begin_array(std::string_view key) noexcept { open(RecordTag::array, key); }
  void end_array() noexcept { close(RecordTag::end_array); }
  /// Bytes of the wire as text; in arrays and as elements the key is empty.
  void text(std::string_view key, Bytes value) noexcept { item(RecordTag::text, key, value.first(value.size() < kTextMax ? value.size() : kTextMax)); }
  void text(std::string_view key, std::string_view value) noexcept { text(key, as_bytes(value)); }
  /// Bytes to be shown as lower-case hexadecimal digits.
  void hex(std::string_view key, Bytes value) noexcept { item(RecordTag::hex, key, value); }
  void number(std::string_view key, std::uint64_t value) noexcept {
    std::uint8_t raw[8];
    store(raw, value);
    item(RecordTag::number, key, {raw, 8});
  }
  void flag(std::string_view key, bool value) noexcept {
    const std::uint8_t raw = value ? 1 : 0;
    item(RecordTag::flag, key, {&raw, 1});
  }

  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }

  /// Layout of an item: tag u8, key length u8, 2 zero bytes, value length u32, key address u64, value.
  static constexpr std::size_t kHead = 16;

 private:
  void open(RecordTag tag, std::string_view key) noexcept {
    if (skipped_ > 0 || !item(tag, key, {})) ++skipped_;
    else ++depth_;
  }
  void close(RecordTag tag) noexcept {
    if (skipped_ > 0) {
      --skipped_;
      return;
    }
    --depth_;
    put(tag, {}, {});
  }
  bool item(RecordTag tag, std::string_view key, Bytes value) noexcept {
    const std::size_t reserve = kHead * (depth_ + 2);
    if (skipped_ > 0 || used_ + kHead + value.size() + reserve > room_.size()) {
      is_cut_ = true;
      return false;
    }
    put(tag, key, value);
    return true;
  }
  void put(RecordTag tag, std::string_view key, Bytes value) noexcept {
    std::uint8_t* at = room_.data() + used_;
    store<std::uint64_t>(at, 0);
    at[0] = static_cast<std::uint8_t>(tag);
    at[1] = static_cast<std::uint8_t>(key.size());
    store(at + 4, static_cast<std::uint32_t>(value.size()));
    store(at + 8, key.data());
    if (!value.empty()) std::memcpy(at + kHead, value.data(), value.size());
    used_ += kHead + value.size();
  }

  std::span<std::uint8_t> room_;
  std::size_t used_ = 0;
  std::size_t depth_ = 0;
  std::size_t skipped_ = 0;
  bool is_cut_ = false;
};

}  // namespace hd
