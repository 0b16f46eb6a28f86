// SPDX-License-Identifier: Apache-2.0
#include <new>

#include "sensor/app/protocol.hpp"
#include "sensor/protocols/tls/buffers.hpp"
#include "sensor/protocols/tls/parser.hpp"

namespace hd::protocol::tls {
namespace {

using namespace std::string_view_literals;

constexpr auto kServer = Direction::to_server;
constexpr auto kClient = Direction::to_client;
constexpr RecognitionPattern kPatterns[] = {
    {.direction = kServer, .bytes = "\x01\x00\x02"sv, .offset = 2}, {.direction = kServer, .bytes = "\x01\x03\x00"sv, .offset = 2},
    {.direction = kServer, .bytes = "\x01\x03\x01"sv, .offset = 2}, {.direction = kServer, .bytes = "\x01\x03\x02"sv, .offset = 2},
    {.direction = kServer, .bytes = "\x01\x03\x03"sv, .offset = 2}, {.direction = kServer, .bytes = "\x16\x03\x00"sv},
    {.direction = kServer, .bytes = "\x16\x03\x01"sv},              {.direction = kServer, .bytes = "\x16\x03\x02"sv},
    {.direction = kServer, .bytes = "\x16\x03\x03"sv},              {.direction = kClient, .bytes = "\x15\x03\x00"sv},
    {.direction = kClient, .bytes = "\x15\x03\x01"sv},              {.direction = kClient, .bytes = "\x15\x03\x02"sv},
    {.direction = kClient, .bytes = "\x15\x03\x03"sv},              {.direction = kClient, .bytes = "\x16\x03\x00"sv},
    {.direction = kClient, .bytes = "\x16\x03\x01"sv},              {.direction = kClient, .bytes = "\x16\x03\x02"sv},
    {.direction = kClient, .bytes = "\x16\x03\x03"sv},              {.direction = kClient, .bytes = "\x17\x03\x00"sv},
    {.direction = kClient, .bytes = "\x17\x03\x01"sv},              {.direction = kClient, .bytes = "\x17\x03\x02"sv},
    {.direction = kClient, .bytes = "\x17\x03\x03"sv},
};
constexpr std::uint16_t kPorts[] = {443};

/// Only the SSL 2.0 ClientHello, whose two bytes of length are no pattern.
Recognition probe(Bytes bytes, Direction direction, bool) noexcept {
  if (direction != kServer) return Recognition::no;
  if (bytes.size() < 3) return Recognition::unsure;
  return (bytes[0] & 0x80) != 0 && bytes[2] == 1 ? Recognition::yes : Recognition::no;
}

void begin(void* memory, const ParserSettings& settings) noexcept {
  State& state = *new (memory) State;
  state.wants_ja3 = settings.tls_ja3;
  state.wants_ja4 = settings.tls_ja4;
}
Progress take(void* state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  return Run(*static_cast<State*>(state), direction, bytes, out).take();
}
/// Where the next record begins is not known any more.
bool gap(void*, Direction, std::uint64_t, ParserOut&) noexcept { return false; }

constexpr std::string_view kClientProgress[] = {"client_in_progress", "client_hello_done", "client_cert_done",
                                                "client_handshake_done", "client_finished"};
constexpr std::string_view kServerProgress[] = {"server_in_progress", "server_hello", "server_cert_done",
                                                "server_hello_done", "server_handshake_done", "server_finished"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "tls",
    .id = AppProtocol::tls,
    .transports = transport::tcp,
    .patterns = kPatterns,
    .probe = probe,
    .tcp_ports = kPorts,
    .first_data = Directions::to_server,
    .state_size = sizeof(State),
    .begin = begin,
    .take = take,
    .gap = gap,
    .complete = {client_progress::finished, server_progress::finished},
    .progress_names = {kClientProgress, kServerProgress},
    .buffers = kBufferRows,
    .fields = kFieldRows,
    .events = kEventRows,
    .record_key = "tls",
    .record = record,
};

}  // namespace hd::protocol::tls
