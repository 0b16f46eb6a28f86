// SPDX-License-Identifier: Apache-2.0
#include "sensor/files/growing.hpp"

#include <algorithm>
#include <bit>

namespace hd {

bool Growing::append(Bytes more, Arena& arena) noexcept {
  constexpr std::size_t kMost = std::size_t{16} << 20;
  if (more.empty()) return true;
  const std::size_t wanted = size + more.size();
  if (wanted > kMost) return false;
  if (wanted > capacity) {
    const std::size_t room = std::max<std::size_t>(128, std::bit_ceil(wanted));
    std::uint8_t* place = arena.allocate(room);
    if (place == nullptr) return false;
    if (size > 0) std::memcpy(place, begin, size);
    begin = place;
    capacity = static_cast<std::uint32_t>(room);
  }
  std::memcpy(begin + size, more.data(), more.size());
  size = static_cast<std::uint32_t>(wanted);
  return true;
}

bool GrowingBody::append(Bytes more, Arena& arena, const WindowRule& rule) noexcept {
  if (is_full(rule)) return true;
  if (rule.limit > 0) more = more.first(std::min<std::uint64_t>(more.size(), rule.limit - total_));
  if (!keeps_all_ && kept_.size + more.size() > kept_.capacity) {
    // A later window begins at most `window` bytes before what was inspected.
    const std::uint64_t seen = std::max(inspected_[0], inspected_[1]);
    const std::uint64_t first = seen > std::uint64_t{rule.minimum} + rule.window ? seen - rule.window : begin_;
    if (first > begin_ && first - begin_ >= kept_.size / 2) {
      const std::uint32_t gone = static_cast<std::uint32_t>(first - begin_);
      std::memmove(kept_.begin, kept_.begin + gone, kept_.size - gone);
      kept_.size -= gone;
      begin_ = first;
    }
  }
  if (!kept_.append(more, arena)) {
    is_cut_ = true;
    return false;
  }
  total_ += more.size();
  return true;
}

Bytes GrowingBody::from(std::uint64_t offset) const noexcept {
  const std::uint64_t first = std::max(offset, begin_);
  return first >= total_ ? Bytes{} : kept_.bytes().subspan(first - begin_);
}

bool GrowingBody::window(Reader reader, const WindowRule& rule, bool is_flow_end, Bytes& bytes, std::uint64_t& offset) noexcept {
  std::uint64_t& seen = inspected_[static_cast<std::size_t>(reader)];
  if (seen == total_) return false;
  if (!is_full(rule) && total_ < rule.minimum && !is_over_ && !is_flow_end) return false;
  offset = 0;
  if (seen > rule.minimum) {
    const std::uint64_t fresh = total_ - seen;
    const std::uint64_t before = fresh < rule.window ? rule.window - fresh : rule.window / 4;
    offset = seen > before ? seen - before : 0;
  }
  offset = std::max(offset, begin_);
  bytes = from(offset);
  seen = total_;
  return true;
}

}  // namespace hd
