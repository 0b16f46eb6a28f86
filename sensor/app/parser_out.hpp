// SPDX-License-Identifier: Apache-2.0
// What a parser may do besides reading bytes: the only door from a protocol to the engine.
#pragma once

#include <cstdint>

#include "sensor/app/app_flow.hpp"
#include "sensor/app/protocol.hpp"
#include "sensor/base/slab.hpp"
#include "sensor/base/time.hpp"

namespace hd {

/// What became of the flow during one call of a parser; the worker acts on it afterwards.
struct ParserRequests {
  bool stop_payload = false;                   ///< what follows is encrypted: no more raw inspection (detection.md 20.7)
  bool bypass = false;
  std::array<bool, 2> flush_raw = {};          ///< the window of this direction is due now (end of a request, of a response)
  AppProtocol change_to = AppProtocol::unknown;  ///< Upgrade, CONNECT, STARTTLS; `unknown`: none
  bool recognise_again = false;                ///< with CONNECT: what follows is to be recognised anew
  std::uint16_t port = 0;                      ///< with CONNECT: port of the target, as a hint for recognition
  AppProtocol announces = AppProtocol::unknown;  ///< a connection between the same hosts will speak this
  std::uint16_t announced_port = 0;            ///< where it will be opened to
  std::uint8_t announced_note = 0;
  Bytes announced_name = {};                   ///< in the arena of a live transaction
};

struct AppCounters {
  std::array<std::uint64_t, kAppProtocols> flows = {};
  std::array<std::uint64_t, kAppProtocols> transactions = {};
  std::array<std::uint64_t, kAppProtocols> tx_limit = {};    ///< transactions not made, or closed early
  std::array<std::uint64_t, kAppProtocols> errors = {};      ///< parsers given up
  std::uint64_t memory_limit = 0;                            ///< arena or pool was full
};

class ParserOut {
 public:
  static constexpr std::uint32_t kTransactionsOpen = 512;

  ParserOut(AppFlow& flow, Slab<Transaction>& slab, BufferPool& pool, AppCounters& counters) noexcept
      : flow_(flow), slab_(slab), pool_(pool), counters_(counters) {}

  /// A new transaction with a protocol part of `T`, value-initialised in its arena; nullptr at a limit (counted).
  template <class T>
  [[nodiscard]] Transaction* open_transaction() noexcept {
    Transaction* tx = open();
    if (tx == nullptr) return nullptr;
    T* part = tx->arena.make<T>();
    if (part == nullptr) {
      ++counters_.memory_limit;
      abandon(tx);
      return nullptr;
    }
    tx->protocol_part = part;
    return tx;
  }
  /// The newest transaction, the oldest live one; nullptr when there is none.
  [[nodiscard]] Transaction* newest() noexcept { return flow_.last; }
  [[nodiscard]] Transaction* oldest() noexcept { return flow_.first; }

  /// Progress of a direction; never falls.
  void advance(Transaction& tx, Direction direction, std::uint8_t progress) noexcept {
    std::uint8_t& reached = tx.progress[index_of(direction)];
    if (progress > reached) reached = progress;
  }
  void event(Transaction& tx, unsigned event) noexcept { tx.events.set(event); }
  void flow_event(FlowAppEvent event) noexcept {
    flow_.events = static_cast<std::uint8_t>(flow_.events | 1u << static_cast<unsigned>(event));
  }
  void stop_payload_inspection() noexcept { requests_.stop_payload = true; }
  void flush_raw(Direction direction) noexcept { requests_.flush_raw[index_of(direction)] = true; }
  void change_protocol(AppProtocol to) noexcept { requests_.change_to = to; }
  void recognise_again(std::uint16_t port) noexcept {
    requests_.recognise_again = true;
    requests_.port = port;
  }
  /// Another connection between the same hosts, to `port` of either, will speak `protocol`; its parser finds `note` and
  /// `name` (in a live transaction's arena) in AppFlow::announced.
  void announce(AppProtocol protocol, std::uint16_t port, std::uint8_t note, Bytes name) noexcept {
    requests_.announces = protocol;
    requests_.announced_port = port;
    requests_.announced_note = note;
    requests_.announced_name = name;
  }
  void bypass() noexcept { requests_.bypass = true; }
  void count_memory_limit() noexcept { ++counters_.memory_limit; }

  [[nodiscard]] BufferPool& pool() noexcept { return pool_; }
  [[nodiscard]] AppFlow& flow() noexcept { return flow_; }
  [[nodiscard]] const ParserRequests& requests() const noexcept { return requests_; }

  PacketTime now = {};        ///< time of the packet that brought the bytes
  bool is_truncated = false;  ///< datagram cut by the snap length
  bool is_udp = false;
  bool is_end = false;        ///< nothing follows these bytes in this direction
  std::uint16_t server_port = 0;  ///< of the flow, for parsers that compare it (http.request_server_port_tcp_port_mismatch)

 private:
  Transaction* open() noexcept;
  void abandon(Transaction* tx) noexcept;

  AppFlow& flow_;
  Slab<Transaction>& slab_;
  BufferPool& pool_;
  AppCounters& counters_;
  ParserRequests requests_ = {};
};

}  // namespace hd
