// SPDX-License-Identifier: Apache-2.0
// What a protocol is to the engine: a table of rows and three functions (docs/architecture.md 11.2).
// A protocol is one folder sensor/protocols/NAME that defines `const ProtocolSpec hd::protocol::NAME::table`,
// and one line in protocols.def.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "sensor/app/protocol_id.hpp"
#include "sensor/app/record_sink.hpp"
#include "sensor/app/transaction.hpp"
#include "sensor/base/bytes.hpp"
#include "sensor/packet/view.hpp"

namespace hd {

class ParserOut;

/// A set of directions of a flow.
enum class Directions : std::uint8_t { none = 0, to_server = 1, to_client = 2, both = 3 };
constexpr bool contains(Directions set, Direction one) noexcept {
  return (static_cast<unsigned>(set) >> index_of(one) & 1) != 0;
}

/// What a parser answers to bytes.
struct Progress {
  enum class Status : std::uint8_t {
    more,      ///< `used` bytes were taken; the rest is shown again together with what follows
    done,      ///< nothing more is to be parsed in this direction; bytes are skipped from now on
    failed,    ///< not this protocol, or broken beyond use: the flow's parser is given up
    handed_on, ///< the flow now speaks another protocol (ParserOut::change_protocol was called)
  };
  std::size_t used = 0;
  Status status = Status::more;
  std::size_t needed = 0;  ///< with Status::more: do not call again before so many bytes are there; 0: any
};

/// Bytes that a rule may look into.
struct Buffer {
  Bytes bytes = {};
  std::uint64_t offset = 0;  ///< of bytes[0] in a buffer that grows (bodies, files)
  bool is_final = true;      ///< false while a body may still grow
};

/// What a buffer's getter may use besides the transaction.
struct BufferRequest {
  Direction direction = Direction::to_server;
  unsigned instance = 0;     ///< of a buffer with several instances, from 0
  bool is_flow_end = false;  ///< the flow ends: what is there is all there will be
  Arena* scratch = nullptr;  ///< lives until the packet's inspection is over
};

/// Sticky buffer. `get` answers false when there is no such buffer (or instance) at this time. It is called at most once
/// for each (packet, transaction, direction, instance): detection keeps the answer until the packet is done, so a
/// body's getter may move its inspection window.
struct BufferSpec {
  std::string_view name;
  std::span<const std::string_view> aliases = {};
  std::string_view modifier = {};            ///< old content-modifier spelling, e.g. "http_uri"
  Directions directions = Directions::both;  ///< directions in which it exists
  std::array<std::uint8_t, 2> progress = {}; ///< progress of that direction at which it is complete, or begins to grow (bodies)
  bool is_multi = false;                     ///< several instances; all contents of a rule must match in the same one
  bool is_growing = false;                   ///< body or file: inspected again while it grows
  bool is_lowercase = false;                 ///< the getter gives small letters: contents must be so too (http.host)
  std::string_view summary = {};
  bool (*get)(Transaction& tx, const BufferRequest& request, Buffer& out) noexcept = nullptr;
};

/// Integer or enumerated field that a rule may compare.
struct FieldName {
  std::string_view name;
  std::uint64_t value = 0;
};
struct FieldSpec {
  std::string_view name;
  std::span<const std::string_view> aliases = {};
  std::uint8_t width = 64;  ///< bits
  Directions directions = Directions::both;
  std::array<std::uint8_t, 2> progress = {};
  std::span<const FieldName> names = {};
  bool is_multi = false;
  std::string_view summary = {};
  bool (*get)(const Transaction& tx, Direction direction, unsigned instance, std::uint64_t& out) noexcept = nullptr;
};

/// app-layer-event:<protocol>.<name>. The row's index is the event's number.
struct EventSpec {
  std::string_view name;
  std::string_view summary = {};
};

/// Recognition by content. A pattern match in the first bytes of a direction names the protocol.
struct RecognitionPattern {
  Direction direction = Direction::to_server;
  std::string_view bytes = {};
  std::uint16_t offset = 0;  ///< first position looked at
  std::uint16_t depth = 0;   ///< last position + 1 of the match's end; 0: exactly at `offset`
  bool is_caseless = false;
};
enum class Recognition : std::uint8_t {
  no,              ///< not this protocol, whatever follows
  unsure,          ///< more bytes are needed
  yes,
  yes_other_side,  ///< this protocol, but what the other side sends: client and server are to be exchanged
};

namespace transport {
inline constexpr std::uint8_t tcp = 1, udp = 2;
}

struct ProtocolSpec {
  std::string_view name;
  AppProtocol id = AppProtocol::unknown;
  std::uint8_t transports = 0;
  std::span<const RecognitionPattern> patterns = {};
  /// Looks at the first bytes of a direction (grown from the start each time). May be null.
  Recognition (*probe)(Bytes bytes, Direction direction, bool is_udp) noexcept = nullptr;
  std::span<const std::uint16_t> tcp_ports = {};  ///< server ports at which the probe is asked first (settings override)
  std::span<const std::uint16_t> udp_ports = {};
  bool probes_any_port = false;                   ///< the probe is strong enough to be asked on every port
  Directions first_data = Directions::none;       ///< directions that may speak first; none: either. Else the flow is given up

  std::uint16_t state_size = 0;                   ///< bytes of the parser's state, zero-filled at the start
  void (*begin)(void* state, const struct ParserSettings& settings) noexcept = nullptr;
  /// Bytes in order, any cut. Must give the same transactions for every way of cutting. UDP: one datagram.
  Progress (*take)(void* state, Direction direction, Bytes bytes, ParserOut& out) noexcept = nullptr;
  /// `length` bytes were lost here. Answers false to give the flow up.
  bool (*gap)(void* state, Direction direction, std::uint64_t length, ParserOut& out) noexcept = nullptr;
  /// The direction ends (FIN, timeout, end of capture). May be null.
  void (*finish)(void* state, Direction direction, ParserOut& out) noexcept = nullptr;
  void (*end)(void* state) noexcept = nullptr;    ///< gives back what the state holds; may be null

  std::array<std::uint8_t, 2> complete = {};      ///< progress at which a direction of a transaction is complete
  std::array<std::span<const std::string_view>, 2> progress_names = {};
  std::span<const BufferSpec> buffers = {};
  std::span<const FieldSpec> fields = {};
  std::span<const EventSpec> events = {};
  /// The EVE object of a transaction ("http": {...}); `record_key` is its name.
  std::string_view record_key = {};
  void (*record)(const Transaction& tx, RecordSink& sink) noexcept = nullptr;
};

/// Values of haidang.yaml and of replay settings that parsers go by.
struct ParserSettings {
  std::uint32_t http_request_body_limit = 102400;   ///< 0: no limit
  std::uint32_t http_response_body_limit = 102400;
  std::uint32_t http_request_inspect_min = 32768;
  std::uint32_t http_request_inspect_window = 4096;
  std::uint32_t http_response_inspect_min = 40960;
  std::uint32_t http_response_inspect_window = 16384;
  std::uint8_t http_decompress_layers = 2;
  bool http_double_decode_path = false;
  bool http_double_decode_query = false;
  bool tls_ja3 = true;
  bool tls_ja4 = true;
  bool ssh_hassh = true;
  std::uint32_t ftp_transactions_max = 1024;
  std::uint32_t dnp3_objects_max = 2048;
};

}  // namespace hd
