// SPDX-License-Identifier: Apache-2.0
// Lines, and the mail between them.
#include "sensor/protocols/smtp/parser.hpp"

#include <algorithm>

#include "sensor/base/ascii.hpp"

namespace hd::protocol::smtp {

Progress Run::take() noexcept {
  for (;;) {
    Next next = Next::more;
    if (direction_ == Direction::to_client || !state_.is_data) next = line();
    else if (state_.current == Command::bdat) next = chunk();
    else next = mail_line();
    switch (next) {
      case Next::again: continue;
      case Next::more: return {.used = at_};
      case Next::failed: return {.used = at_, .status = Progress::Status::failed};
      case Next::handed_on: return {.used = at_, .status = Progress::Status::handed_on};
    }
  }
}

Run::Next Run::line() noexcept {
  if (rest().empty()) return Next::more;
  bool& is_skipping = state_.is_skipping[index_of(direction_)];
  const std::size_t end = ascii::find(rest(), '\n');
  const bool is_whole = end < rest().size();
  if (is_skipping) {
    at_ += is_whole ? end + 1 : rest().size();
    is_skipping = !is_whole;
    return is_whole ? Next::again : Next::more;
  }
  if (!is_whole && rest().size() < kLineBytesMax) return Next::more;
  const std::size_t length = std::min(is_whole ? end + 1 : rest().size(), kLineBytesMax);
  // What is left of a long command is passed over; of a long reply it is taken for another, as clients do.
  is_skipping = direction_ == Direction::to_server && length < end + 1;
  const Bytes line = ascii::without_line_end(rest().first(length));
  const bool is_command = direction_ == Direction::to_server;
  if (!need_tx(line)) return Next::failed;
  at_ += length;
  if (is_skipping) event(Event::truncated_line);
  if (!is_command) return reply(line);
  return command(line) ? Next::again : Next::failed;
}

// Pieces of a long line are cut at the same places however the bytes come.
Run::Next Run::mail_line() noexcept {
  if (rest().empty()) return Next::more;
  const std::size_t end = ascii::find(rest().first(std::min(rest().size(), kLineBytesMax)), '\n');
  if (end == rest().size() && end < kLineBytesMax) return Next::more;
  const bool is_end = end < kLineBytesMax;
  const Bytes piece = rest().first(is_end ? end + 1 : kLineBytesMax);
  const bool is_begin = state_.is_line_begin;
  at_ += piece.size();
  state_.is_line_begin = is_end;
  if (is_begin && is_end && as_chars(ascii::without_line_end(piece)) == ".") {
    state_.is_data = false;
    static_cast<void>(put_in_queue(Command::end_of_data));
    end_mail();
    complete();
    return Next::again;
  }
  // RFC 5321 4.5.2: a period that stands before one at the begin of a line is not part of the mail.
  show_mail(is_begin && piece[0] == '.' ? piece.subspan(1) : piece, is_begin);
  return Next::again;
}

Run::Next Run::chunk() noexcept {
  if (state_.chunk_left > 0) {
    if (rest().empty()) return Next::more;
    const Bytes open = rest().first(std::min<std::uint64_t>(rest().size(), state_.chunk_left));
    const Bytes head = open.first(std::min(open.size(), kLineBytesMax));
    const std::size_t end = ascii::find(head, '\n');
    const bool is_end = end < head.size();
    if (!is_end && head.size() < kLineBytesMax && head.size() < state_.chunk_left) return Next::more;
    const Bytes piece = head.first(is_end ? end + 1 : head.size());
    at_ += piece.size();
    state_.chunk_left -= piece.size();
    const bool is_begin = state_.is_line_begin;
    state_.is_line_begin = is_end;
    show_mail(piece, is_begin);
    if (state_.chunk_left > 0) return Next::again;
  }
  state_.is_data = false;
  if (state_.is_last_chunk) {
    end_mail();
    complete();
  }
  return Next::again;
}

void Run::begin_mail() noexcept {
  if (tx().mail != nullptr) return;
  tx().mail = state_.tx->arena.make<Mail>();
  if (tx().mail == nullptr) out_.count_memory_limit();
  state_.is_line_begin = true;
}

void Run::show_mail(Bytes piece, bool is_begin) noexcept {
  if (state_.tx == nullptr || tx().mail == nullptr) return;
  note(tx().mail->take(piece, is_begin, state_.tx->arena));
  if (tx().mail->has_headers()) advance(progress::headers);
}

void Run::end_mail() noexcept {
  if (state_.tx == nullptr || tx().mail == nullptr) return;
  note(tx().mail->end(state_.tx->arena));
}

void Run::note(std::uint32_t oddities) noexcept {
  if (oddities == 0) return;
  constexpr struct {
    std::uint32_t bit;
    Event event;
  } kRows[] = {{mail_oddity::malformed, Event::mime_malformed_msg},          {mail_oddity::bad_base64, Event::mime_invalid_base64},
               {mail_oddity::bad_quoted, Event::mime_invalid_qp},            {mail_oddity::long_line, Event::mime_long_line},
               {mail_oddity::long_encoded_line, Event::mime_long_enc_line},  {mail_oddity::long_name, Event::mime_long_header_name},
               {mail_oddity::long_value, Event::mime_long_header_value},     {mail_oddity::long_boundary, Event::mime_long_boundary},
               {mail_oddity::long_file_name, Event::mime_long_filename},     {mail_oddity::no_memory, Event::mime_parse_failed}};
  for (const auto& row : kRows) {
    if ((oddities & row.bit) != 0) event(row.event);
  }
  if ((oddities & mail_oddity::no_memory) != 0) out_.count_memory_limit();
}

bool Run::need_tx(Bytes line) noexcept {
  if (state_.tx != nullptr) return true;
  // Replies and farewells behind a mail belong to it.
  if (direction_ == Direction::to_client && out_.flow().next_id > 0) return true;
  if (out_.flow().next_id > 0 && (ascii::begins_with(line, "quit") || ascii::begins_with(line, "rset"))) return true;
  state_.tx = out_.open_transaction<SmtpTx>();
  if (state_.tx == nullptr) return false;
  tx().helo = state_.tx->arena.copy({state_.helo.data(), state_.helo_size});
  return true;
}

void Run::event(Event which) noexcept {
  Transaction* const its = state_.tx != nullptr ? state_.tx : out_.newest();
  if (its != nullptr) out_.event(*its, static_cast<unsigned>(which));
}

void Run::advance(std::uint8_t to) noexcept {
  if (state_.tx == nullptr) return;
  out_.advance(*state_.tx, Direction::to_server, to);
}

void Run::complete() noexcept {
  if (state_.tx == nullptr) return;
  tx().is_done = true;
  out_.advance(*state_.tx, Direction::to_server, progress::complete);
  out_.advance(*state_.tx, Direction::to_client, progress::complete);
  out_.flush_raw(Direction::to_server);
  state_.tx = nullptr;
}

void Run::finish() noexcept {
  if (state_.tx == nullptr || direction_ == Direction::to_client) return;
  end_mail();
  complete();
}

}  // namespace hd::protocol::smtp
