// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/ftp/parser.hpp"

#include <algorithm>

#include "sensor/base/ascii.hpp"

namespace hd::protocol::ftp {

bool read_host_port(Bytes text, std::uint32_t& address, std::uint16_t& port) noexcept {
  std::uint64_t all = 0;
  for (int i = 0; i < 6; ++i) {
    if (i > 0) {
      if (text.empty() || text[0] != ',') return false;
      text = text.subspan(1);
    }
    std::size_t digits = 0;
    const std::uint64_t part = ascii::number(text, 255, digits);
    if (digits == 0) return false;
    text = text.subspan(digits);
    all = all << 8 | part;
  }
  address = static_cast<std::uint32_t>(all >> 16);
  port = static_cast<std::uint16_t>(all);
  return true;
}

std::uint16_t read_extended_port(Bytes text) noexcept {
  if (text.empty()) return 0;
  const char delimiter = static_cast<char>(text[0]);
  std::size_t at = 0;
  for (int i = 0; i < 2; ++i) at = std::min(ascii::find(text, delimiter, at + 1), text.size());
  if (at >= text.size()) return 0;
  std::size_t digits = 0;
  return static_cast<std::uint16_t>(ascii::number(text.subspan(at + 1), 0xffff, digits));
}

Progress Run::take() noexcept {
  for (;;) {
    switch (line()) {
      case Next::again: continue;
      case Next::more: return {.used = at_};
      case Next::failed: return {.used = at_, .status = Progress::Status::failed};
      case Next::handed_on: return {.used = at_, .status = Progress::Status::handed_on};
    }
  }
}

Run::Next Run::line() noexcept {
  const Bytes rest = bytes_.subspan(at_);
  if (rest.empty()) return Next::more;
  bool& is_skipping = state_.is_skipping[index_of(direction_)];
  const std::size_t end = ascii::find(rest, '\n');
  const bool is_whole = end < rest.size();
  if (is_skipping) {
    at_ += is_whole ? end + 1 : rest.size();
    is_skipping = !is_whole;
    return is_whole ? Next::again : Next::more;
  }
  if (!is_whole && rest.size() < kLineMax) return Next::more;
  const std::size_t length = std::min(is_whole ? end + 1 : rest.size(), kLineMax);
  is_skipping = length < end + 1;
  at_ += length;
  const Bytes line = ascii::without_line_end(rest.first(length));
  return direction_ == Direction::to_server ? command(line, is_skipping) : reply(line, is_skipping);
}

Transaction* Run::open() noexcept {
  Transaction* const oldest = out_.oldest();
  if (oldest != nullptr && out_.flow().next_id - oldest->id > state_.transactions_max) {
    event(*out_.newest(), Event::too_many_transactions);
    return nullptr;
  }
  return out_.open_transaction<FtpTx>();
}

Run::Next Run::command(Bytes line, bool is_cut) noexcept {
  Transaction* const tx = open();
  if (tx == nullptr) return Next::failed;
  FtpTx& its = tx->part<FtpTx>();
  const std::size_t end = ascii::find(line, ' ');
  its.command = tx->arena.copy(line.first(end));
  its.argument = tx->arena.copy(line.subspan(std::min(end + 1, line.size())));
  out_.advance(*tx, Direction::to_server, progress::command);
  out_.flush_raw(Direction::to_server);
  if (is_cut) event(*tx, Event::request_command_too_long);
  if (ascii::equal(its.command, "retr")) transfer(*tx, note::retrieve);
  else if (ascii::equal(its.command, "stor")) transfer(*tx, note::store);
  else if (ascii::equal(its.command, "port") || ascii::equal(its.command, "eprt")) agree(*tx, its.argument);
  return Next::again;
}

void Run::agree(Transaction& tx, Bytes argument) noexcept {
  FtpTx& its = tx.part<FtpTx>();
  if (ascii::equal(its.command, "eprt")) {
    its.dynamic_port = read_extended_port(argument);
  } else {
    its.is_port = read_host_port(argument, its.port_address, its.dynamic_port);
  }
  its.is_active = true;
  state_.is_active = true;
  state_.port = its.dynamic_port;
}

void Run::transfer(Transaction& tx, std::uint8_t note) noexcept {
  FtpTx& its = tx.part<FtpTx>();
  if (state_.port == 0) {
    event(tx, Event::file_before_port);
    return;
  }
  if (its.argument.empty()) {
    event(tx, Event::file_without_name);
    return;
  }
  its.is_active = state_.is_active;
  out_.announce(AppProtocol::ftp_data, state_.port, note, its.argument);
  state_.port = 0;
}

// The oldest command that has no final reply. A reply that nobody asked for (the greeting) is one of its own.
Transaction* Run::waiting() noexcept {
  for (Transaction* tx = out_.oldest(); tx != nullptr; tx = tx->next) {
    if (tx->id >= state_.next_reply) return tx;
  }
  return open();
}

Run::Next Run::reply(Bytes line, bool is_cut) noexcept {
  Transaction* const tx = waiting();
  if (tx == nullptr) return Next::failed;
  state_.next_reply = tx->id;
  FtpTx& its = tx->part<FtpTx>();
  if (is_cut) event(*tx, Event::response_command_too_long);
  its.has_reply = true;
  const bool has_code = line.size() >= 3 && std::all_of(line.begin(), line.begin() + 3, ascii::is_digit);
  const bool is_inside = state_.long_reply[0] != 0;
  const bool is_ours = has_code && (!is_inside || std::equal(line.begin(), line.begin() + 3, state_.long_reply.begin()));
  const bool goes_on = line.size() > 3 && line[3] == '-';
  if (its.reply_count < FtpTx::kRepliesMax) {
    Reply& one = its.replies[its.reply_count++];
    if (is_ours) one.code = tx->arena.copy(line.first(3));
    one.text = tx->arena.copy(is_ours ? line.subspan(std::min<std::size_t>(4, line.size())) : line);
  }
  if (!is_ours) return is_inside ? Next::again : complete(*tx, line);
  if (goes_on) {
    std::copy_n(line.begin(), 3, state_.long_reply.begin());
    return Next::again;
  }
  state_.long_reply = {};
  // 1yz: another reply follows.
  if (line[0] == '1') return Next::again;
  return complete(*tx, line);
}

Run::Next Run::complete(Transaction& tx, Bytes line) noexcept {
  FtpTx& its = tx.part<FtpTx>();
  if (ascii::equal(its.command, "pasv") && as_chars(line).starts_with("227")) {
    std::size_t at = 3;
    while (at < line.size() && !ascii::is_digit(line[at])) ++at;
    std::uint32_t address = 0;
    if (!read_host_port(line.subspan(at), address, its.dynamic_port)) its.dynamic_port = 0;
  } else if (ascii::equal(its.command, "epsv") && as_chars(line).starts_with("229")) {
    its.dynamic_port = read_extended_port(line.subspan(std::min(ascii::find(line, '(') + 1, line.size())));
  }
  if (its.dynamic_port != 0 && !its.is_active) {
    state_.port = its.dynamic_port;
    state_.is_active = false;
  }
  const bool is_tls = ascii::equal(its.command, "auth") && ascii::begins_with(its.argument, "tls") && as_chars(line).starts_with("234");
  out_.advance(tx, Direction::to_server, progress::complete);
  out_.advance(tx, Direction::to_client, progress::complete);
  state_.next_reply = tx.id + 1;
  if (!is_tls) return Next::again;
  out_.change_protocol(AppProtocol::tls);
  return Next::handed_on;
}

void Run::finish() noexcept {
  if (direction_ == Direction::to_server) return;
  for (Transaction* tx = out_.oldest(); tx != nullptr; tx = tx->next) {
    out_.advance(*tx, Direction::to_server, progress::complete);
    out_.advance(*tx, Direction::to_client, progress::complete);
  }
}

}  // namespace hd::protocol::ftp
