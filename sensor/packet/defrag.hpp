// SPDX-License-Identifier: Apache-2.0
// Fragments of IPv4 (RFC 791) and IPv6 (RFC 8200 4.5) to datagrams, the way the destination would put them
// together.
#pragma once

#include "sensor/base/buffer_pool.hpp"
#include "sensor/base/hash.hpp"
#include "sensor/base/slab.hpp"
#include "sensor/packet/view.hpp"

#include <array>
#include <cstdint>
#include <memory>

namespace hd {

struct DecodeStep;

/// Whose bytes stand where two fragments overlap.
enum class FragmentPolicy : std::uint8_t { first, last, bsd, bsd_right, linux, windows, solaris };

struct DefragOptions {
  std::uint32_t datagrams_max = 65'536;
  std::size_t memory = std::size_t{32} << 20;
  std::uint32_t timeout_s = 60;  ///< since the last fragment, packet time
  /// Policy of a destination. Must not allocate; null: windows.
  FragmentPolicy (*policy_of)(const void* context, const Address& target) noexcept = nullptr;
  const void* context = nullptr;
  HashKey hash_key = {};
};

struct DefragCounters {
  std::uint64_t fragments = 0, datagrams = 0, reassembled = 0;
  std::uint64_t overlaps = 0;
  std::uint64_t too_large = 0;
  std::uint64_t frag_limit_datagrams = 0;  ///< limit: oldest given up for a new one
  std::uint64_t frag_limit_pieces = 0;     ///< limit: fragments of one datagram
  std::uint64_t frag_limit_memory = 0;     ///< limit: oldest given up for another's bytes, or no room at all
  std::uint64_t frag_limit_views = 0;      ///< limit: whole datagrams that found no place in the batch
  std::uint64_t timeouts = 0;              ///< datagrams that were never complete
};

class Defragmenter {
 public:
  static constexpr std::size_t kPieces = 128;

  explicit Defragmenter(const DefragOptions& options);

  /// Gives up the memory of datagrams that were handed out with the batch before.
  void begin_batch() noexcept;
  /// A fragment of the step's present view; its bytes lie at [offset, offset + length). When it completes a
  /// datagram this is decoded further, in a view of its own behind.
  void take4(DecodeStep& step, std::uint32_t offset, std::uint32_t length) noexcept;
  /// The same for IPv6; `header` is the offset of the fragment header, `next_at` that of the byte that named
  /// it.
  void take6(DecodeStep& step, std::uint32_t header, std::uint32_t next_at, std::uint32_t offset,
             std::uint32_t length) noexcept;

  [[nodiscard]] const DefragCounters& counters() const noexcept { return counters_; }
  /// Forgets all fragments (between two captures).
  void clear() noexcept;

 private:
  struct Key {
    Address source = {}, target = {};
    std::uint32_t id = 0;
    std::array<std::uint16_t, 3> vlan = {};
    std::uint16_t depth = 0;
    std::uint16_t protocol = 0, family = 0;
    bool operator==(const Key&) const = default;
  };
  static_assert(sizeof(Key) == 48);  // no padding: it is hashed as bytes
  /// A piece covers 8-byte units [first, last).
  struct Piece {
    std::uint16_t first = 0, last = 0;
  };
  struct Datagram {
    Key key = {};
    PacketTime last = {};                 ///< time of its last fragment
    std::span<std::uint8_t> block = {};   ///< kHeadroom bytes for the IP header, then the payload
    std::span<std::uint8_t> owners = {};  ///< piece that each unit came from, plus 1; 0: a hole
    std::array<Piece, kPieces> pieces = {};
    std::uint32_t total = 0;  ///< payload bytes, once the last fragment came
    std::uint32_t units = 0;  ///< units that are there, below `total` once that is known
    std::uint16_t count = 0;
    std::uint16_t header_length = 0;  ///< of the IP header kept in front of the payload; 0 not there yet
    FragmentPolicy policy = FragmentPolicy::windows;
    std::uint32_t bucket = 0, chain = 0;
    std::uint32_t older = 0, newer = 0;  ///< by age
  };
  struct Fragment {
    Key key = {};
    std::uint32_t at = 0;  ///< offset in the datagram, bytes
    Bytes bytes = {};
    Bytes header = {};  ///< IP header of this fragment; IPv6 with extensions up to the fragment header
    std::uint16_t next_at = 0;     ///< IPv6: where in it the number of the fragment header stands
    std::uint8_t next_header = 0;  ///< what to write there
    bool is_last = false;
  };
  static constexpr std::size_t kHeadroom = 256;

  void take(DecodeStep& step, const Fragment& fragment) noexcept;
  Datagram& find_or_make(const Key& key, PacketTime now) noexcept;
  void refresh(Datagram& datagram, PacketTime now) noexcept;
  bool reserve(Datagram& datagram, std::uint32_t end) noexcept;
  [[nodiscard]] std::span<std::uint8_t> take_block(std::size_t size, std::uint32_t spared) noexcept;
  bool insert(DecodeStep& step, Datagram& datagram, const Fragment& fragment) noexcept;
  bool place(Datagram& datagram, const Fragment& fragment, std::uint32_t end) noexcept;
  void keep_header(Datagram& datagram, const Fragment& fragment) noexcept;
  void settle_total(Datagram& datagram, std::uint32_t total) noexcept;
  void deliver(DecodeStep& step, Datagram& datagram) noexcept;
  void drop(std::uint32_t number) noexcept;
  void append(std::uint32_t number) noexcept;
  void unlink_age(std::uint32_t number) noexcept;
  void expire(PacketTime now) noexcept;
  [[nodiscard]] static bool new_wins(FragmentPolicy policy, Piece fresh, Piece old) noexcept;

  DefragOptions options_;
  Slab<Datagram> datagrams_;
  BufferPool pool_;
  std::unique_ptr<std::uint32_t[]> buckets_;
  std::uint32_t mask_;
  std::uint32_t oldest_ = 0, newest_ = 0;
  std::array<std::span<std::uint8_t>, 2 * Batch::kPackets> handed_out_ = {};
  std::size_t handed_count_ = 0;
  DefragCounters counters_;
};

}  // namespace hd
