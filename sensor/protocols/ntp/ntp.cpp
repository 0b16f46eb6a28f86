// SPDX-License-Identifier: Apache-2.0
// NTP versions 3 and 4 (RFC 1305, RFC 5905). Each packet is a transaction of its own, seen in its direction only.
#include <new>

#include "sensor/app/parser_out.hpp"

namespace hd::protocol::ntp {
namespace {

constexpr std::size_t kHeader = 48;
constexpr std::uint8_t kClientMode = 3, kServerMode = 4;

enum Event : unsigned { malformed_data, not_request, not_response };

struct NtpTx {
  Direction direction = Direction::to_server;
  std::uint8_t version = 0, mode = 0, stratum = 0;
  Bytes reference = {};  ///< 4 bytes
};

std::uint8_t version_of(Bytes bytes) noexcept { return bytes[0] >> 3 & 7; }
std::uint8_t mode_of(Bytes bytes) noexcept { return bytes[0] & 7; }
bool is_ntp(Bytes bytes) noexcept { return bytes.size() >= kHeader && (version_of(bytes) == 3 || version_of(bytes) == 4) && mode_of(bytes) != 0; }

Progress take(void*, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  const Progress all{.used = bytes.size()};
  if (!is_ntp(bytes)) {
    if (Transaction* newest = out.newest(); newest != nullptr) out.event(*newest, malformed_data);
    return all;
  }
  Transaction* tx = out.open_transaction<NtpTx>();
  if (tx == nullptr) return all;
  NtpTx& its = tx->part<NtpTx>();
  its.direction = direction;
  its.version = version_of(bytes);
  its.mode = mode_of(bytes);
  its.stratum = bytes[1];
  its.reference = tx->arena.copy(bytes.subspan(12, 4));
  tx->is_skipped[index_of(opposite(direction))] = true;
  if (direction == Direction::to_server && its.mode == kServerMode) out.event(*tx, not_request);
  if (direction == Direction::to_client && its.mode == kClientMode) out.event(*tx, not_response);
  out.advance(*tx, direction, 1);
  return all;
}

bool gap(void*, Direction, std::uint64_t, ParserOut&) noexcept { return true; }

Recognition probe(Bytes bytes, Direction direction, bool) noexcept {
  if (!is_ntp(bytes)) return Recognition::no;
  const std::uint8_t mode = mode_of(bytes);
  if (mode != kClientMode && mode != kServerMode) return Recognition::yes;
  return (mode == kClientMode) == (direction == Direction::to_server) ? Recognition::yes : Recognition::yes_other_side;
}

template <std::uint8_t NtpTx::* Member>
bool get(const Transaction& tx, Direction direction, unsigned instance, std::uint64_t& out) noexcept {
  out = tx.part<NtpTx>().*Member;
  return instance == 0 && tx.part<NtpTx>().direction == direction;
}
bool get_reference(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  out.bytes = tx.part<NtpTx>().reference;
  return tx.part<NtpTx>().direction == at.direction && !out.bytes.empty();
}

constexpr std::array<std::uint8_t, 2> kDone = {1, 1};
constexpr BufferSpec kBufferRows[] = {
    {.name = "ntp.reference_id", .progress = kDone, .summary = "the 4 bytes of the reference identifier", .get = get_reference},
};
constexpr FieldName kModes[] = {{"reserved", 0}, {"symmetric_active", 1}, {"symmetric_passive", 2}, {"client", 3},
                                {"server", 4},   {"broadcast", 5},        {"control", 6},           {"private", 7}};
constexpr FieldSpec kFieldRows[] = {
    {.name = "ntp.version", .width = 8, .progress = kDone, .summary = "version: 3, 4", .get = get<&NtpTx::version>},
    {.name = "ntp.mode", .width = 8, .progress = kDone, .names = kModes, .summary = "mode of the packet", .get = get<&NtpTx::mode>},
    {.name = "ntp.stratum", .width = 8, .progress = kDone, .summary = "distance to the reference clock", .get = get<&NtpTx::stratum>},
};
constexpr EventSpec kEventRows[] = {{"malformed_data", "a packet that cannot be read"},
                                    {"not_request", "a server's packet to the server"},
                                    {"not_response", "a client's packet to the client"}};

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const NtpTx& its = tx.part<NtpTx>();
  sink.number("version", its.version);
  sink.number("mode", its.mode);
  sink.number("stratum", its.stratum);
  sink.hex("reference_id", its.reference);
}

constexpr std::uint16_t kPorts[] = {123};
constexpr std::string_view kRequestProgress[] = {"request_started", "request_complete"};
constexpr std::string_view kResponseProgress[] = {"response_started", "response_complete"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "ntp",
    .id = AppProtocol::ntp,
    .transports = transport::udp,
    .probe = probe,
    .udp_ports = kPorts,
    .take = take,
    .gap = gap,
    .complete = {1, 1},
    .progress_names = {kRequestProgress, kResponseProgress},
    .buffers = kBufferRows,
    .fields = kFieldRows,
    .events = kEventRows,
    .record_key = "ntp",
    .record = record,
};

}  // namespace hd::protocol::ntp
