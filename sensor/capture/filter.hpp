// SPDX-License-Identifier: Apache-2.0
// BPF filters, compiled by libpcap.
#pragma once

#include "sensor/base/result.hpp"
#include "sensor/packet/raw.hpp"

#include <memory>
#include <string>

namespace hd {

/// A compiled filter for one link type. An empty expression accepts everything.
class PacketFilter {
 public:
  /// Errors: libpcap's word (E1001).
  [[nodiscard]] static Result<PacketFilter> compile(const std::string& expression, std::uint16_t link_type,
                                                    std::uint32_t snaplen);
  /// Accepts no packet.
  [[nodiscard]] static PacketFilter nothing();
  PacketFilter();
  ~PacketFilter();
  PacketFilter(PacketFilter&& other) noexcept;
  PacketFilter& operator=(PacketFilter&& other) noexcept;

  [[nodiscard]] bool accepts(const RawPacket& packet) const noexcept;
  /// Puts the filter onto a socket (SO_ATTACH_FILTER). Errors: E4001.
  [[nodiscard]] Result<void> attach(int socket) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hd
