// SPDX-License-Identifier: Apache-2.0
// DCE/RPC over TCP and UDP. A call and its answer are one transaction.
#include <algorithm>
#include <new>

#include "sensor/app/parser_out.hpp"
#include "sensor/protocols/dcerpc/pdu.hpp"

namespace hd::protocol::dcerpc {
namespace {

constexpr std::uint8_t kLastFragment = 2;

struct State {
  Bindings bindings = {};
};

Transaction* find_call(ParserOut& out, std::uint32_t id, Direction direction) noexcept {
  for (Transaction* tx = out.newest(); tx != nullptr; tx = tx->previous) {
    if (tx->part<Call>().id == id && tx->progress[index_of(direction)] == 0) return tx;
  }
  return nullptr;
}

Transaction* open_call(ParserOut& out, const Header& header) noexcept {
  Transaction* tx = out.open_transaction<Call>();
  if (tx == nullptr) return nullptr;
  tx->part<Call>().id = header.call;
  tx->part<Call>().is_little = header.is_little;
  return tx;
}

void add_stub(Transaction& tx, Direction direction, Bytes stub, ParserOut& out) noexcept {
  Growing& kept = tx.part<Call>().stubs[index_of(direction)];
  const Bytes room = stub.first(std::min<std::size_t>(stub.size(), kStubMax - std::min<std::size_t>(kStubMax, kept.size)));
  if (!kept.append(room, tx.arena)) out.count_memory_limit();
}

void take_piece(State& state, Direction direction, const Header& header, Bytes body, ParserOut& out) noexcept {
  Piece piece;
  if (!read_piece(body, header, piece)) return;
  const bool is_request = header.kind == Kind::request;
  Transaction* tx = find_call(out, header.call, direction);
  if (tx == nullptr) tx = open_call(out, header);
  if (tx == nullptr) return;
  Call& call = tx->part<Call>();
  (is_request ? call.has_request : call.has_response) = true;
  if (is_request) call.operation = piece.operation;
  if (const Interface* its = state.bindings.find(piece.context); its != nullptr) {
    call.interface = *its;
    call.has_interface = true;
  }
  add_stub(*tx, direction, piece.stub, out);
  if ((header.flags & kLastFragment) == 0) return;
  out.advance(*tx, direction, 1);
  if (!is_request) out.advance(*tx, Direction::to_server, 1);
  out.flush_raw(direction);
}

void take_message(State& state, Direction direction, const Header& header, Bytes body, ParserOut& out) noexcept {
  switch (header.kind) {
    case Kind::request:
    case Kind::response: take_piece(state, direction, header, body, out); return;
    case Kind::bind:
    case Kind::alter:
      state.bindings.ask(body, header);
      if (Transaction* tx = open_call(out, header); tx != nullptr) out.advance(*tx, direction, 1);
      return;
    case Kind::bind_ack:
    case Kind::alter_answer: state.bindings.answer(body, header.is_little); [[fallthrough]];
    case Kind::bind_nak:
    case Kind::fault:
      if (Transaction* tx = find_call(out, header.call, direction); tx != nullptr) {
        out.advance(*tx, Direction::to_server, 1);
        out.advance(*tx, direction, 1);
      }
      return;
    default: return;
  }
}

Progress take_tcp(State& state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  std::size_t at = 0;
  while (bytes.size() - at >= kHeader) {
    const Bytes rest = bytes.subspan(at);
    Header header;
    if (!read_header(rest, header)) return {.used = at, .status = Progress::Status::failed};
    if (rest.size() < header.length) return {.used = at, .needed = header.length};
    take_message(state, direction, header, rest.subspan(kHeader, header.length - kHeader), out);
    at += header.length;
  }
  return {.used = at, .needed = kHeader};
}

/// C706 12.5.2.
bool looks_like_datagram(Bytes bytes) noexcept {
  if (bytes.size() < kDatagramHeader || bytes[0] != 4 || bytes[1] > 10 || (bytes[4] & 0xee) != 0 || bytes[5] > 3) return false;
  const bool is_little = (bytes[4] & 0x10) != 0;
  return (is_little ? load_le16(bytes.data() + 74) : load_be16(bytes.data() + 74)) == bytes.size() - kDatagramHeader;
}

void take_datagram(Direction direction, Bytes bytes, ParserOut& out) noexcept {
  if (!looks_like_datagram(bytes) || bytes[1] > 2) return;
  const bool is_little = (bytes[4] & 0x10) != 0;
  const auto u16 = [&](std::size_t at) { return is_little ? load_le16(bytes.data() + at) : load_be16(bytes.data() + at); };
  const bool is_request = bytes[1] == 0;
  const Header header{.kind = is_request ? Kind::request : Kind::response, .is_little = is_little,
                      .call = is_little ? load_le32(bytes.data() + 64) : load_be32(bytes.data() + 64)};
  Transaction* tx = find_call(out, header.call, direction);
  if (tx == nullptr) tx = open_call(out, header);
  if (tx == nullptr) return;
  Call& call = tx->part<Call>();
  (is_request ? call.has_request : call.has_response) = true;
  call.operation = u16(68);
  call.interface = {.uuid = read_uuid(bytes.subspan(24, 16), is_little), .version = u16(is_little ? 60 : 62), .is_answered = true,
                    .is_accepted = true, .is_first_fragment = true};
  call.has_interface = true;
  add_stub(*tx, direction, bytes.subspan(kDatagramHeader), out);
  // Flags of the first kind: 2 last fragment, 4 one of several.
  if ((bytes[2] & 4) != 0 && (bytes[2] & 2) == 0) return;
  out.advance(*tx, direction, 1);
  if (!is_request) out.advance(*tx, Direction::to_server, 1);
}

void begin(void* memory, const ParserSettings&) noexcept { new (memory) State; }
Progress take(void* state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  if (!out.is_udp) return take_tcp(*static_cast<State*>(state), direction, bytes, out);
  take_datagram(direction, bytes, out);
  return {.used = bytes.size()};
}
/// Where the next message begins is not known any more.
bool gap(void*, Direction, std::uint64_t, ParserOut&) noexcept { return false; }
void finish(void*, Direction direction, ParserOut& out) noexcept {
  for (Transaction* tx = out.oldest(); tx != nullptr; tx = tx->next) out.advance(*tx, direction, 1);
}

Recognition probe(Bytes bytes, Direction direction, bool is_udp) noexcept {
  if (is_udp) {
    if (!looks_like_datagram(bytes)) return Recognition::no;
    return (bytes[1] != 2) == (direction == Direction::to_server) ? Recognition::yes : Recognition::yes_other_side;
  }
  constexpr std::size_t kLook = 10;
  if (bytes[0] != 5 || (bytes.size() > 1 && bytes[1] > 1) || (bytes.size() > 2 && bytes[2] > 19)) return Recognition::no;
  if (bytes.size() < kLook) return Recognition::unsure;
  const bool is_little = (bytes[4] & 0x10) != 0;
  const std::uint16_t length = is_little ? load_le16(bytes.data() + 8) : load_be16(bytes.data() + 8);
  if ((bytes[4] & 0xee) != 0 || bytes[5] > 3 || length < kHeader) return Recognition::no;
  const bool is_client = is_of_client(static_cast<Kind>(bytes[2]));
  return is_client == (direction == Direction::to_server) ? Recognition::yes : Recognition::yes_other_side;
}

bool get_stub(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  out.bytes = tx.part<Call>().stubs[index_of(at.direction)].bytes();
  return !out.bytes.empty();
}

constexpr std::string_view kStubNames[] = {"dce_stub_data"};
constexpr BufferSpec kBufferRows[] = {
    {.name = "dcerpc.stub_data", .aliases = kStubNames, .progress = {1, 1}, .summary = "arguments of the call, results of the answer",
     .get = get_stub},
};

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const Call& call = tx.part<Call>();
  sink.text("request", call.has_request ? std::string_view("REQUEST") : std::string_view("UNKNOWN"));
  sink.text("response", call.has_response ? std::string_view("RESPONSE") : std::string_view("UNREPLIED"));
  if (call.has_request) {
    sink.begin_object("req");
    sink.number("opnum", call.operation);
    sink.number("stub_data_size", call.stubs[0].size);
    sink.end_object();
  }
  if (call.has_response) {
    sink.begin_object("res");
    sink.number("stub_data_size", call.stubs[1].size);
    sink.end_object();
  }
  sink.number("call_id", call.id);
}

constexpr std::string_view kRequestProgress[] = {"request_started", "request_complete"};
constexpr std::string_view kResponseProgress[] = {"response_started", "response_complete"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "dcerpc",
    .id = AppProtocol::dcerpc,
    .transports = transport::tcp | transport::udp,
    .probe = probe,
    .probes_any_port = true,
    .state_size = sizeof(State),
    .begin = begin,
    .take = take,
    .gap = gap,
    .finish = finish,
    .complete = {1, 1},
    .progress_names = {kRequestProgress, kResponseProgress},
    .buffers = kBufferRows,
    .record_key = "dcerpc",
    .record = record,
};

}  // namespace hd::protocol::dcerpc
