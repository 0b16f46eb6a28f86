// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/tls/parser.hpp"

#include <algorithm>

namespace hd::protocol::tls {
namespace {

enum Type : std::uint8_t { change_cipher_spec = 20, alert = 21, handshake_type = 22, application = 23, heartbeat = 24 };
enum Message : std::uint8_t { client_hello_type = 1, server_hello_type = 2, new_ticket = 4, certificate_type = 11,
                              server_keyx = 12, server_done = 14, client_keyx = 16 };

bool is_version(std::uint16_t version) noexcept { return (version >> 8) == 3 && (version & 0xff) <= 4; }

}  // namespace

Progress Run::take() noexcept {
  tx_ = out_.newest();
  if (tx_ == nullptr && !state_.has_transaction) {
    tx_ = out_.open_transaction<TlsTx>();
    if (tx_ != nullptr) {
      tx().wants_ja3 = state_.wants_ja3;
      tx().wants_ja4 = state_.wants_ja4;
      state_.has_transaction = true;
    }
  }
  if (tx_ == nullptr || state_.is_over) return {.used = bytes_.size(), .status = Progress::Status::done};
  for (unsigned records = 0;; ++records) {
    if (at_ == bytes_.size()) return {.used = at_, .status = Progress::Status::more};
    if (records == kRecordsMax) {
      event(Event::too_many_records_in_packet);
      return {.used = bytes_.size(), .status = Progress::Status::done};
    }
    if (side_.left == 0) {
      const Next next = record_head();
      if (next == Next::failed) return {.used = at_, .status = Progress::Status::failed};
      if (next == Next::more) return {.used = at_, .status = Progress::Status::more};
      if (side_.left > 0) continue;
      record_body({}, true);
      continue;
    }
    const std::size_t count = std::min<std::size_t>(side_.left, bytes_.size() - at_);
    const Bytes body = bytes_.subspan(at_, count);
    at_ += count;
    side_.left -= static_cast<std::uint32_t>(count);
    record_body(body, side_.left == 0);
    if (has_failed_) return {.used = at_, .status = Progress::Status::failed};
    if (state_.is_over) return {.used = bytes_.size(), .status = Progress::Status::done};
  }
}

// RFC 8446 5.1. The SSL 2.0 form has two bytes of length with the highest bit set.
Run::Next Run::record_head() noexcept {
  const Bytes rest = bytes_.subspan(at_);
  if (!side_.has_records && (rest[0] & 0x80) != 0) {
    if (rest.size() < 3) return Next::more;
    if (rest[2] == client_hello_type || rest[2] == 4) return old_record();
  }
  if (rest.size() < 5) return Next::more;
  const std::uint16_t version = load_be16(rest.data() + 1);
  side_.type = rest[0];
  side_.left = side_.record_length = load_be16(rest.data() + 3);
  side_.small_count = 0;
  if (!is_version(version)) {
    event(side_.has_records ? Event::invalid_record_version : Event::invalid_tls_header);
    return Next::failed;
  }
  if (side_.type < change_cipher_spec || side_.type > heartbeat) {
    event(Event::invalid_record_type);
    return Next::failed;
  }
  if (side_.left > kRecordMax) {
    event(Event::invalid_record_length);
    return Next::failed;
  }
  side_.has_records = true;
  tx().record_version[index_of(direction_)] = version;
  at_ += 5;
  return Next::again;
}

Run::Next Run::old_record() noexcept {
  const Bytes rest = bytes_.subspan(at_);
  const std::size_t length = load_be16(rest.data()) & 0x7fffu;
  if (length < 9) {
    event(Event::invalid_sslv2_header);
    return Next::failed;
  }
  if (rest.size() < length + 2) return Next::more;
  const Bytes body = rest.subspan(2, length);
  at_ += length + 2;
  side_.has_records = true;
  if (body[0] == client_hello_type && is_client()) old_client_hello(body.subspan(1));
  else tx().version = tx().version == 0 ? std::uint16_t{2} : tx().version;
  return Next::again;
}

void Run::record_body(Bytes body, bool is_end) noexcept {
  switch (side_.type) {
    case handshake_type:
      if (!side_.is_encrypted) handshake(body);
      return;
    case application: {
      side_.is_encrypted = true;
      const bool is_whole = state_.sides[0].is_encrypted && state_.sides[1].is_encrypted;
      advance(is_client() ? client_progress::finished : server_progress::finished);
      if (!is_whole) return;
      out_.advance(*tx_, Direction::to_server, client_progress::finished);
      out_.advance(*tx_, Direction::to_client, server_progress::finished);
      out_.stop_payload_inspection();
      state_.is_over = true;
      return;
    }
    default: break;
  }
  for (const std::uint8_t byte : body) {
    if (side_.small_count == sizeof side_.small) break;
    side_.small[side_.small_count++] = byte;
  }
  if (is_end) small_record();
}

// ChangeCipherSpec, alerts and heartbeats: their first bytes say all.
void Run::small_record() noexcept {
  switch (side_.type) {
    case change_cipher_spec:
      // TLS 1.3 sends it for old middle boxes only; what follows is encrypted as well (RFC 8446 D.4).
      side_.is_encrypted = true;
      advance(is_client() ? client_progress::handshake_done : server_progress::handshake_done);
      return;
    case alert:
      if (side_.is_encrypted) return;
      if (side_.record_length < 2) event(Event::invalid_alert_message);
      else if (side_.small[0] == 2 || side_.small[0] == 0 || side_.small[0] > 2) event(Event::error_message_encountered);
      return;
    case heartbeat: break;
    default: return;
  }
  Side& other = state_.sides[index_of(opposite(direction_))];
  if (side_.is_encrypted) {  // RFC 6520: only lengths can be compared
    if (other.heartbeat != 0 && side_.record_length > other.heartbeat) event(Event::dataleak_heartbeat_mismatch);
    side_.heartbeat = side_.record_length;
    return;
  }
  event(Event::heartbeat_message);
  if (side_.record_length < 3) {
    event(Event::invalid_heartbeat_message);
    return;
  }
  const std::uint8_t kind = side_.small[0];
  const std::uint32_t wanted = load_be16(side_.small + 1);
  if (kind != 1 && kind != 2) event(Event::invalid_heartbeat_message);
  if (wanted == 0) event(Event::invalid_heartbeat_message);
  if (wanted + 3 > side_.record_length) {
    event(Event::overflow_heartbeat_message);
    event(Event::invalid_heartbeat_message);
  }
  if (kind == 2 && other.heartbeat != 0 && side_.record_length > other.heartbeat) event(Event::dataleak_heartbeat_mismatch);
  side_.heartbeat = side_.record_length;
}

void Run::handshake(Bytes body) noexcept {
  if (side_.message.size + body.size() > kMessageMax + 4 || !side_.message.append(body, tx_->arena)) {
    event(Event::limit_reached);
    side_.message.clear();
    side_.is_encrypted = true;  // where the next message begins is not known any more
    return;
  }
  messages();
}

void Run::messages() noexcept {
  Bytes rest = side_.message.bytes();
  while (rest.size() >= 4 && !side_.is_encrypted && !has_failed_) {
    const std::uint8_t type = rest[0];
    const std::size_t length = load_be24(rest.data() + 1);
    if (length > kMessageMax) {
      event(Event::handshake_invalid_length);
      side_.is_encrypted = true;
      break;
    }
    if (rest.size() < 4 + length) break;
    message(type, rest.subspan(4, length));
    rest = rest.subspan(4 + length);
  }
  const std::size_t used = side_.message.size - rest.size();
  if (used > 0 && !rest.empty()) std::memmove(side_.message.begin, side_.message.begin + used, rest.size());
  side_.message.size = static_cast<std::uint32_t>(rest.size());
}

void Run::message(std::uint8_t type, Bytes body) noexcept {
  TlsTx& its = tx();
  switch (type) {
    case client_hello_type:
      if (is_client()) client_hello(body);
      else event(Event::invalid_handshake_message);
      return;
    case server_hello_type:
      if (!is_client()) server_hello(body);
      else event(Event::invalid_handshake_message);
      return;
    case certificate_type: certificates(body); return;
    case server_keyx:
      its.states |= state_bit::server_keyx;
      return;
    case server_done:
      if (!is_client()) advance(server_progress::hello_done);
      return;
    case client_keyx:
      its.states |= state_bit::client_keyx;
      if (is_client()) advance(client_progress::cert_done);
      return;
    default: return;
  }
}

}  // namespace hd::protocol::tls
