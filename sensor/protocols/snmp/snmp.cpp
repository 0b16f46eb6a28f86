// SPDX-License-Identifier: Apache-2.0
// SNMP over UDP. Each message is a transaction of its own, seen in its direction only.
#include <new>

#include "sensor/app/parser_out.hpp"
#include "sensor/protocols/snmp/message.hpp"

namespace hd::protocol::snmp {
namespace {

struct State {
  std::uint8_t version = 0;  ///< of the flow's first message
};

void event(ParserOut& out, Event which) noexcept {
  if (Transaction* tx = out.newest(); tx != nullptr) out.event(*tx, static_cast<unsigned>(which));
}

void begin(void* memory, const ParserSettings&) noexcept { new (memory) State; }

Progress take(void* memory, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  State& state = *static_cast<State*>(memory);
  Message seen;
  if (!read(bytes, seen)) {
    event(out, Event::malformed_data);
    return {.used = bytes.size()};
  }
  Transaction* tx = out.open_transaction<Message>();
  if (tx == nullptr) return {.used = bytes.size()};
  Message& its = tx->part<Message>();
  if (!read(tx->arena.copy(bytes), its)) out.count_memory_limit();
  its.direction = direction;
  tx->is_skipped[index_of(opposite(direction))] = true;
  if (state.version == 0) state.version = seen.version;
  if (state.version != seen.version) event(out, Event::version_mismatch);
  if (seen.version == 3 && seen.security_model != 3) event(out, Event::unknown_security_model);
  out.advance(*tx, direction, 1);
  return {.used = bytes.size()};
}

bool gap(void*, Direction, std::uint64_t, ParserOut&) noexcept { return true; }

// Who asks is not told by a message (traps go to the server as well): ports decide.
Recognition probe(Bytes bytes, Direction, bool) noexcept {
  Message message;
  return read(bytes, message) ? Recognition::yes : Recognition::no;
}

template <Bytes Message::* Member>
bool get(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const Message& its = tx.part<Message>();
  out.bytes = its.*Member;
  return its.direction == at.direction && !out.bytes.empty();
}

bool version(const Transaction& tx, Direction direction, unsigned instance, std::uint64_t& out) noexcept {
  out = tx.part<Message>().version;
  return instance == 0 && tx.part<Message>().direction == direction && out != 0;
}
bool pdu_type(const Transaction& tx, Direction direction, unsigned instance, std::uint64_t& out) noexcept {
  out = tx.part<Message>().kind;
  return instance == 0 && tx.part<Message>().direction == direction && tx.part<Message>().has_kind;
}
bool trap_type(const Transaction& tx, Direction direction, unsigned instance, std::uint64_t& out) noexcept {
  out = tx.part<Message>().trap;
  return instance == 0 && tx.part<Message>().direction == direction && tx.part<Message>().has_trap;
}

constexpr std::array<std::uint8_t, 2> kDone = {1, 1};
constexpr BufferSpec kBufferRows[] = {
    {.name = "snmp.community", .progress = kDone, .summary = "community of versions 1 and 2c", .get = get<&Message::community>},
    {.name = "snmp.usm", .progress = kDone, .summary = "user name of version 3", .get = get<&Message::user>},
};
constexpr FieldName kKinds[] = {{"get_request", 0}, {"get_next_request", 1}, {"response", 2}, {"set_request", 3}, {"trap_v1", 4},
                                {"get_bulk_request", 5}, {"inform_request", 6}, {"trap_v2", 7}, {"report", 8}};
constexpr FieldName kTraps[] = {{"cold_start", 0}, {"warm_start", 1}, {"link_down", 2}, {"link_up", 3},
                                {"authentication_failure", 4}, {"egp_neighbor_loss", 5}, {"enterprise_specific", 6}};
constexpr FieldSpec kFieldRows[] = {
    {.name = "snmp.version", .width = 32, .progress = kDone, .summary = "version: 1, 2, 3", .get = version},
    {.name = "snmp.pdu_type", .width = 32, .progress = kDone, .names = kKinds, .summary = "kind of the message", .get = pdu_type},
    {.name = "snmp.trap_type", .width = 8, .progress = kDone, .names = kTraps, .summary = "generic trap of version 1", .get = trap_type},
};
constexpr EventSpec kEventRows[] = {
#define HD_SNMP_EVENT(name, summary) {#name, summary},
#include "sensor/protocols/snmp/events.def"
#undef HD_SNMP_EVENT
};

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const Message& its = tx.part<Message>();
  sink.number("version", its.version);
  if (its.has_kind && its.kind < std::size(kKinds)) sink.text("pdu_type", kKinds[its.kind].name);
  if (its.has_trap && its.trap < std::size(kTraps)) sink.text("trap_type", kTraps[its.trap].name);
  if (!its.community.empty()) sink.text("community", its.community);
  if (!its.user.empty()) sink.text("usm", its.user);
}

constexpr std::uint16_t kPorts[] = {161, 162};
constexpr std::string_view kRequestProgress[] = {"request_started", "request_complete"};
constexpr std::string_view kResponseProgress[] = {"response_started", "response_complete"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "snmp",
    .id = AppProtocol::snmp,
    .transports = transport::udp,
    .probe = probe,
    .udp_ports = kPorts,
    .state_size = sizeof(State),
    .begin = begin,
    .take = take,
    .gap = gap,
    .complete = {1, 1},
    .progress_names = {kRequestProgress, kResponseProgress},
    .buffers = kBufferRows,
    .fields = kFieldRows,
    .events = kEventRows,
    .record_key = "snmp",
    .record = record,
};

}  // namespace hd::protocol::snmp
