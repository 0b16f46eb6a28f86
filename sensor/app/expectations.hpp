// SPDX-License-Identifier: Apache-2.0
// Connections that others announced: FTP's data connections. Few, and short-lived: a ring of them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sensor/app/parser_out.hpp"
#include "sensor/flow/record.hpp"

namespace hd {

/// What the announcing flow knows of the announced one.
struct Announcement {
  static constexpr std::size_t kNameMax = 255;  ///< longer names are cut
  AppProtocol protocol = AppProtocol::unknown;
  std::uint8_t note = 0;                        ///< the two parsers' own
  std::uint8_t name_size = 0;
  std::array<std::uint8_t, kNameMax> name = {};
  [[nodiscard]] Bytes name_bytes() const noexcept { return {name.data(), name_size}; }
};

/// A fixed number of announcements. When all are taken the one that waited longest gives way (counted).
class Expectations {
 public:
  static constexpr std::size_t kMax = 1024;
  static constexpr std::int64_t kSeconds = 30;  ///< after which one is forgotten

  Expectations() : slots_(kMax) {}
  /// Notes what `requests` announces, between the hosts of `flow`.
  void add(const FlowRecord& flow, const ParserRequests& requests) noexcept;
  /// The announcement of this flow, which is taken until release(); nullptr when nobody announced it.
  [[nodiscard]] const Announcement* find(const FlowRecord& flow) noexcept;
  void release(const Announcement& announcement) noexcept;
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

 private:
  enum class Use : std::uint8_t { free, waiting, taken };
  struct Slot {
    Announcement announcement = {};
    Address hosts[2] = {};
    std::uint16_t port = 0;
    Use use = Use::free;
    PacketTime since = {};
  };
  std::vector<Slot> slots_;
  std::size_t next_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t forgotten_ = 0;
};

}  // namespace hd
