// SPDX-License-Identifier: Apache-2.0
// DHCP for IPv4 (RFC 2131, RFC 2132). Each message is a transaction of its own, seen in its direction only.
#include "sensor/app/parser_out.hpp"

namespace hd::protocol::dhcp {
namespace {

constexpr std::size_t kFixed = 240;             ///< up to and with the cookie
constexpr std::uint32_t kCookie = 0x63825363;
constexpr std::uint8_t kPad = 0, kHostName = 12, kLeaseTime = 51, kType = 53, kRenewal = 58, kRebinding = 59, kEnd = 255;

enum Event : unsigned { truncated_options, malformed_options };

struct DhcpTx {
  Direction direction = Direction::to_server;
  bool is_reply = false;
  std::uint32_t id = 0;
  std::uint8_t type = 0;        ///< option 53; 0 none
  Bytes hardware = {};
  Bytes host_name = {};
  std::uint64_t lease = kNone, renewal = kNone, rebinding = kNone;  ///< seconds
  std::uint8_t events = 0;      ///< bits of Event
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
};

bool is_dhcp(Bytes bytes) noexcept {
  return bytes.size() > kFixed && (bytes[0] == 1 || bytes[0] == 2) && bytes[1] == 1 && bytes[2] == 6 && load_be32(bytes.data() + 236) == kCookie;
}

std::uint64_t seconds(Bytes value, DhcpTx& tx) noexcept {
  if (value.size() == 4) return load_be32(value.data());
  tx.events |= 1u << malformed_options;
  return DhcpTx::kNone;
}

void read_options(Bytes options, DhcpTx& tx) noexcept {
  Cursor at(options);
  while (!at.at_end()) {
    const std::uint8_t code = at.u8();
    if (code == kEnd) return;
    if (code == kPad) continue;
    const Bytes value = at.bytes(at.u8());
    if (at.short_read()) break;
    switch (code) {
      case kHostName: tx.host_name = value; break;
      case kLeaseTime: tx.lease = seconds(value, tx); break;
      case kRenewal: tx.renewal = seconds(value, tx); break;
      case kRebinding: tx.rebinding = seconds(value, tx); break;
      case kType: tx.type = value.empty() ? std::uint8_t{0} : value[0]; break;
      default: break;
    }
  }
  tx.events |= 1u << truncated_options;  // no end
}

Progress take(void*, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  const Progress all{.used = bytes.size()};
  if (!is_dhcp(bytes)) return all;
  Transaction* tx = out.open_transaction<DhcpTx>();
  if (tx == nullptr) return all;
  const Bytes kept = tx->arena.copy(bytes);
  DhcpTx& its = tx->part<DhcpTx>();
  its.direction = direction;
  its.is_reply = bytes[0] == 2;
  its.id = load_be32(bytes.data() + 4);
  tx->is_skipped[index_of(opposite(direction))] = true;
  if (kept.size() == bytes.size()) {
    its.hardware = kept.subspan(28, 6);
    read_options(kept.subspan(kFixed), its);
  } else {
    out.count_memory_limit();
  }
  for (unsigned i = 0; i < 2; ++i) {
    if ((its.events >> i & 1) != 0) out.event(*tx, i);
  }
  out.advance(*tx, direction, 1);
  return all;
}

bool gap(void*, Direction, std::uint64_t, ParserOut&) noexcept { return true; }
Recognition probe(Bytes bytes, Direction, bool) noexcept { return is_dhcp(bytes) ? Recognition::yes : Recognition::no; }

template <std::uint64_t DhcpTx::* Member>
bool get(const Transaction& tx, Direction direction, unsigned instance, std::uint64_t& out) noexcept {
  out = tx.part<DhcpTx>().*Member;
  return instance == 0 && tx.part<DhcpTx>().direction == direction && out != DhcpTx::kNone;
}

constexpr std::array<std::uint8_t, 2> kDone = {1, 1};
constexpr FieldSpec kFieldRows[] = {
    {.name = "dhcp.leasetime", .progress = kDone, .summary = "seconds of the lease", .get = get<&DhcpTx::lease>},
    {.name = "dhcp.rebinding_time", .progress = kDone, .summary = "seconds until rebinding", .get = get<&DhcpTx::rebinding>},
    {.name = "dhcp.renewal_time", .progress = kDone, .summary = "seconds until renewal", .get = get<&DhcpTx::renewal>},
};
constexpr EventSpec kEventRows[] = {{"truncated_options", "options without an end"},
                                    {"malformed_options", "an option of a wrong length"}};

void record(const Transaction& tx, RecordSink& sink) noexcept {
  constexpr std::string_view kTypes[] = {"", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform"};
  const DhcpTx& its = tx.part<DhcpTx>();
  sink.text("type", its.is_reply ? std::string_view("reply") : std::string_view("request"));
  sink.number("id", its.id);
  sink.hex("client_mac", its.hardware);
  if (its.type > 0 && its.type < std::size(kTypes)) sink.text("dhcp_type", kTypes[its.type]);
  if (!its.host_name.empty()) sink.text("hostname", its.host_name);
  if (its.lease != DhcpTx::kNone) sink.number("lease_time", its.lease);
  if (its.renewal != DhcpTx::kNone) sink.number("renewal_time", its.renewal);
  if (its.rebinding != DhcpTx::kNone) sink.number("rebinding_time", its.rebinding);
}

constexpr std::uint16_t kPorts[] = {67, 68};
constexpr std::string_view kRequestProgress[] = {"request_started", "request_complete"};
constexpr std::string_view kResponseProgress[] = {"response_started", "response_complete"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "dhcp",
    .id = AppProtocol::dhcp,
    .transports = transport::udp,
    .probe = probe,
    .udp_ports = kPorts,
    .take = take,
    .gap = gap,
    .complete = {1, 1},
    .progress_names = {kRequestProgress, kResponseProgress},
    .fields = kFieldRows,
    .events = kEventRows,
    .record_key = "dhcp",
    .record = record,
};

}  // namespace hd::protocol::dhcp
