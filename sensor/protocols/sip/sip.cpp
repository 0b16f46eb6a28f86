// SPDX-License-Identifier: Apache-2.0
// SIP over UDP and TCP. Each message is a transaction of its own, seen in its direction only.
#include <algorithm>
#include <new>

#include "sensor/app/parser_out.hpp"
#include "sensor/base/ascii.hpp"
#include "sensor/protocols/sip/buffers.hpp"
#include "sensor/protocols/sip/message.hpp"

namespace hd::protocol::sip {
namespace {

constexpr std::size_t kHeadMax = 32'768, kBodyMax = 65'536, kLineMax = 4'096;

struct State {
  std::array<std::size_t, 2> left = {};  ///< of a body that is too long to be looked at
};

void event(ParserOut& out, Event which) noexcept {
  if (Transaction* tx = out.newest(); tx != nullptr) out.event(*tx, static_cast<unsigned>(which));
}

/// False: no SIP.
bool take_message(Bytes head, Bytes body, Direction direction, ParserOut& out) noexcept {
  Message read;
  if (!read_head(head, direction, read)) {
    event(out, Event::invalid_data);
    return false;
  }
  Transaction* tx = out.open_transaction<Message>();
  if (tx == nullptr) return true;
  Message& its = tx->part<Message>();
  tx->is_skipped[index_of(opposite(direction))] = true;
  const Bytes kept_head = tx->arena.copy(head), kept_body = tx->arena.copy(body);
  if (kept_head.size() != head.size() || kept_body.size() != body.size()) out.count_memory_limit();
  if (!kept_head.empty() && read_head(kept_head, direction, its)) read_body(kept_body, its, tx->arena);
  out.advance(*tx, direction, 1);
  out.flush_raw(direction);
  return true;
}

Progress take_tcp(State& state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  std::size_t at = 0;
  std::size_t& left = state.left[index_of(direction)];
  while (at < bytes.size()) {
    if (left > 0) {
      const std::size_t count = std::min(left, bytes.size() - at);
      left -= count;
      at += count;
      continue;
    }
    if (bytes[at] == '\r' || bytes[at] == '\n') {  // RFC 3261 7.5: empty lines between messages keep a connection alive
      ++at;
      continue;
    }
    const Bytes rest = bytes.subspan(at);
    const std::size_t head = head_length(rest);
    if (head == 0 || head > kHeadMax) {
      if (rest.size() <= kHeadMax) return {.used = at};
      event(out, Event::invalid_data);
      return {.used = at, .status = Progress::Status::failed};
    }
    Message message;
    if (!read_head(rest.first(head), direction, message)) {
      event(out, Event::invalid_data);
      return {.used = at, .status = Progress::Status::failed};
    }
    const std::size_t body = body_length(message);
    const std::size_t wanted = body > kBodyMax ? 0 : body;
    if (rest.size() < head + wanted) return {.used = at, .needed = head + wanted};
    static_cast<void>(take_message(rest.first(head), rest.subspan(head, wanted), direction, out));
    at += head + wanted;
    left = body - wanted;
  }
  return {.used = at};
}

void begin(void* memory, const ParserSettings&) noexcept { new (memory) State; }

Progress take(void* state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  if (!out.is_udp) return take_tcp(*static_cast<State*>(state), direction, bytes, out);
  const std::size_t length = head_length(bytes);
  const std::size_t head = length == 0 ? bytes.size() : length;
  if (bytes.size() > 4) static_cast<void>(take_message(bytes.first(head), bytes.subspan(head), direction, out));  // shorter ones keep a path alive
  return {.used = bytes.size()};
}
/// Where the next message begins is not known any more.
bool gap(void*, Direction, std::uint64_t, ParserOut&) noexcept { return false; }

/// Whether bytes that hold no whole line may be the begin of a message.
bool may_begin(Bytes bytes) noexcept {
  constexpr std::string_view kWords[] = {"REGISTER ", "INVITE ", "ACK ", "BYE ", "CANCEL ", "UPDATE ", "REFER ", "PRACK ", "SUBSCRIBE ",
                                         "NOTIFY ", "PUBLISH ", "MESSAGE ", "INFO ", "OPTIONS ", "SIP/2.0 "};
  return bytes.size() < kLineMax && std::any_of(std::begin(kWords), std::end(kWords), [bytes](std::string_view word) {
    return as_chars(bytes).substr(0, word.size()) == word.substr(0, bytes.size());
  });
}

Recognition probe(Bytes bytes, Direction direction, bool is_udp) noexcept {
  const std::size_t end = ascii::find(bytes, '\n');
  if (end == bytes.size()) return !is_udp && may_begin(bytes) ? Recognition::unsure : Recognition::no;
  const Bytes line = ascii::without_line_end(bytes.first(end + 1));
  const bool is_request = is_request_line(line), is_response = is_response_line(line);
  if (!is_request && !is_response) return Recognition::no;
  return is_request == (direction == Direction::to_server) ? Recognition::yes : Recognition::yes_other_side;
}

constexpr std::uint16_t kPorts[] = {5060};
constexpr std::string_view kRequestProgress[] = {"request_started", "request_complete"};
constexpr std::string_view kResponseProgress[] = {"response_started", "response_complete"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "sip",
    .id = AppProtocol::sip,
    .transports = transport::tcp | transport::udp,
    .probe = probe,
    .tcp_ports = kPorts,
    .udp_ports = kPorts,
    .probes_any_port = true,
    .state_size = sizeof(State),
    .begin = begin,
    .take = take,
    .gap = gap,
    .complete = {1, 1},
    .progress_names = {kRequestProgress, kResponseProgress},
    .buffers = kBufferRows,
    .events = kEventRows,
    .record_key = "sip",
    .record = record,
};

}  // namespace hd::protocol::sip
