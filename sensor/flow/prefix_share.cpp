// SPDX-License-Identifier: Apache-2.0
#include "sensor/flow/prefix_share.hpp"

#include "sensor/base/bytes.hpp"

namespace hd {

PrefixShare::PrefixShare(std::uint32_t capacity, const HashKey& key)
    : key_(key), links_(new Links[std::size_t{capacity} + 1]()) {}

std::uint16_t PrefixShare::class_of(const Address& client) const noexcept {
  const std::uint64_t prefix = client.is_ip4() ? client.ip4() >> 8 : load_be64(client.bytes.data()) >> 16 | std::uint64_t{1} << 60;
  return static_cast<std::uint16_t>(mix(prefix ^ key_.b, key_.a | 1) >> 20 & (kClasses - 1));
}

void PrefixShare::add(std::uint32_t flow, std::uint16_t prefix_class) noexcept {
  Class& entry = classes_[prefix_class];
  links_[flow] = {entry.head, 0, prefix_class};
  if (entry.head != 0) links_[entry.head].previous = flow;
  entry.head = flow;
  ++entry.count;
  if (entry.count > classes_[greediest_].count) greediest_ = prefix_class;
}

void PrefixShare::remove(std::uint32_t flow) noexcept {
  const Links& link = links_[flow];
  Class& entry = classes_[link.prefix_class];
  if (link.previous != 0) links_[link.previous].next = link.next;
  else entry.head = link.next;
  if (link.next != 0) links_[link.next].previous = link.previous;
  --entry.count;
}

std::uint16_t PrefixShare::greediest() noexcept {
  // Classes that grow are noticed at once; one that stays while the first shrinks, at the next search.
  if (++asked_ % kAskedBeforeSearch == 0) {
    for (std::uint32_t i = 0; i < kClasses; ++i) {
      if (classes_[i].count > classes_[greediest_].count) greediest_ = static_cast<std::uint16_t>(i);
    }
  }
  return greediest_;
}

}  // namespace hd
