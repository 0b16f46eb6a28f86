// SPDX-License-Identifier: Apache-2.0
// SSH until it is encrypted: the banner line, then packets up to NEWKEYS (RFC 4253 4.2, 6, 7).
#pragma once

#include "sensor/app/parser_out.hpp"
#include "sensor/app/protocol.hpp"
#include "sensor/protocols/ssh/tx.hpp"

namespace hd::protocol::ssh {

inline constexpr std::size_t kBannerMax = 255;       ///< RFC 4253 4.2, with the line end
inline constexpr std::size_t kKexMax = 65'536;       ///< of a key exchange message that is looked at
inline constexpr std::uint32_t kPacketMax = 1u << 24; ///< longer ones are no SSH

/// One direction.
struct Side {
  std::uint32_t left = 0;      ///< of a packet that is passed over
  bool is_banner_over = false;
  bool is_line_skipped = false;///< the rest of a long banner is passed over
  bool is_encrypted = false;   ///< behind NEWKEYS
};

struct State {
  std::array<Side, 2> sides = {};
  bool has_transaction = false;
  bool wants_hassh = true;
};

/// One call of take().
class Run {
 public:
  Run(State& state, Direction direction, Bytes bytes, ParserOut& out) noexcept
      : state_(state), side_(state.sides[index_of(direction)]), direction_(direction), bytes_(bytes), out_(out) {}
  [[nodiscard]] Progress take() noexcept;

 private:
  enum class Next : std::uint8_t { again, more, failed, done };

  Next banner() noexcept;
  void read_banner(Bytes line) noexcept;
  Next packet() noexcept;
  void key_exchange(Bytes payload) noexcept;
  [[nodiscard]] Bytes rest() const noexcept { return bytes_.subspan(at_); }
  [[nodiscard]] Party& party() noexcept { return tx_->part<SshTx>().parties[index_of(direction_)]; }
  void event(Event which) noexcept { out_.event(*tx_, static_cast<unsigned>(which)); }
  void advance(std::uint8_t to) noexcept { out_.advance(*tx_, direction_, to); }

  State& state_;
  Side& side_;
  Direction direction_;
  Bytes bytes_;
  ParserOut& out_;
  Transaction* tx_ = nullptr;
  std::size_t at_ = 0;
  std::size_t needed_ = 0;
};

}  // namespace hd::protocol::ssh
