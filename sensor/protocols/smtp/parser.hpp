// SPDX-License-Identifier: Apache-2.0
// SMTP (RFC 5321): commands, replies that answer them in order (RFC 2920), the mail behind DATA and BDAT (RFC 3030),
// STARTTLS (RFC 3207).
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/parser_out.hpp"
#include "sensor/app/protocol.hpp"
#include "sensor/protocols/smtp/tx.hpp"

namespace hd::protocol::smtp {

inline constexpr std::size_t kLineBytesMax = 4'096;   ///< of a command or reply; and pieces of a mail's long line
inline constexpr std::size_t kCommandsMax = 512;      ///< without a reply
inline constexpr std::size_t kHeloMax = 255;

enum class Command : std::uint8_t { other, starttls, data, bdat, end_of_data, rset, hello };

struct State {
  Transaction* tx = nullptr;            ///< not complete yet
  std::array<Command, kCommandsMax> commands = {};  ///< that wait for replies
  std::uint16_t command_count = 0;
  std::uint16_t command_at = 0;
  Command current = Command::other;
  bool has_greeting = false;
  bool is_data = false;                 ///< the client sends a mail
  bool is_multiline = false;            ///< the reply to the oldest command goes on
  bool can_pipeline = false;
  bool is_last_chunk = false;           ///< BDAT … LAST
  bool is_line_begin = true;            ///< of a mail
  std::array<bool, 2> is_skipping = {}; ///< the rest of a line that is too long
  std::uint64_t chunk_left = 0;
  std::uint8_t helo_size = 0;
  std::array<std::uint8_t, kHeloMax> helo = {};
};

/// One call of take().
class Run {
 public:
  Run(State& state, Direction direction, Bytes bytes, ParserOut& out) noexcept
      : state_(state), direction_(direction), bytes_(bytes), out_(out) {}
  [[nodiscard]] Progress take() noexcept;
  void finish() noexcept;

 private:
  enum class Next : std::uint8_t { again, more, failed, handed_on };

  [[nodiscard]] Next line() noexcept;
  [[nodiscard]] Next mail_line() noexcept;
  [[nodiscard]] Next chunk() noexcept;
  [[nodiscard]] bool command(Bytes line) noexcept;
  [[nodiscard]] Command read_command(Bytes line) noexcept;
  [[nodiscard]] bool begin_data() noexcept;
  [[nodiscard]] bool begin_chunk(Bytes line) noexcept;
  void hello(Bytes line) noexcept;
  [[nodiscard]] bool put_in_queue(Command command) noexcept;
  void take_from_queue() noexcept;
  [[nodiscard]] Next reply(Bytes line) noexcept;
  [[nodiscard]] Next answer_to(Command command, unsigned code) noexcept;
  void begin_mail() noexcept;
  void show_mail(Bytes piece, bool is_begin) noexcept;
  void end_mail() noexcept;
  void note(std::uint32_t oddities) noexcept;
  void complete() noexcept;
  [[nodiscard]] bool need_tx(Bytes line) noexcept;
  void event(Event which) noexcept;
  void advance(std::uint8_t to) noexcept;
  [[nodiscard]] SmtpTx& tx() noexcept { return state_.tx->part<SmtpTx>(); }
  [[nodiscard]] Bytes rest() const noexcept { return bytes_.subspan(at_); }

  State& state_;
  Direction direction_;
  Bytes bytes_;
  ParserOut& out_;
  std::size_t at_ = 0;
};

}  // namespace hd::protocol::smtp
