// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/dataset.hpp"

#include "sensor/lang/address_text.hpp"

#include <algorithm>
#include <cstring>

namespace hd {

ChangedValues::ChangedValues(HashKey key) : key_(key), pages_(kSlots * sizeof(Slot)), pool_(kBytes) {
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<State>::is_always_lock_free);
}

ChangedValues::State ChangedValues::state_of(Bytes value) const noexcept {
  const std::uint64_t tag = tag_of(value);
  for (unsigned i = 0; i < kProbes; ++i) {
    const Slot& slot = slots()[(tag + i) % kSlots];
    const std::uint64_t there = slot.tag.load(std::memory_order_acquire);
    if (there == 0) return State::unknown;
    if (there == tag && std::ranges::equal(bytes_of(slot), value))
      return slot.state.load(std::memory_order_relaxed);
  }
  return State::unknown;
}

// Two workers that add the same value at the same moment may both be told that it is new: nobody waits here.
std::optional<ChangedValues::State> ChangedValues::change(Bytes value, State state) noexcept {
  const std::uint64_t tag = tag_of(value);
  for (unsigned i = 0; i < kProbes && value.size() <= kValueMax; ++i) {
    Slot& slot = slots()[(tag + i) % kSlots];
    std::uint64_t there = slot.tag.load(std::memory_order_acquire);
    if (there == tag && std::ranges::equal(bytes_of(slot), value)) return slot.state.exchange(state);
    if (there != 0 || !slot.tag.compare_exchange_strong(there, kBusy)) continue;
    const std::uint64_t at = used_.fetch_add(value.size());
    if (at + value.size() > kBytes) {
      used_.fetch_sub(value.size());
      slot.tag.store(0, std::memory_order_release);
      break;
    }
    if (!value.empty()) std::memcpy(static_cast<std::uint8_t*>(pool_.data()) + at, value.data(), value.size());
    slot.offset = static_cast<std::uint32_t>(at);
    slot.length = static_cast<std::uint32_t>(value.size());
    slot.state.store(state, std::memory_order_relaxed);
    slot.tag.store(tag, std::memory_order_release);
    return State::unknown;
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return std::nullopt;
}

void ChangedValues::forget() noexcept {
  if (used_.load() == 0 && refused_.load() == 0) return;
  std::memset(pages_.data(), 0, kSlots * sizeof(Slot));
  used_ = 0;
  refused_ = 0;
}

void Dataset::grow() {
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), 0);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const Bytes value = as_bytes(std::string_view(pool_).substr(entries_[i].offset, entries_[i].length));
    std::size_t at = hash_bytes(value, key_) % slots_.size();
    while (slots_[at] != 0) at = (at + 1) % slots_.size();
    slots_[at] = i + 1;
  }
}

const Dataset::Entry* Dataset::find(Bytes value) const noexcept {
  if (slots_.empty()) return nullptr;
  for (std::size_t at = hash_bytes(value, key_) % slots_.size(); slots_[at] != 0; at = (at + 1) % slots_.size()) {
    const Entry& entry = entries_[slots_[at] - 1];
    if (entry.length == value.size() && std::memcmp(pool_.data() + entry.offset, value.data(), value.size()) == 0)
      return &entry;
  }
  return nullptr;
}

void Dataset::load(Bytes value, std::uint16_t reputation) {
  if (find(value) != nullptr) return;
  entries_.push_back({static_cast<std::uint32_t>(pool_.size()), static_cast<std::uint32_t>(value.size()), reputation});
  pool_ += as_chars(value);
  if (entries_.size() * 2 > slots_.size()) {
    grow();
    return;
  }
  std::size_t at = hash_bytes(value, key_) % slots_.size();
  while (slots_[at] != 0) at = (at + 1) % slots_.size();
  slots_[at] = static_cast<std::uint32_t>(entries_.size());
}

void Dataset::allow_changes() {
  if (changes_ == nullptr) changes_ = std::make_shared<ChangedValues>(key_);
}

bool Dataset::fits(Bytes value) const noexcept {
  switch (type_) {
  case DatasetType::string:
    return true;
  case DatasetType::md5:
    return value.size() == 16;
  case DatasetType::sha256:
    return value.size() == 32;
  case DatasetType::ip4:
    return value.size() == 4;
  case DatasetType::ip:
    return value.size() == 4 || value.size() == 16;
  }
  return false;
}

bool Dataset::contains(Bytes value) const noexcept {
  if (!fits(value)) return false;
  if (changes_ != nullptr) {
    const ChangedValues::State state = changes_->state_of(value);
    if (state != ChangedValues::State::unknown) return state == ChangedValues::State::present;
  }
  return find(value) != nullptr;
}

bool Dataset::contains_suffix(Bytes value) const noexcept {
  constexpr unsigned kLabelsMax = 128;
  if (contains(value)) return true;
  unsigned labels = 0;
  for (std::size_t at = 1; at < value.size() && labels < kLabelsMax; ++at) {
    if (value[at] != '.') continue;
    ++labels;
    if (contains(value.subspan(at))) return true;
  }
  return false;
}

bool Dataset::add(Bytes value) noexcept {
  if (!fits(value) || changes_ == nullptr) return false;
  if (find(value) != nullptr) {
    // Loaded: new only when it was removed since.
    if (changes_->state_of(value) != ChangedValues::State::removed) return false;
  }
  const auto before = changes_->change(value, ChangedValues::State::present);
  return before && *before != ChangedValues::State::present;
}

bool Dataset::remove(Bytes value) noexcept {
  if (!contains(value) || changes_ == nullptr) return false;
  const auto before = changes_->change(value, ChangedValues::State::removed);
  return before && *before != ChangedValues::State::removed;
}

std::optional<std::uint16_t> Dataset::reputation_of(Bytes value) const noexcept {
  const Entry* entry = fits(value) ? find(value) : nullptr;
  if (entry == nullptr) return std::nullopt;
  return entry->reputation;
}

void Dataset::forget() noexcept {
  if (changes_ != nullptr) changes_->forget();
}

} // namespace hd
