// SPDX-License-Identifier: Apache-2.0
#include <new>

#include "sensor/app/protocol.hpp"
#include "sensor/protocols/http/buffers.hpp"
#include "sensor/protocols/http/parser.hpp"

namespace hd::protocol::http {
namespace {

constexpr RecognitionPattern request(std::string_view bytes) noexcept {
  return {.direction = Direction::to_server, .bytes = bytes, .is_caseless = true};
}
constexpr RecognitionPattern response(std::string_view bytes) noexcept {
  return {.direction = Direction::to_client, .bytes = bytes, .is_caseless = true};
}

constexpr RecognitionPattern kPatterns[] = {
#define HD_METHOD(name) request(name " "), request(name "\t")
    HD_METHOD("GET"), HD_METHOD("PUT"), HD_METHOD("POST"), HD_METHOD("HEAD"), HD_METHOD("TRACE"), HD_METHOD("OPTIONS"),
    HD_METHOD("CONNECT"), HD_METHOD("DELETE"), HD_METHOD("PATCH"), HD_METHOD("PROPFIND"), HD_METHOD("PROPPATCH"),
    HD_METHOD("MKCOL"), HD_METHOD("COPY"), HD_METHOD("MOVE"), HD_METHOD("LOCK"), HD_METHOD("UNLOCK"),
    HD_METHOD("CHECKOUT"), HD_METHOD("UNCHECKOUT"), HD_METHOD("CHECKIN"), HD_METHOD("UPDATE"), HD_METHOD("LABEL"),
    HD_METHOD("REPORT"), HD_METHOD("MKWORKSPACE"), HD_METHOD("MKACTIVITY"), HD_METHOD("MERGE"), HD_METHOD("INVALID"),
    HD_METHOD("VERSION-CONTROL"), HD_METHOD("BASELINE-CONTROL"),
#undef HD_METHOD
    response("HTTP/0.9"), response("HTTP/1.0"), response("HTTP/1.1"),
};

constexpr std::string_view kRequestProgress[] = {"request_started", "request_line", "request_headers", "request_body",
                                                 "request_trailer", "request_complete"};
constexpr std::string_view kResponseProgress[] = {"response_started", "response_line", "response_headers", "response_body",
                                                  "response_trailer", "response_complete"};

State& state_of(void* state) noexcept { return *static_cast<State*>(state); }

void begin(void* state, const ParserSettings& settings) noexcept { new (state) State(settings); }
void end(void* state) noexcept { state_of(state).~State(); }

Progress take(void* state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  return Run(state_of(state), direction, bytes, out).take();
}
bool gap(void* state, Direction direction, std::uint64_t length, ParserOut& out) noexcept {
  return Run(state_of(state), direction, {}, out).gap(length);
}
void finish(void* state, Direction direction, ParserOut& out) noexcept {
  Run(state_of(state), direction, {}, out).finish();
}

static_assert(sizeof(State) <= 4096);

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "http",
    .id = AppProtocol::http,
    .transports = transport::tcp,
    .patterns = kPatterns,
    .first_data = Directions::to_server,
    .state_size = sizeof(State),
    .begin = begin,
    .take = take,
    .gap = gap,
    .finish = finish,
    .end = end,
    .complete = {progress::complete, progress::complete},
    .progress_names = {kRequestProgress, kResponseProgress},
    .buffers = kBufferRows,
    .events = kEventRows,
    .record_key = "http",
    .record = record,
};

}  // namespace hd::protocol::http
