// SPDX-License-Identifier: Apache-2.0
// The client's commands, and the server's replies to them.
#include <algorithm>

#include "sensor/base/ascii.hpp"
#include "sensor/protocols/smtp/parser.hpp"

namespace hd::protocol::smtp {
namespace {

/// What stands behind a command's words and blanks, up to the next blank.
Bytes argument(Bytes line, std::size_t words) noexcept {
  std::size_t begin = std::min(words + 1, line.size());
  while (begin < line.size() && line[begin] == ' ') ++begin;
  return line.subspan(begin, ascii::find(line, ' ', begin) - begin);
}

/// The three digits of a reply; 0: none that RFC 5321 4.2.1 knows.
unsigned code_of(Bytes line) noexcept {
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, ascii::is_digit)) return 0;
  if (line[0] < '2' || line[0] > '5' || line[1] > '5') return 0;
  return (line[0] - 48u) * 100 + (line[1] - 48u) * 10 + (line[2] - 48u);
}

}  // namespace

bool Run::command(Bytes line) noexcept {
  if (!state_.has_greeting) event(Event::no_server_welcome_message);
  // A client that goes on has its answer, though the last line of it never came.
  if (state_.is_multiline) take_from_queue();
  const Command its = read_command(line);
  state_.current = its;
  if (state_.tx != nullptr) {
    if (its == Command::data && !begin_data()) return true;
    if (its == Command::bdat && !begin_chunk(line)) return false;
    if (its == Command::hello) hello(line);
    if (ascii::begins_with(line, "mail from")) {
      if (!tx().mail_from.empty()) event(Event::duplicate_fields);
      else tx().mail_from = state_.tx->arena.copy(argument(line, 9));
      advance(progress::sender);
    } else if (ascii::begins_with(line, "rcpt to") && tx().recipient_count < SmtpTx::kRecipientsMax) {
      const Bytes one = state_.tx->arena.copy(argument(line, 7));
      if (!one.empty()) tx().recipients[tx().recipient_count++] = one;
    }
  }
  return put_in_queue(its);
}

Command Run::read_command(Bytes line) noexcept {
  constexpr struct {
    std::string_view words;
    Command command;
  } kRows[] = {{"starttls", Command::starttls}, {"data", Command::data}, {"bdat", Command::bdat},
               {"rset", Command::rset},         {"helo", Command::hello}, {"ehlo", Command::hello}};
  for (const auto& row : kRows) {
    if (ascii::begins_with(line, row.words)) return row.command;
  }
  return Command::other;
}

bool Run::begin_data() noexcept {
  if (tx().is_data) {
    event(Event::unparsable_content);
    return false;
  }
  begin_mail();
  tx().is_data = true;
  advance(progress::envelope);
  if (state_.can_pipeline) state_.is_data = true;
  return true;
}

// RFC 3030 2: BDAT SP chunk-size [SP LAST]
bool Run::begin_chunk(Bytes line) noexcept {
  const Bytes text = argument(line, 4);
  std::size_t digits = 0;
  state_.chunk_left = ascii::number(text, 0xffff'ffff, digits);
  if (line.size() < 5 || digits == 0 || digits != text.size()) {
    event(Event::invalid_bdat);
    return false;
  }
  const Bytes behind = ascii::trimmed(line.subspan(static_cast<std::size_t>(text.data() - line.data()) + text.size()));
  if (!behind.empty() && !ascii::equal(behind, "last")) {
    event(Event::invalid_bdat);
    return false;
  }
  state_.is_last_chunk = !behind.empty();
  begin_mail();
  tx().is_data = true;
  advance(progress::envelope);
  state_.is_data = true;
  return true;
}

void Run::hello(Bytes line) noexcept {
  const Bytes name = argument(line, 4);
  if (state_.helo_size > 0) {
    event(Event::duplicate_fields);
    return;
  }
  state_.helo_size = static_cast<std::uint8_t>(std::min(name.size(), kHeloMax));
  std::copy_n(name.begin(), state_.helo_size, state_.helo.begin());
  tx().helo = state_.tx->arena.copy(name.first(state_.helo_size));
}

bool Run::put_in_queue(Command command) noexcept {
  if (state_.command_count == kCommandsMax) {
    event(Event::max_command_line_len_exceeded);
    return false;
  }
  if (state_.command_count > 0) {
    const Command before = state_.commands[state_.command_count - 1u];
    if (before == Command::starttls || before == Command::data) event(Event::invalid_pipelined_sequence);
  }
  state_.commands[state_.command_count++] = command;
  return true;
}

void Run::take_from_queue() noexcept {
  state_.is_multiline = false;
  if (++state_.command_at >= state_.command_count) state_.command_at = state_.command_count = 0;
}

Run::Next Run::reply(Bytes line) noexcept {
  const unsigned code = code_of(line);
  if (code == 0) {
    event(Event::invalid_reply);
    return Next::failed;
  }
  const bool goes_on = line.size() > 3 && line[3] == '-';
  if (state_.command_at == state_.command_count) {
    if (!state_.has_greeting) {
      state_.has_greeting = !goes_on;
      if (code != 220) event(Event::invalid_reply);
    }
    return Next::again;
  }
  const Command command = state_.commands[state_.command_at];
  state_.is_multiline = goes_on;
  if (goes_on) {
    if (code == 250 && ascii::equal(line.subspan(4), "pipelining")) state_.can_pipeline = true;
    return Next::again;
  }
  take_from_queue();
  return answer_to(command, code);
}

Run::Next Run::answer_to(Command command, unsigned code) noexcept {
  switch (command) {
    case Command::starttls:
      if (code != 220) {
        event(Event::tls_rejected);
        return Next::again;
      }
      complete();
      out_.change_protocol(AppProtocol::tls);
      return Next::handed_on;
    case Command::data:
      if (code == 354) {
        if (state_.tx != nullptr) state_.is_data = true;
        return Next::again;
      }
      event(Event::data_command_rejected);
      if (state_.tx != nullptr) {
        tx().is_data = false;
        tx().mail = nullptr;
      }
      state_.is_data = false;
      return Next::again;
    case Command::rset:
      if (code == 250) complete();
      return Next::again;
    default: return Next::again;
  }
}

}  // namespace hd::protocol::smtp
