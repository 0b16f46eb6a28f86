// SPDX-License-Identifier: Apache-2.0
// Which protocol a flow speaks, by the first bytes of each direction: patterns first, then probing functions, those
// that the ports hint at before those that look on every port.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sensor/app/app_flow.hpp"
#include "sensor/app/protocol.hpp"

namespace hd {

/// What is to be done with a protocol: parse it, only name it, or not look for it.
enum class ParseMode : std::uint8_t { parse, detect, off };

/// Settings `protocols.NAME.enabled` and `.ports`; [0] over TCP, [1] over UDP.
struct ProtocolChoice {
  std::array<ParseMode, 2> mode = {ParseMode::parse, ParseMode::parse};
  std::array<bool, 2> has_ports = {};                     ///< `ports` replaces the protocol's own list
  std::array<std::vector<std::uint16_t>, 2> ports = {};
};
using ProtocolChoices = std::array<ProtocolChoice, kAppProtocols>;

/// Server and client port of a flow, and its transport.
struct RecognitionHint {
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  bool is_udp = false;
  bool try_other_side = false;  ///< flows taken up in the middle: bytes of the server may come first
};

struct Recognized {
  AppProtocol protocol = AppProtocol::unknown;
  bool is_reversed = false;  ///< the bytes are those of the other side
};

/// Immutable tables, made once at start. Cost of a call: a look at each pattern that begins with the first byte, the few
/// that may begin later, and at most one call of each probing function.
class Recognizer {
 public:
  Recognizer(std::span<const ProtocolSpec* const> specs, const ProtocolChoices& choices);

  /// Looks at the first bytes of a direction, grown from the start at each call. Notes in `app.flags` and
  /// `app.probes_failed` what need not be asked again. `unknown`: more bytes are needed, or (with both app_flag::patterns_done
  /// and probes_done) nothing was found.
  [[nodiscard]] Recognized recognise(AppFlow& app, Direction direction, Bytes bytes, const RecognitionHint& hint) const noexcept;

  /// The protocol's table when it is to be parsed over this transport; nullptr when it is only to be named.
  [[nodiscard]] const ProtocolSpec* parser_of(AppProtocol protocol, bool is_udp) const noexcept {
    return parsers_[is_udp ? 1 : 0][static_cast<std::size_t>(protocol)];
  }

 private:
  struct Pattern {
    const RecognitionPattern* row = nullptr;
    const ProtocolSpec* spec = nullptr;
  };
  /// Patterns of one transport and direction.
  struct Table {
    std::vector<Pattern> at_start;                 ///< fixed at offset 0, sorted by first byte in small letters
    std::array<std::uint16_t, 257> begin = {};     ///< of each first byte in at_start
    std::vector<Pattern> elsewhere;
    std::size_t depth = 0;                         ///< bytes after which no pattern can match any more
  };
  struct Probe {
    const ProtocolSpec* spec = nullptr;
    std::vector<std::uint16_t> ports;
    bool any_port = false;
  };

  [[nodiscard]] AppProtocol match(const Table& table, Bytes bytes) const noexcept;
  [[nodiscard]] Recognized probe(AppFlow& app, Direction direction, Bytes bytes, const RecognitionHint& hint) const noexcept;
  void add_patterns(const ProtocolSpec& spec, unsigned transport_index);
  void add_probe(const ProtocolSpec& spec, const ProtocolChoice& choice, unsigned transport_index);

  std::array<std::array<Table, 2>, 2> tables_;     ///< [transport][direction]
  std::array<std::vector<Probe>, 2> probes_;       ///< [transport]; at most 64
  std::array<std::array<const ProtocolSpec*, kAppProtocols>, 2> parsers_ = {};
};

}  // namespace hd
