// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/dns/message.hpp"

#include <algorithm>

namespace hd::protocol::dns {

// Pointers may lead anywhere in the message, forwards too; the count of steps bounds the walk.
void read_name(Bytes message, std::size_t offset, Name& out) noexcept {
  out.size = 0;
  out.is_read = out.is_too_long = out.is_loop = out.has_too_many_labels = false;
  std::size_t at = offset, behind = 0;
  for (unsigned steps = 0;; ++steps) {
    if (at >= message.size()) {
      out.next = behind != 0 ? behind : message.size();
      out.is_read = true;
      return;
    }
    const std::uint8_t length = message[at];
    if (length == 0) {
      out.next = behind != 0 ? behind : at + 1;
      out.is_read = true;
      return;
    }
    if (steps >= kLabelsMax) {
      out.has_too_many_labels = true;
      out.next = behind;
      out.is_read = behind != 0;
      return;
    }
    if ((length & 0xc0) == 0xc0) {
      if (at + 2 > message.size()) return;
      const std::size_t to = load_be16(message.data() + at) & 0x3fffu;
      if (to > message.size()) return;
      if (behind == 0) behind = at + 2;
      if (to == at) {
        out.is_loop = true;
        out.next = behind;
        out.is_read = true;
        return;
      }
      at = to;
      continue;
    }
    if ((length & 0xc0) != 0 || at + 1 + length > message.size()) return;
    const Bytes label = message.subspan(at + 1, length);
    at += 1 + std::size_t{length};
    if (out.is_too_long) continue;
    if (out.size + label.size() + (out.size > 0 ? 1 : 0) > kNameMax) {
      out.is_too_long = true;
      continue;
    }
    if (out.size > 0) out.text[out.size++] = '.';
    std::copy(label.begin(), label.end(), out.text.data() + out.size);
    out.size += label.size();
  }
}

namespace {

void note(const Name& name, Parsed& out) noexcept {
  if (name.is_too_long) out.set(Event::name_too_long);
  if (name.is_loop) out.set(Event::infinite_loop);
  if (name.has_too_many_labels) out.set(Event::too_many_labels);
}

/// Whether the data of a record can be read as its type asks.
bool check_data(Bytes message, const Record& record, Parsed& out, Name& name) noexcept {
  std::size_t skip = 0;
  switch (record.type) {
    case rr::cname:
    case rr::ptr:
    case rr::ns:
    case rr::soa: break;
    case rr::mx: skip = 2; break;
    case rr::srv: skip = 6; break;
    case rr::sshfp: return record.data_length >= 2;
    default: return true;
  }
  if (record.data_length == 0 && skip == 0) return true;
  if (record.data_length < skip) return false;
  read_name(message, record.data + skip, name);
  note(name, out);
  if (!name.is_read || record.type != rr::soa) return name.is_read;
  read_name(message, name.next, name);
  note(name, out);
  return name.is_read && name.next + 20 <= message.size();
}

bool take_record(Bytes message, std::size_t& at, bool is_query, Parsed& out) noexcept {
  Name name;
  if (at >= message.size()) return false;
  read_name(message, at, name);
  note(name, out);
  if (!name.is_read) return false;
  Cursor cursor(message.subspan(std::min(name.next, message.size())));
  Record record{.name = static_cast<std::uint16_t>(at)};
  record.type = cursor.be16();
  record.kind = cursor.be16();
  if (!is_query) {
    record.ttl = cursor.be32();
    record.data_length = cursor.be16();
    record.data = static_cast<std::uint16_t>(name.next + cursor.position());
    cursor.skip(record.data_length);
  }
  if (cursor.short_read()) return false;
  at = name.next + cursor.position();
  if (!is_query && !check_data(message, record, out, name)) return false;
  if (out.record_count < kRecordsMax) out.records[out.record_count++] = record;
  else out.set(Event::limit_reached);
  return true;
}

}  // namespace

bool fits(Bytes header, std::size_t length) noexcept {
  if (header.size() < kHeader) return false;
  std::size_t records = 0;
  for (std::size_t i = 0; i < 4; ++i) records += load_be16(header.data() + 4 + i * 2);
  return kHeader + 2 * records <= length;
}

// Queries and answers must be right; what is wrong behind them is an event, and what was read until then counts.
void parse(Bytes message, Parsed& out) noexcept {
  if (message.size() > 0xffff) message = message.first(0xffff);
  if (!fits(message, message.size())) return;
  out.has_header = true;
  Cursor header(message);
  out.id = header.be16();
  out.flags = header.be16();
  for (std::uint16_t& count : out.counts) count = header.be16();
  std::size_t at = kHeader;
  bool goes_on = true;
  for (std::size_t section = 0; section < 4; ++section) {
    out.begin[section] = out.record_count;
    for (std::uint16_t i = 0; goes_on && i < out.counts[section]; ++i) {
      if (take_record(message, at, section == queries, out)) continue;
      if (section < authorities) return;
      out.set(section == authorities ? Event::invalid_authorities : Event::invalid_additionals);
      goes_on = false;
    }
  }
  out.begin[4] = out.record_count;
  out.is_read = true;
}

std::string_view type_name(std::uint16_t type) noexcept {
  struct Row {
    std::uint16_t type;
    std::string_view name;
  };
  static constexpr Row kRows[] = {
      {1, "A"}, {2, "NS"}, {3, "MD"}, {4, "MF"}, {5, "CNAME"}, {6, "SOA"}, {7, "MB"}, {8, "MG"}, {9, "MR"}, {10, "NULL"},
      {11, "WKS"}, {12, "PTR"}, {13, "HINFO"}, {14, "MINFO"}, {15, "MX"}, {16, "TXT"}, {17, "RP"}, {18, "AFSDB"},
      {19, "X25"}, {20, "ISDN"}, {21, "RT"}, {22, "NSAP"}, {23, "NSAPPTR"}, {24, "SIG"}, {25, "KEY"}, {26, "PX"},
      {27, "GPOS"}, {28, "AAAA"}, {29, "LOC"}, {30, "NXT"}, {33, "SRV"}, {34, "ATMA"}, {35, "NAPTR"}, {36, "KX"},
      {37, "CERT"}, {38, "A6"}, {39, "DNAME"}, {41, "OPT"}, {42, "APL"}, {43, "DS"}, {44, "SSHFP"}, {45, "IPSECKEY"},
      {46, "RRSIG"}, {47, "NSEC"}, {48, "DNSKEY"}, {49, "DHCID"}, {50, "NSEC3"}, {51, "NSEC3PARAM"}, {52, "TLSA"},
      {55, "HIP"}, {59, "CDS"}, {60, "CDNSKEY"}, {64, "SVCB"}, {65, "HTTPS"}, {99, "SPF"}, {249, "TKEY"}, {250, "TSIG"},
      {251, "IXFR"}, {252, "AXFR"}, {253, "MAILB"}, {254, "MAILA"}, {255, "ANY"}, {256, "URI"}, {257, "CAA"}};
  const Row* row = std::lower_bound(std::begin(kRows), std::end(kRows), type, [](const Row& a, std::uint16_t b) { return a.type < b; });
  return row != std::end(kRows) && row->type == type ? row->name : std::string_view{};
}

std::string_view rcode_name(unsigned rcode) noexcept {
  constexpr std::string_view kNames[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN",
                                         "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI"};
  return rcode < std::size(kNames) ? kNames[rcode] : std::string_view{};
}

}  // namespace hd::protocol::dns
