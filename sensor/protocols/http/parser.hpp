// SPDX-License-Identifier: Apache-2.0
// HTTP/1.x: two line readers, one for each direction, that meet in transactions. As tolerant as servers and browsers are,
// since what they accept is what an attacker may send (RFC 9112; oddities in http.md).
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/parser_out.hpp"
#include "sensor/app/protocol.hpp"
#include "sensor/files/inflater.hpp"
#include "sensor/protocols/http/tx.hpp"

namespace hd::protocol::http {

enum class Step : std::uint8_t {
  idle,          ///< between messages
  line,          ///< request line, status line
  old_or_not,    ///< a request line without protocol: HTTP/0.9, unless headers follow
  headers,
  trailer,
  body_known,    ///< so many bytes
  body_rest,     ///< until the connection ends
  chunk_length,
  chunk,
  chunk_end,
  after,         ///< message complete but for what may lie behind it
  wait,          ///< CONNECT: until the response is there
  ignore,        ///< nothing more is looked at
};

/// One direction.
struct Side {
  Step step = Step::idle;
  Transaction* tx = nullptr;     ///< whose message is being read
  std::size_t scanned = 0;       ///< bytes shown before that hold no line end
  std::uint64_t left = 0;        ///< of the body or chunk
  std::uint64_t bomb_in = 0, bomb_out = 0;
  std::array<Inflater, 4> layers = {};  ///< [0] undoes the outermost coding
  std::uint8_t layer_count = 0;
  bool ended_lf_cr = false;      ///< the last header line ended so
};

struct State {
  explicit State(const ParserSettings& given) noexcept : settings(given) {}
  ParserSettings settings;
  std::array<Side, 2> sides = {};
  std::uint64_t next_response = 0;  ///< id of the transaction whose response comes next
  std::uint64_t warnings = 0;
};

/// Limits of one message; http.md says where each comes from.
inline constexpr std::size_t kFieldWarn = 9'000;     ///< event ..._field_too_long
inline constexpr std::size_t kFieldMax = 18'000;     ///< given up
inline constexpr std::size_t kRawHeadersMax = 65'536 * 4;
inline constexpr std::uint64_t kBombBytes = std::uint64_t{1} << 20;  ///< decoded bytes of one body
inline constexpr std::uint64_t kBombRatio = 200;     ///< after 64 KiB
inline constexpr std::uint64_t kBombFrom = 65'536;

/// One call of take(): bytes of a direction and a place in them.
class Run {
 public:
  Run(State& state, Direction direction, Bytes bytes, ParserOut& out) noexcept
      : state_(state), side_(state.sides[index_of(direction)]), direction_(direction), bytes_(bytes), out_(out) {}

  [[nodiscard]] Progress take() noexcept;
  void finish() noexcept;
  [[nodiscard]] bool gap(std::uint64_t length) noexcept;

 private:
  enum class Next : std::uint8_t { again, more, failed, handed_on, done };

  // parser.cpp
  Next step() noexcept;
  [[nodiscard]] bool is_request() const noexcept { return direction_ == Direction::to_server; }
  [[nodiscard]] Bytes rest() const noexcept { return bytes_.subspan(at_); }
  void use(std::size_t count) noexcept { at_ += count; side_.scanned = 0; }
  [[nodiscard]] HttpTx& tx() noexcept { return side_.tx->part<HttpTx>(); }
  [[nodiscard]] Message& message() noexcept { return tx().message(direction_); }
  void event(Event which) noexcept { out_.event(*side_.tx, static_cast<unsigned>(which)); }
  void event(Event of_request, Event of_response) noexcept { event(is_request() ? of_request : of_response); }
  void advance(std::uint8_t to) noexcept { out_.advance(*side_.tx, direction_, to); }
  [[nodiscard]] Transaction* open() noexcept;
  [[nodiscard]] Bytes keep(Bytes bytes) noexcept;
  /// Length of the line at the front with its end; 0: not there yet. A lone CR ends a status line.
  [[nodiscard]] std::size_t line_length(bool cr_ends) noexcept;
  [[nodiscard]] bool is_too_long(std::size_t length) noexcept;
  void complete() noexcept;

