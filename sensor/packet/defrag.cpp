// SPDX-License-Identifier: Apache-2.0
#include "sensor/packet/defrag.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sensor/packet/step.hpp"

namespace hd {
namespace {
constexpr std::uint32_t kLargest = 65535;
}

Defragmenter::Defragmenter(const DefragOptions& options)
    : options_(options), datagrams_(options.datagrams_max), pool_(options.memory) {
  const std::uint32_t count = std::bit_ceil(std::max(options.datagrams_max, 16u));
  buckets_ = std::make_unique<std::uint32_t[]>(count);
  mask_ = count - 1;
}

void Defragmenter::begin_batch() noexcept {
  for (std::size_t i = 0; i < handed_count_; ++i) pool_.give(handed_out_[i]);
  handed_count_ = 0;
}

void Defragmenter::clear() noexcept {
  begin_batch();
  while (oldest_ != 0) drop(oldest_);
}

void Defragmenter::take4(DecodeStep& step, std::uint32_t offset, std::uint32_t length) noexcept {
  const PacketView& view = *step.view;
  const std::uint8_t* header = view.ip();
  const std::uint16_t word = load_be16(header + 6);
  Fragment fragment{.at = (word & 0x1fffu) * 8u, .bytes = {view.data + offset, length}, .header = {header, (header[0] & 15u) * 4u}, .is_last = (word & 0x2000) == 0, .next_header = header[9]};
  fragment.key = {.source = source_address(view), .target = target_address(view), .id = load_be16(header + 4), .vlan0 = view.vlan[0], .vlan1 = view.vlan[1], .protocol = header[9], .family = 4};
  if (fragment.at + length > kLargest) {
    ++counters_.too_large;
    step.raise(DecodeEvent::ipv4_frag_pkt_too_large);
    return;
  }
  take(step, fragment);
}

void Defragmenter::take6(DecodeStep& step, std::uint32_t header, std::uint32_t offset, std::uint32_t length) noexcept {
  const PacketView& view = *step.view;
  const std::uint8_t* at = view.data + header;
  const std::uint16_t word = load_be16(at + 2);
  Fragment fragment{.at = word & 0xfff8u, .bytes = {view.data + offset, length}, .header = {view.ip(), 40}, .is_last = (word & 1) == 0, .next_header = at[0]};
  fragment.key = {.source = source_address(view), .target = target_address(view), .id = load_be32(at + 4), .vlan0 = view.vlan[0], .vlan1 = view.vlan[1], .family = 6};
  if (fragment.at + length > kLargest) {
    ++counters_.too_large;
    step.raise(DecodeEvent::ipv6_frag_pkt_too_large);
    return;
  }
  take(step, fragment);
}

void Defragmenter::take(DecodeStep& step, const Fragment& fragment) noexcept {
  ++counters_.fragments;
  expire(step.view->time);
  if (fragment.bytes.empty()) return;
  // All but the last fragment end at a unit's border; a rest beyond it cannot be placed.
  if (!fragment.is_last && fragment.bytes.size() < 8) return;
  Datagram* datagram = find_or_make(fragment.key, step.view->time);
  if (datagram == nullptr) return;
  if (!insert(step, *datagram, fragment)) return;
  const std::uint32_t wanted = (datagram->total + 7) / 8;
  if (datagram->total != 0 && datagram->units == wanted && datagram->header_length != 0) deliver(step, *datagram);
}

Defragmenter::Datagram* Defragmenter::find_or_make(const Key& key, PacketTime now) noexcept {
  const std::uint64_t hash = hash_bytes({reinterpret_cast<const std::uint8_t*>(&key), sizeof key}, options_.hash_key);
  const auto bucket = static_cast<std::uint32_t>(hash) & mask_;
  for (std::uint32_t number = buckets_[bucket]; number != 0; number = datagrams_[{number}].chain) {
    if (datagrams_[{number}].key == key) return &datagrams_[{number}];
  }
  Index<Datagram> index = datagrams_.acquire();
  if (!index) {
    ++counters_.frag_limit_datagrams;
    drop(oldest_);
    index = datagrams_.acquire();
  }
  ++counters_.datagrams;
  Datagram& datagram = datagrams_[index];
  datagram.key = key;
  datagram.begin = now;
  datagram.policy = options_.policy_of == nullptr ? FragmentPolicy::windows : options_.policy_of(options_.context, key.target);
  datagram.bucket = bucket;
  datagram.chain = buckets_[bucket];
  buckets_[bucket] = index.value;
  datagram.older = newest_;
  if (newest_ != 0) datagrams_[{newest_}].newer = index.value;
  newest_ = index.value;
  if (oldest_ == 0) oldest_ = index.value;
  return &datagram;
}

// Room for payload up to `end`; the oldest others go when the pool is empty.
bool Defragmenter::reserve(Datagram& datagram, std::uint32_t end) noexcept {
  const std::size_t units = (end + 7) / 8;
  if (kHeadroom + units * 8 <= datagram.block.size() && units <= datagram.owners.size()) return true;
  const std::uint32_t self = datagrams_.index_of(datagram).value;
  const auto grow = [&](std::span<std::uint8_t>& block, std::size_t size) {
    if (size <= block.size()) return true;
    std::span<std::uint8_t> bigger = pool_.take(size);
    while (bigger.empty() && oldest_ != 0 && oldest_ != self) {
      ++counters_.frag_limit_memory;
      drop(oldest_);
      bigger = pool_.take(size);
    }
    if (bigger.empty()) return false;
    std::memset(bigger.data(), 0, bigger.size());
    if (!block.empty()) {
      std::memcpy(bigger.data(), block.data(), block.size());
      pool_.give(block);
    }
    block = bigger;
    return true;
  };
  return grow(datagram.block, kHeadroom + units * 8) && grow(datagram.owners, units);
}

bool Defragmenter::new_wins(FragmentPolicy policy, Piece fresh, Piece old) noexcept {
  switch (policy) {
    case FragmentPolicy::first: return false;
    case FragmentPolicy::last: return true;
    case FragmentPolicy::bsd: return fresh.first < old.first;
    case FragmentPolicy::bsd_right: return fresh.first >= old.first;
    case FragmentPolicy::linux: return fresh.first <= old.first;
    case FragmentPolicy::windows: return fresh.first < old.first && fresh.last > old.last;
    case FragmentPolicy::solaris: return fresh.first < old.first && fresh.last >= old.last;
  }
  return false;
}

bool Defragmenter::insert(DecodeStep& step, Datagram& datagram, const Fragment& fragment) noexcept {
  if (datagram.count == kPieces) {
    ++counters_.frag_limit_pieces;
    return false;
  }
  const std::uint32_t length = static_cast<std::uint32_t>(fragment.is_last ? fragment.bytes.size() : fragment.bytes.size() / 8 * 8);
  const std::uint32_t end = fragment.at + length;
  if (!reserve(datagram, end)) {
    ++counters_.frag_limit_memory;
    return false;
  }
  const Piece fresh{static_cast<std::uint16_t>(fragment.at / 8), static_cast<std::uint16_t>((end + 7) / 8)};
  datagram.pieces[datagram.count] = fresh;
  const auto owner = static_cast<std::uint8_t>(datagram.count + 1);
  ++datagram.count;
  bool overlaps = false;
  for (std::uint16_t unit = fresh.first; unit < fresh.last; ++unit) {
    const std::uint8_t old = datagram.owners[unit];
    if (old != 0) {
      overlaps = true;
      if (!new_wins(datagram.policy, fresh, datagram.pieces[old - 1u])) continue;
    } else {
      ++datagram.units;
    }
    datagram.owners[unit] = owner;
    const std::uint32_t from = unit * 8u - fragment.at;
    std::memcpy(datagram.block.data() + kHeadroom + unit * 8u, fragment.bytes.data() + from, std::min<std::size_t>(8, length - from));
  }
  if (overlaps) {
    ++counters_.overlaps;
    step.raise(datagram.key.family == 4 ? DecodeEvent::ipv4_frag_overlap : DecodeEvent::ipv6_frag_overlap);
  }
  if (fragment.is_last && datagram.total == 0) datagram.total = end;
  if (fragment.at == 0 && datagram.header_length == 0) {
    datagram.header_length = static_cast<std::uint16_t>(fragment.header.size());
    datagram.next_header = fragment.next_header;
    std::memcpy(datagram.block.data() + kHeadroom - fragment.header.size(), fragment.header.data(), fragment.header.size());
  }
  return true;
}

// The whole datagram with its header made right, decoded like a packet that just came.
void Defragmenter::deliver(DecodeStep& step, Datagram& datagram) noexcept {
  const std::size_t begin = kHeadroom - datagram.header_length;
  std::uint8_t* header = datagram.block.data() + begin;
  const auto total = static_cast<std::uint32_t>(datagram.header_length + datagram.total);
  const bool is_ip4 = datagram.key.family == 4;
  const bool fits = total <= kLargest && step.batch.count < Batch::kViews && handed_count_ < handed_out_.size();
  if (fits) {
    if (is_ip4) {
      store(header + 2, __builtin_bswap16(static_cast<std::uint16_t>(total)));
      store<std::uint16_t>(header + 6, 0);
    } else {
      store(header + 4, __builtin_bswap16(static_cast<std::uint16_t>(datagram.total)));
      header[6] = datagram.next_header;
    }
    ++counters_.reassembled;
    ++step.counters().reassembled;
    const PacketView& last = *step.view;
    PacketView& whole = step.batch.views[step.batch.count++];
    whole = PacketView{.data = datagram.block.data(), .time = last.time, .caplen = static_cast<std::uint32_t>(begin + total), .wirelen = total, .number = last.number, .vlan = last.vlan,
                       .vlan_count = last.vlan_count, .depth = last.depth, .tunnel = last.tunnel, .source = last.source};
    whole.flags = static_cast<std::uint16_t>(packet_flag::reassembled | (last.flags & packet_flag::inner));
    const std::span<std::uint8_t> block = datagram.block;
    handed_out_[handed_count_++] = block;
    datagram.block = {};
    drop(datagrams_.index_of(datagram).value);
    step.view = &whole;
    if (is_ip4) step.ip4(static_cast<std::uint32_t>(begin), total);
    else step.ip6(static_cast<std::uint32_t>(begin), total);
    return;
  }
  ++counters_.too_large;
  drop(datagrams_.index_of(datagram).value);
}

void Defragmenter::unlink(std::uint32_t number) noexcept {
  Datagram& datagram = datagrams_[{number}];
  std::uint32_t* link = &buckets_[datagram.bucket];
  while (*link != number) link = &datagrams_[{*link}].chain;
  *link = datagram.chain;
  if (datagram.older != 0) datagrams_[{datagram.older}].newer = datagram.newer;
  else oldest_ = datagram.newer;
  if (datagram.newer != 0) datagrams_[{datagram.newer}].older = datagram.older;
  else newest_ = datagram.older;
}

void Defragmenter::drop(std::uint32_t number) noexcept {
  unlink(number);
  Datagram& datagram = datagrams_[{number}];
  if (!datagram.block.empty()) pool_.give(datagram.block);
  if (!datagram.owners.empty()) pool_.give(datagram.owners);
  datagrams_.release({number});
}

void Defragmenter::expire(PacketTime now) noexcept {
  while (oldest_ != 0 && now - datagrams_[{oldest_}].begin > Nanos{options_.timeout_s} * kSecond) {
    ++counters_.timeouts;
    drop(oldest_);
  }
}

}  // namespace hd
