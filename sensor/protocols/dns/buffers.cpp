// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/dns/buffers.hpp"

#include "sensor/protocols/dns/message.hpp"

namespace hd::protocol::dns {
namespace {

bool give_name(const DnsTx& tx, std::size_t offset, const BufferRequest& at, Buffer& out) noexcept {
  if (at.scratch == nullptr) return false;
  Name name;
  read_name(tx.message, offset, name);
  if (!name.is_read) return false;
  if (name.size == 0) {
    out.bytes = tx.message.first(0);  // the root
    return true;
  }
  out.bytes = at.scratch->copy(name.bytes());
  return !out.bytes.empty();
}

bool give_record(Transaction& tx, Section section, const BufferRequest& at, Buffer& out) noexcept {
  const DnsTx& its = tx.part<DnsTx>();
  if (its.direction != at.direction || at.instance >= its.sections[section].size()) return false;
  return give_name(its, its.sections[section][at.instance].name, at, out);
}

bool get_query(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give_record(tx, queries, at, out); }
bool get_answer(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give_record(tx, answers, at, out); }
bool get_authority(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give_record(tx, authorities, at, out); }
bool get_additional(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give_record(tx, additionals, at, out); }

/// Offset of a host name in a record's data; 0: none.
std::size_t name_in_data(const Record& record) noexcept {
  switch (record.type) {
    case rr::cname:
    case rr::ptr:
    case rr::ns:
    case rr::soa: return record.data_length > 0 ? record.data : 0;
    case rr::mx: return record.data_length > 2 ? record.data + 2u : 0;
    case rr::srv: return record.data_length > 6 ? record.data + 6u : 0;
    default: return 0;
  }
}

// Names of all records of a response, and host names in their data, one after the other.
bool get_response_name(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const DnsTx& its = tx.part<DnsTx>();
  if (its.direction != at.direction) return false;
  unsigned index = at.instance;
  for (const std::span<const Record>& section : its.sections) {
    for (const Record& one : section) {
      if (index == 0) return give_name(its, one.name, at, out);
      --index;
      const std::size_t inside = name_in_data(one);
      if (inside == 0) continue;
      if (index == 0) return give_name(its, inside, at, out);
      --index;
    }
  }
  return false;
}

constexpr std::array<std::uint8_t, 2> kDone = {1, 1};
constexpr std::string_view kQueryNames[] = {"dns_query"}, kQueriesNames[] = {"dns.query.name"}, kAnswerNames[] = {"dns.answer.name"};

}  // namespace

constinit const BufferSpec kBufferRows[] = {
    {.name = "dns.query", .aliases = kQueryNames, .directions = Directions::to_server, .progress = kDone, .is_multi = true,
     .summary = "each name that is asked for", .get = get_query},
    {.name = "dns.queries.rrname", .aliases = kQueriesNames, .progress = kDone, .is_multi = true,
     .summary = "each name that is asked for, in questions and answers", .get = get_query},
    {.name = "dns.answers.rrname", .aliases = kAnswerNames, .progress = kDone, .is_multi = true,
     .summary = "name of each answer record", .get = get_answer},
    {.name = "dns.authorities.rrname", .progress = kDone, .is_multi = true, .summary = "name of each authority record",
     .get = get_authority},
    {.name = "dns.additionals.rrname", .progress = kDone, .is_multi = true, .summary = "name of each additional record",
     .get = get_additional},
    {.name = "dns.response.rrname", .directions = Directions::to_client, .progress = kDone, .is_multi = true,
     .summary = "each name in a response, host names in records' data too", .get = get_response_name},
};

namespace {

constexpr FieldName kRcodes[] = {
    {"noerror", 0}, {"formerr", 1}, {"servfail", 2}, {"nxdomain", 3}, {"notimp", 4}, {"refused", 5}, {"yxdomain", 6},
    {"yxrrset", 7}, {"nxrrset", 8}, {"notauth", 9}, {"notzone", 10}, {"badvers", 16}};
constexpr FieldName kTypes[] = {
    {"a", 1}, {"ns", 2}, {"cname", 5}, {"soa", 6}, {"null", 10}, {"ptr", 12}, {"hinfo", 13}, {"mx", 15}, {"txt", 16},
    {"aaaa", 28}, {"srv", 33}, {"naptr", 35}, {"opt", 41}, {"sshfp", 44}, {"dnskey", 48}, {"https", 65}, {"axfr", 252},
    {"any", 255}};

bool opcode(const Transaction& tx, Direction direction, unsigned instance, std::uint64_t& out) noexcept {
  const DnsTx& its = tx.part<DnsTx>();
  out = its.opcode();
  return instance == 0 && its.direction == direction;
}
bool rcode(const Transaction& tx, Direction direction, unsigned instance, std::uint64_t& out) noexcept {
  const DnsTx& its = tx.part<DnsTx>();
  out = its.rcode();
  return instance == 0 && its.direction == direction;
}
bool rrtype(const Transaction& tx, Direction direction, unsigned instance, std::uint64_t& out) noexcept {
  const DnsTx& its = tx.part<DnsTx>();
  const std::span<const Record> records = its.sections[direction == Direction::to_server ? queries : answers];
  if (its.direction != direction || instance >= records.size()) return false;
  out = records[instance].type;
  return true;
}

}  // namespace

constinit const FieldSpec kFieldRows[] = {
    {.name = "dns.opcode", .width = 8, .progress = kDone, .summary = "operation of the message", .get = opcode},
    {.name = "dns.rcode", .width = 8, .progress = kDone, .names = kRcodes, .summary = "outcome that the message states", .get = rcode},
    {.name = "dns.rrtype", .width = 16, .progress = kDone, .names = kTypes, .is_multi = true,
     .summary = "type of each question (to the server) or answer (to the client)", .get = rrtype},
};

constinit const EventSpec kEventRows[] = {
#define HD_DNS_EVENT(name, summary) {#name, summary},
#include "sensor/protocols/dns/events.def"
#undef HD_DNS_EVENT
};

}  // namespace hd::protocol::dns
