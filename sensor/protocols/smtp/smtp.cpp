// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <new>

#include "sensor/base/ascii.hpp"
#include "sensor/protocols/smtp/buffers.hpp"
#include "sensor/protocols/smtp/parser.hpp"

namespace hd::protocol::smtp {
namespace {

constexpr RecognitionPattern kPatterns[] = {
    {.direction = Direction::to_server, .bytes = "EHLO", .is_caseless = true},
    {.direction = Direction::to_server, .bytes = "HELO", .is_caseless = true},
    {.direction = Direction::to_server, .bytes = "QUIT", .is_caseless = true},
};
constexpr std::uint16_t kPorts[] = {25, 465, 587};

/// A server's greeting: 220, and a host name with a dot.
Recognition probe(Bytes bytes, Direction direction, bool) noexcept {
  if (direction == Direction::to_server) return Recognition::no;
  const std::string_view text = as_chars(bytes);
  if (text.substr(0, 3) != std::string_view("220").substr(0, text.size())) return Recognition::no;
  if (bytes.size() > 3 && bytes[3] != ' ' && bytes[3] != '-') return Recognition::no;
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return bytes.size() > kLineBytesMax ? Recognition::no : Recognition::unsure;
  const std::string_view name = text.substr(4, text.find_first_of(" \r\n", 4) - 4);
  const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return ascii::is_digit(byte) || (ascii::small(byte) >= 'a' && ascii::small(byte) <= 'z') || c == '.' || c == '-' || c == '_';
  });
  return is_name ? Recognition::yes : Recognition::no;
}

void begin(void* memory, const ParserSettings&) noexcept { new (memory) State; }
Progress take(void* state, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  return Run(*static_cast<State*>(state), direction, bytes, out).take();
}
/// Which reply answers which command is not known any more.
bool gap(void*, Direction, std::uint64_t, ParserOut&) noexcept { return false; }
void finish(void* state, Direction direction, ParserOut& out) noexcept {
  Run(*static_cast<State*>(state), direction, {}, out).finish();
}

constexpr std::string_view kProgress[] = {"started", "sender", "envelope", "headers", "complete"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "smtp",
    .id = AppProtocol::smtp,
    .transports = transport::tcp,
    .patterns = kPatterns,
    .probe = probe,
    .tcp_ports = kPorts,
    .state_size = sizeof(State),
    .begin = begin,
    .take = take,
    .gap = gap,
    .finish = finish,
    .complete = {progress::complete, progress::complete},
    .progress_names = {kProgress, kProgress},
    .buffers = kBufferRows,
    .events = kEventRows,
    .record_key = "smtp",
    .record = record,
};

}  // namespace hd::protocol::smtp
