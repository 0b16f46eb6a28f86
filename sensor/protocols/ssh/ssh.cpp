// SPDX-License-Identifier: Apache-2.0
#include <new>

#include "sensor/protocols/ssh/buffers.hpp"
#include "sensor/protocols/ssh/parser.hpp"

namespace hd::protocol::ssh {
namespace {

constexpr RecognitionPattern kPatterns[] = {{.direction = Direction::to_server, .bytes = "SSH-"},
                                            {.direction = Direction::to_client, .bytes = "SSH-"}};

void begin(void* memory, const ParserSettings& settings) noexcept {
  State& state = *new (memory) State;
  state.wants_hassh = settings.ssh_hassh;
}
Progress take(void* state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  return Run(*static_cast<State*>(state), direction, bytes, out).take();
}
/// Where the next packet begins is not known any more.
bool gap(void*, Direction, std::uint64_t, ParserOut&) noexcept { return false; }

constexpr std::string_view kProgress[] = {"in_progress", "banner_wait_eol", "banner_done", "key_exchange", "finished"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "ssh",
    .id = AppProtocol::ssh,
    .transports = transport::tcp,
    .patterns = kPatterns,
    .state_size = sizeof(State),
    .begin = begin,
    .take = take,
    .gap = gap,
    .complete = {progress::finished, progress::finished},
    .progress_names = {kProgress, kProgress},
    .buffers = kBufferRows,
    .events = kEventRows,
    .record_key = "ssh",
    .record = record,
};

}  // namespace hd::protocol::ssh
