// SPDX-License-Identifier: Apache-2.0
#include <new>

#include "sensor/protocols/ftp/buffers.hpp"
#include "sensor/protocols/ftp/parser.hpp"

namespace hd::protocol::ftp {
namespace {

constexpr RecognitionPattern kPatterns[] = {
    {.direction = Direction::to_server, .bytes = "USER ", .is_caseless = true},
    {.direction = Direction::to_server, .bytes = "PASS ", .is_caseless = true},
    {.direction = Direction::to_server, .bytes = "PORT ", .is_caseless = true},
    {.direction = Direction::to_server, .bytes = "FEAT", .is_caseless = true},
    {.direction = Direction::to_server, .bytes = "AUTH SSL", .is_caseless = true},
    {.direction = Direction::to_server, .bytes = "AUTH TLS", .is_caseless = true},
    {.direction = Direction::to_client, .bytes = "220 ("},
};

void begin(void* memory, const ParserSettings& settings) noexcept {
  State& state = *new (memory) State;
  state.transactions_max = settings.ftp_transactions_max;
}
Progress take(void* state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  return Run(*static_cast<State*>(state), direction, bytes, out).take();
}
/// Which reply answers which command is not known any more.
bool gap(void*, Direction, std::uint64_t, ParserOut&) noexcept { return false; }
void finish(void* state, Direction direction, ParserOut& out) noexcept {
  Run(*static_cast<State*>(state), direction, {}, out).finish();
}

constexpr std::string_view kProgress[] = {"started", "command", "complete"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "ftp",
    .id = AppProtocol::ftp,
    .transports = transport::tcp,
    .patterns = kPatterns,
    .state_size = sizeof(State),
    .begin = begin,
    .take = take,
    .gap = gap,
    .finish = finish,
    .complete = {progress::complete, progress::complete},
    .progress_names = {kProgress, kProgress},
    .buffers = kBufferRows,
    .fields = kFieldRows,
    .events = kEventRows,
    .record_key = "ftp",
    .record = record,
};

}  // namespace hd::protocol::ftp
