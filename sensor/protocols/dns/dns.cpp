// SPDX-License-Identifier: Apache-2.0
// DNS over UDP and TCP. Each message is a transaction of its own, seen in its direction only (detection.md 20.16).
#include <algorithm>
#include <new>

#include "sensor/app/parser_out.hpp"
#include "sensor/protocols/dns/buffers.hpp"
#include "sensor/protocols/dns/message.hpp"

namespace hd::protocol::dns {
namespace {

struct State {
  std::array<bool, 2> is_lost = {};  ///< TCP: behind a gap, where messages begin is not known
};

bool is_response(std::uint16_t flags) noexcept { return (flags & 0x8000) != 0; }

/// Events go to the newest transaction: a message that cannot be read has none of its own.
void event(ParserOut& out, Event which) noexcept {
  if (Transaction* tx = out.newest(); tx != nullptr) out.event(*tx, static_cast<unsigned>(which));
}

bool keep(const Parsed& parsed, Bytes message, Transaction& tx) noexcept {
  DnsTx& its = tx.part<DnsTx>();
  its.id = parsed.id;
  its.flags = parsed.flags;
  its.message = tx.arena.copy(message);
  std::uint8_t* place = tx.arena.allocate(parsed.record_count * sizeof(Record));
  if (place == nullptr || its.message.size() != message.size()) return parsed.record_count == 0;
  Record* records = new (place) Record[parsed.record_count];
  std::copy_n(parsed.records.begin(), parsed.record_count, records);
  for (std::size_t i = 0; i < 4; ++i) {
    its.sections[i] = {records + parsed.begin[i], static_cast<std::size_t>(parsed.begin[i + 1] - parsed.begin[i])};
  }
  return true;
}

/// False: not DNS, or broken.
bool take_message(Bytes message, Direction direction, ParserOut& out) noexcept {
  Parsed parsed;
  parse(message, parsed);
  if (!parsed.has_header) return false;
  if (!parsed.is_read) {
    event(out, Event::malformed_data);
    return false;
  }
  const bool belongs = is_response(parsed.flags) == (direction == Direction::to_client);
  if (!belongs) {
    event(out, direction == Direction::to_server ? Event::not_request : Event::not_response);
    event(out, direction == Direction::to_server ? Event::not_a_request : Event::not_a_response);
    return false;
  }
  Transaction* tx = out.open_transaction<DnsTx>();
  if (tx == nullptr) return false;
  tx->part<DnsTx>().direction = direction;
  tx->is_skipped[index_of(opposite(direction))] = true;
  if (!keep(parsed, message, *tx)) out.count_memory_limit();
  if ((parsed.flags & 0x0040) != 0) parsed.set(Event::z_flag_set);
  if (tx->part<DnsTx>().opcode() >= 7) parsed.set(Event::invalid_opcode);
  for (unsigned i = 0; i < static_cast<unsigned>(Event::count_); ++i) {
    if ((parsed.events >> i & 1) != 0) out.event(*tx, i);
  }
  out.advance(*tx, direction, 1);
  return true;
}

bool looks_right(Bytes message, std::size_t length, bool& is_answer) noexcept {
  if (!fits(message, length)) return false;
  is_answer = is_response(load_be16(message.data() + 2));
  if (message.size() < length) return true;
  Parsed parsed;
  parse(message.first(length), parsed);
  return parsed.is_read;
}

Recognition probe(Bytes bytes, Direction direction, bool is_udp) noexcept {
  bool is_answer = false;
  if (!is_udp && bytes.size() < 2 + kHeader) return Recognition::unsure;
  const std::size_t length = is_udp ? bytes.size() : load_be16(bytes.data());
  if (length < kHeader || !looks_right(is_udp ? bytes : bytes.subspan(2), length, is_answer)) return Recognition::no;
  return is_answer == (direction == Direction::to_client) ? Recognition::yes : Recognition::yes_other_side;
}

Progress take_tcp(State& state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  std::size_t at = 0;
  while (bytes.size() - at >= 2) {
    const Bytes rest = bytes.subspan(at);
    const std::size_t length = load_be16(rest.data());
    if (state.is_lost[index_of(direction)]) {
      if (probe(rest, direction, false) == Recognition::no) return {.used = bytes.size()};
      state.is_lost[index_of(direction)] = false;
    }
    if (rest.size() < 2 + length) return {.used = at, .needed = 2 + length};
    if (length > 0 && !take_message(rest.subspan(2, length), direction, out)) {
      return {.used = at + 2 + length, .status = Progress::Status::failed};
    }
    at += 2 + length;
  }
  return {.used = at, .needed = 2};
}

void begin(void* state, const ParserSettings&) noexcept { new (state) State; }

Progress take(void* state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  if (!out.is_udp) return take_tcp(*static_cast<State*>(state), direction, bytes, out);
  static_cast<void>(take_message(bytes, direction, out));
  return {.used = bytes.size()};
}

bool gap(void* state, Direction direction, std::uint64_t, ParserOut&) noexcept {
  static_cast<State*>(state)->is_lost[index_of(direction)] = true;
  return true;
}

constexpr std::uint16_t kPorts[] = {53};
constexpr std::string_view kRequestProgress[] = {"request_started", "request_complete"};
constexpr std::string_view kResponseProgress[] = {"response_started", "response_complete"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "dns",
    .id = AppProtocol::dns,
    .transports = transport::tcp | transport::udp,
    .probe = probe,
    .tcp_ports = kPorts,
    .udp_ports = kPorts,
    .state_size = sizeof(State),
    .begin = begin,
    .take = take,
    .gap = gap,
    .complete = {1, 1},
    .progress_names = {kRequestProgress, kResponseProgress},
    .buffers = kBufferRows,
    .fields = kFieldRows,
    .events = kEventRows,
    .record_key = "dns",
    .record = record,
};

}  // namespace hd::protocol::dns
