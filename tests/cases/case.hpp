// SPDX-License-Identifier: Apache-2.0
// A case: what is sent, which rules look, what must come of it (docs/architecture.md 14). Plain values, made by read_case().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sensor/base/result.hpp"
#include "sensor/base/time.hpp"
#include "sensor/packet/view.hpp"
#include "tests/support/packet_builder.hpp"

namespace hd::cases {

using test::Packet;

struct Endpoint {
  std::string address = {};
  std::uint16_t port = 0;
};

enum class Transport : std::uint8_t { tcp, udp };

struct Conversation {
  Transport transport = Transport::tcp;
  Endpoint client = {}, server = {};
  bool has_handshake = true;
  std::string label = {};  ///< empty: none
};

enum class StepKind : std::uint8_t {
  bytes,   ///< a line of the conversation
  fin,
  rst,
  gap,     ///< `amount` bytes that nobody sees
  wait,    ///< `amount` nanoseconds
  packet,  ///< `bytes` is a whole Ethernet frame
};

struct Step {
  StepKind kind = StepKind::bytes;
  std::size_t conversation = 0;  ///< index; no meaning for wait and packet
  Direction direction = Direction::to_server;
  bool is_both_sides = false;    ///< fin: the other side answers with its own
  Packet bytes = {};
  std::uint64_t amount = 0;
};

/// How often a sid must alert.
struct ExpectedSid {
  std::uint32_t sid = 0;
  std::uint32_t count = 1;        ///< 0: none at all
  bool is_any_count = false;      ///< once or more, and not the same in all shapes
  std::optional<Direction> direction = {};
  std::optional<std::uint64_t> tx = {};
  std::optional<std::uint32_t> packet = {};  ///< compared only as written
  std::uint32_t line = 0;
};
struct ExpectedEve {
  std::uint32_t sid = 0;
  std::string path = {};   ///< "http.url", "dns.answers.0.rdata"
  std::string value = {};  ///< JSON text
  std::uint32_t line = 0;
};
struct ExpectedCounter {
  std::string name = {};
  std::uint64_t value = 0;
  std::uint32_t line = 0;
};
struct ExpectedRefusal {
  std::string text = {};
  std::uint32_t line = 0;
};

/// Which of the shapes a case holds in.
enum class ShapeSet : std::uint8_t {
  all,
  packets,     ///< those that leave the packets of a conversation as they are
  as_written,
};
struct ShapeChoice {
  ShapeSet set = ShapeSet::all;
  std::vector<std::string> except = {};  ///< names of shapes or of their families
  bool has_one_way = false;              ///< holds without the other side
};

struct Case {
  std::string path = {};
  std::string title = {}, why = {};
  std::vector<std::pair<std::string, std::string>> settings = {};   ///< dotted name, value as YAML
  std::vector<std::pair<std::string, std::string>> variables = {};
  std::vector<std::pair<std::string, std::string>> files = {};      ///< name, text
  std::string rules = {};  ///< with as many empty lines before that line numbers are those of the case
  std::vector<Conversation> conversations = {};
  std::vector<Step> steps = {};
  ShapeChoice shapes = {};
  std::vector<ExpectedSid> sids = {};
  std::vector<ExpectedEve> eves = {};
  std::vector<ExpectedCounter> counters = {};
  std::vector<ExpectedRefusal> refusals = {};
};

/// Reads the text of a case; `path` stands in messages, and `file NAME` in payloads is looked for beside it.
/// Errors have the line as their place; their code says no more than that a file cannot be read.
[[nodiscard]] Result<Case> read_case(std::string_view text, const std::string& path);

/// The first sid of the rules that are made for `event` lines.
inline constexpr std::uint32_t kEventSid = 4'200'000'001;

/// A word or a quoted string of a line.
struct Token {
  std::string text = {};  ///< of strings: unescaped bytes
  bool is_string = false;
};
/// Words, strings, and `separator` (0: none) as a word of its own. Errors: a word on what is wrong.
[[nodiscard]] Result<std::vector<Token>> tokens_of(std::string_view line, char separator = 0);

/// Payload: strings, `hex 00 ff`, `repeat 3000 "A"`, `file NAME`, one after another. `folder`: where files lie.
[[nodiscard]] Result<Packet> payload_of(const std::vector<Token>& tokens, std::size_t begin, const std::string& folder);

/// A frame: `hex …`, or layers with slashes between them: eth, vlan N, ip, ip6, tcp, udp, icmp, icmp6, each with name=value.
[[nodiscard]] Result<Packet> frame_of(std::string_view words, const std::string& folder);

/// The text of a case with every frame of a capture, for a person to finish. Errors: E5001, E5003; at most 2,000 packets.
[[nodiscard]] Result<std::string> case_from_capture(const std::string& path);

}  // namespace hd::cases
