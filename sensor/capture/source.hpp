// SPDX-License-Identifier: Apache-2.0
// Where packets come from: a file, a folder, libpcap, AF_PACKET. One interface, one file a source.
#pragma once

#include "sensor/base/result.hpp"
#include "sensor/packet/raw.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hd {

/// What a source says of itself, at any time. Packets that the sensor was given are counted by the worker.
struct SourceStats {
  std::uint64_t received = 0;  ///< by the source, those that were dropped among them
  std::uint64_t filtered =
      0;  ///< by the BPF filter, where the source can tell (files); twins of the loopback
  std::uint64_t lost_ring = 0;  ///< the kernel's ring was full
  std::uint64_t lost_card = 0;  ///< the card, where it says so
  std::uint64_t freezes = 0;    ///< times the ring was frozen
  bool is_truncated = false;    ///< a capture that ends in the middle of a record
  std::uint64_t cut_at_byte = 0;
  std::string remark = {};  ///< why it ended early, for a person
};

enum class SourceState : std::uint8_t { packets, idle, end };

/// One thread. Bytes of a batch stay valid until the next call.
class Source {
 public:
  virtual ~Source() = default;
  /// Fills `batch`; waits at most `wait_ms` for a first packet, without end when negative (live sources,
  /// pipes). `idle` says that none came in time: a file never says it.
  [[nodiscard]] virtual SourceState next_batch(RawBatch& batch, int wait_ms) = 0;
  [[nodiscard]] virtual SourceStats stats() = 0;
  [[nodiscard]] virtual std::string name() const = 0;
};

struct CaptureOptions {
  std::string filter = {};    ///< BPF; empty: all
  std::uint32_t snaplen = 0;  ///< 0: whole frames
  bool is_promiscuous = true;
  std::size_t ring_bytes = std::size_t{64} << 20;  ///< AF_PACKET, a worker
  bool counts_card = true;                         ///< one of the sources of an interface counts what the card lost
  std::uint16_t fanout_group = 0;                  ///< AF_PACKET; 0: no fanout
  bool fanout_by_queue = false;   ///< the card's symmetric RSS instead of the hash of addresses (fanout.hpp)
  std::uint32_t fanout_seed = 0;  ///< of that hash; the same for all sources whose flows must meet
};

/// A capture file, pcap or pcapng, "-" for standard input. Errors: E5001 with what the file looks like.
[[nodiscard]] Result<std::unique_ptr<Source>> open_capture_file(const std::string& path,
                                                                const CaptureOptions& options = {});
/// Every capture file of a folder, in order of their names.
[[nodiscard]] Result<std::unique_ptr<Source>> open_capture_folder(const std::string& path,
                                                                  const CaptureOptions& options = {});
/// An interface through libpcap. Errors: E4002 with what to try.
[[nodiscard]] Result<std::unique_ptr<Source>> open_libpcap(const std::string& interface_name,
                                                           const CaptureOptions& options);
/// An interface through a TPACKET_V3 ring.
[[nodiscard]] Result<std::unique_ptr<Source>> open_af_packet(const std::string& interface_name,
                                                             const CaptureOptions& options);

/// `pcap_file:PATH`, `pcap:IFACE`, `af_packet:IFACE`; a path alone is a file or folder.
struct SourceName {
  std::string kind = {};
  std::string target = {};
};
[[nodiscard]] Result<SourceName> parse_source(const std::string& text);
[[nodiscard]] Result<std::unique_ptr<Source>> open_source(const SourceName& name,
                                                          const CaptureOptions& options);

}  // namespace hd
