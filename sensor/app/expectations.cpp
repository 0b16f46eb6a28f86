// SPDX-License-Identifier: Apache-2.0
#include "sensor/app/expectations.hpp"

#include <algorithm>

namespace hd {

void Expectations::add(const FlowRecord& flow, const ParserRequests& requests) noexcept {
  for (std::size_t i = 0; i < kMax; ++i) {
    Slot& slot = slots_[next_];
    next_ = (next_ + 1) % kMax;
    if (slot.use == Use::taken) continue;
    if (slot.use == Use::waiting) ++forgotten_;
    else ++waiting_;
    slot.use = Use::waiting;
    slot.hosts[0] = flow.client;
    slot.hosts[1] = flow.server;
    slot.port = requests.announced_port;
    slot.since = flow.last_seen;
    Announcement& its = slot.announcement;
    its.protocol = requests.announces;
    its.note = requests.announced_note;
    its.name_size = static_cast<std::uint8_t>(std::min(requests.announced_name.size(), Announcement::kNameMax));
    std::copy_n(requests.announced_name.begin(), its.name_size, its.name.begin());
    return;
  }
  ++forgotten_;
}

const Announcement* Expectations::find(const FlowRecord& flow) noexcept {
  if (waiting_ == 0) return nullptr;
  const auto is_ours = [&flow](const Slot& slot) {
    const bool is_there = slot.hosts[0] == flow.client && slot.hosts[1] == flow.server && slot.port == flow.server_port;
    const bool is_back = slot.hosts[1] == flow.client && slot.hosts[0] == flow.server && slot.port == flow.server_port;
    return is_there || is_back;
  };
  for (Slot& slot : slots_) {
    if (slot.use != Use::waiting) continue;
    if (flow.last_seen.ns - slot.since.ns > kSeconds * 1'000'000'000) {
      slot.use = Use::free;
      --waiting_;
      ++forgotten_;
    } else if (is_ours(slot)) {
      slot.use = Use::taken;
      --waiting_;
      return &slot.announcement;
    }
  }
  return nullptr;
}

void Expectations::release(const Announcement& announcement) noexcept {
  for (Slot& slot : slots_) {
    if (&slot.announcement == &announcement) slot.use = Use::free;
  }
}

}  // namespace hd
