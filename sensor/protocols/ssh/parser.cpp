// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/ssh/parser.hpp"

#include <algorithm>

#include "sensor/base/ascii.hpp"
#include "sensor/files/digest.hpp"

namespace hd::protocol::ssh {
namespace {

constexpr std::uint8_t kKexInit = 20, kNewKeys = 21;

}  // namespace

Progress Run::take() noexcept {
  tx_ = out_.newest();
  if (tx_ == nullptr && !state_.has_transaction) {
    tx_ = out_.open_transaction<SshTx>();
    state_.has_transaction = tx_ != nullptr;
  }
  if (tx_ == nullptr) return {.used = bytes_.size(), .status = Progress::Status::done};
  for (;;) {
    switch (side_.is_banner_over ? packet() : banner()) {
      case Next::again: continue;
      case Next::more: return {.used = at_, .needed = needed_};
      case Next::failed: return {.used = at_, .status = Progress::Status::failed};
      case Next::done: return {.used = bytes_.size(), .status = Progress::Status::done};
    }
  }
}

// A server may say other lines before its banner (RFC 4253 4.2).
Run::Next Run::banner() noexcept {
  if (rest().empty()) return Next::more;
  const std::size_t end = ascii::find(rest(), '\n');
  if (side_.is_line_skipped) {
    at_ += std::min(end + 1, rest().size());
    if (end + 1 > bytes_.size()) return Next::more;
    side_.is_line_skipped = false;
    side_.is_banner_over = true;
    advance(progress::banner_done);
    return Next::again;
  }
  if (end == rest().size()) {
    if (end < kBannerMax) return Next::more;
    event(Event::long_banner);
    read_banner(rest());
    at_ += end;
    side_.is_line_skipped = true;
    advance(progress::banner_wait_eol);
    return Next::more;
  }
  const Bytes line = rest().first(end + 1);
  at_ += end + 1;
  const bool is_banner = as_chars(line).starts_with("SSH-");
  if (!is_banner) return Next::again;
  if (end + 1 > kBannerMax) event(Event::long_banner);
  read_banner(ascii::without_line_end(line));
  side_.is_banner_over = true;
  advance(progress::banner_done);
  out_.flush_raw(direction_);
  return Next::again;
}

// SSH-protoversion-softwareversion SP comments
void Run::read_banner(Bytes line) noexcept {
  const std::size_t dash = as_chars(line).starts_with("SSH-") ? ascii::find(line, '-', 4) : line.size();
  if (dash == line.size() || dash == 4) {
    event(Event::invalid_banner);
    return;
  }
  const Bytes behind = line.subspan(dash + 1);
  const std::size_t end = std::min({ascii::find(behind, ' '), ascii::find(behind, '\r'), behind.size()});
  party().version = tx_->arena.copy(line.subspan(4, dash - 4));
  party().software = tx_->arena.copy(behind.first(end));
  if (party().version.empty()) out_.count_memory_limit();
}

// RFC 4253 6: length, length of padding, and the message's number.
Run::Next Run::packet() noexcept {
  if (side_.left > 0) {
    const std::size_t count = std::min<std::size_t>(side_.left, rest().size());
    side_.left -= static_cast<std::uint32_t>(count);
    at_ += count;
    return side_.left > 0 || rest().empty() ? Next::more : Next::again;
  }
  const Bytes head = rest();
  if (head.size() < 6) return Next::more;
  const std::uint32_t length = load_be32(head.data());
  const std::uint8_t padding = head[4], kind = head[5];
  if (length < 2 || length > kPacketMax || padding + 1u > length) {
    event(Event::invalid_record);
    return Next::failed;
  }
  if (kind == kKexInit && state_.wants_hassh && party().hassh_text.empty()) {
    if (length > kKexMax) {
      event(Event::long_kex_record);
    } else {
      if (head.size() < 4 + std::size_t{length}) {
        needed_ = 4 + std::size_t{length};
        return Next::more;
      }
      key_exchange(head.subspan(6, length - 2));
      at_ += 4 + std::size_t{length};
      advance(progress::key_exchange);
      return Next::again;
    }
  }
  if (kind == kNewKeys) {
    side_.is_encrypted = true;
    advance(progress::finished);
    if (state_.sides[0].is_encrypted && state_.sides[1].is_encrypted) out_.stop_payload_inspection();
    return Next::done;
  }
  at_ += 4;
  side_.left = length;
  return Next::again;
}

// RFC 4253 7.1: a cookie and ten lists of names. HASSH takes the lists of the speaker's own direction.
void Run::key_exchange(Bytes payload) noexcept {
  Cursor at(payload);
  at.skip(16);
  std::array<Bytes, 10> lists;
  for (Bytes& list : lists) list = at.bytes(at.be32());
  if (at.short_read()) {
    event(Event::invalid_record);
    return;
  }
  const std::size_t own = direction_ == Direction::to_server ? 0 : 1;
  const std::array<Bytes, 4> used = {lists[0], lists[2 + own], lists[4 + own], lists[6 + own]};
  std::size_t size = 3;
  for (const Bytes list : used) size += list.size();
  std::uint8_t* const text = tx_->arena.allocate(size + 2 * Md5Kind::kSize);
  if (text == nullptr) {
    out_.count_memory_limit();
    return;
  }
  std::uint8_t* to = text;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (i > 0) *to++ = ';';
    to = std::copy(used[i].begin(), used[i].end(), to);
  }
  party().hassh_text = {text, size};
  Md5 digest;
  digest.add(party().hassh_text);
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : digest.finish()) {
    *to++ = static_cast<std::uint8_t>(kDigits[byte >> 4]);
    *to++ = static_cast<std::uint8_t>(kDigits[byte & 15]);
  }
  party().hassh = {text + size, 2 * Md5Kind::kSize};
}

}  // namespace hd::protocol::ssh