  // headers.cpp
  Next headers() noexcept;
  [[nodiscard]] std::size_t header_line_length() noexcept;
  [[nodiscard]] bool ends_headers(Bytes line, std::size_t length) noexcept;
  void header_line(Bytes line) noexcept;
  void end_folding() noexcept;
  void field(Bytes line) noexcept;
  void add_field(Bytes name, Bytes value) noexcept;
  void repeat(Field& old, Bytes value) noexcept;
  Next headers_end() noexcept;

  // request.cpp
  Next request_line() noexcept;
  void parse_request_line(Bytes line) noexcept;
  void read_target() noexcept;
  Next old_or_not() noexcept;
  Next request_headers_end() noexcept;
  void find_host() noexcept;
  void check_authorization() noexcept;
  void prepare_upload() noexcept;
  Next after_request() noexcept;

  // response.cpp
  Next response_idle() noexcept;
  Next response_line() noexcept;
  void parse_response_line(Bytes line) noexcept;
  Next response_headers_end() noexcept;
  Next response_body() noexcept;
  Next after_response() noexcept;
  void prepare_codings() noexcept;
  void name_response_file() noexcept;
  Next upgraded() noexcept;
  Transaction* waiting_for_response() noexcept;

  // body.cpp
  Next body_known() noexcept;
  Next body_rest() noexcept;
  Next chunk_length() noexcept;
  Next chunk() noexcept;
  Next chunk_end() noexcept;
  void body(Bytes bytes) noexcept;
  void decode(std::size_t layer, Bytes bytes) noexcept;
  void deliver(Bytes bytes) noexcept;
  void walk_parts() noexcept;
  void end_body() noexcept;
  [[nodiscard]] WindowRule window_rule() const noexcept;
  void add_layers(const Field& encoding) noexcept;
  void add_layer(Coding coding) noexcept;

  State& state_;
  Side& side_;
  Direction direction_;
  Bytes bytes_;
  ParserOut& out_;
  std::size_t at_ = 0;
};

/// Kinds of bytes, as HTTP readers take them.
[[nodiscard]] constexpr bool is_lws(std::uint8_t c) noexcept { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr bool is_space(std::uint8_t c) noexcept { return c == ' ' || (c >= 9 && c <= 13); }
[[nodiscard]] constexpr bool is_folding(std::uint8_t c) noexcept { return is_lws(c) || c == 0; }
[[nodiscard]] bool is_token(std::uint8_t c) noexcept;
[[nodiscard]] Bytes without_line_end(Bytes line) noexcept;
[[nodiscard]] Bytes trimmed(Bytes text) noexcept;
[[nodiscard]] bool equal_caseless(Bytes a, Bytes b) noexcept;
[[nodiscard]] constexpr std::uint8_t to_small(std::uint8_t c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
}

/// Digits behind anything that is no digit; -1 none or too large. `is_plain`: nothing else stood there.
[[nodiscard]] std::int64_t content_length(Bytes value, bool& is_plain) noexcept;
[[nodiscard]] Version version_of(Bytes protocol) noexcept;
[[nodiscard]] Method method_of(Bytes text) noexcept;
/// Whether a line that should be a status line is rather a body without one.
[[nodiscard]] bool is_body_line(Bytes line) noexcept;
/// Length of a chunk: -1 none, -2 an empty line.
[[nodiscard]] std::int64_t chunk_length_of(Bytes line, bool& has_extension) noexcept;

/// Pieces of a request's target (RFC 3986 3, leniently).
struct UriParts {
  Bytes scheme = {}, user = {}, host = {}, port = {}, path = {}, query = {}, fragment = {};
  bool has_query = false, has_fragment = false;
};
[[nodiscard]] UriParts split_uri(Bytes uri) noexcept;
/// host[:port] of CONNECT and Host.
struct HostPort {
  Bytes host = {};
  std::int32_t port = -1;
  bool is_port_invalid = false;
  bool is_host_valid = false;
};
[[nodiscard]] HostPort split_host(Bytes text) noexcept;
/// Fills tx.uri and tx.path from uri_raw. False: no memory.
struct Normalised {
  Bytes uri = {}, path = {};
  bool is_double_encoded = false;
};
[[nodiscard]] Normalised normalise(const UriParts& parts, bool double_path, bool double_query, Arena& arena) noexcept;

}  // namespace hd::protocol::http
