// SPDX-License-Identifier: Apache-2.0
// The EVE object "dns", version 3.
#include <algorithm>

#include "sensor/protocols/dns/buffers.hpp"
#include "sensor/protocols/dns/message.hpp"

namespace hd::protocol::dns {
namespace {

/// Records of one section that are written (security.md 2: arrays of 100).
constexpr std::size_t kWrittenMax = 100;

struct Line {
  std::array<std::uint8_t, 64> text;
  std::size_t size = 0;
  void put(std::uint8_t c) noexcept {
    if (size < text.size()) text[size++] = c;
  }
  void decimal(unsigned value) noexcept {
    if (value >= 10) decimal_head(value / 10);
    put(static_cast<std::uint8_t>('0' + value % 10));
  }
  void hex(unsigned value) noexcept {
    constexpr std::string_view kHex = "0123456789abcdef";
    bool is_begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const unsigned digit = value >> shift & 15;
      is_begun = is_begun || digit != 0 || shift == 0;
      if (is_begun) put(static_cast<std::uint8_t>(kHex[digit]));
    }
  }
  [[nodiscard]] Bytes view() const noexcept { return {text.data(), size}; }

 private:
  void decimal_head(unsigned value) noexcept {
    if (value >= 100) put(static_cast<std::uint8_t>('0' + value / 100 % 10));
    if (value >= 10) put(static_cast<std::uint8_t>('0' + value / 10 % 10));
    put(static_cast<std::uint8_t>('0' + value % 10));
  }
};

void put_name(RecordSink& sink, std::string_view key, Bytes message, std::size_t offset) noexcept {
  Name name;
  read_name(message, offset, name);
  sink.text(key, name.bytes());
}

/// RFC 5952: the longest run of zero groups (two at least, the first of equals) is "::".
void put_ip6(RecordSink& sink, Bytes data) noexcept {
  std::size_t best = 8, best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t length = 0;
    while (i + length < 8 && load_be16(data.data() + (i + length) * 2) == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  Line line;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      line.put(':');
      if (i == 0) line.put(':');
      i += best_length - 1;
      if (i == 7) break;
      continue;
    }
    line.hex(load_be16(data.data() + i * 2));
    if (i < 7) line.put(':');
  }
  sink.text("rdata", line.view());
}

void put_ip4(RecordSink& sink, Bytes data) noexcept {
  Line line;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) line.put('.');
    line.decimal(data[i]);
  }
  sink.text("rdata", line.view());
}

void put_soa(RecordSink& sink, Bytes message, const Record& record) noexcept {
  Name first, second;
  read_name(message, record.data, first);
  if (!first.is_read) return;
  read_name(message, first.next, second);
  if (!second.is_read || second.next > message.size()) return;
  Cursor at(message.subspan(second.next));
  sink.begin_object("soa");
  sink.text("mname", first.bytes());
  sink.text("rname", second.bytes());
  for (const std::string_view key : {"serial", "refresh", "retry", "expire", "minimum"}) sink.number(key, at.be32());
  sink.end_object();
}

void put_srv(RecordSink& sink, Bytes message, const Record& record, Bytes data) noexcept {
  Cursor at(data);
  sink.begin_object("srv");
  sink.number("priority", at.be16());
  sink.number("weight", at.be16());
  sink.number("port", at.be16());
  put_name(sink, "name", message, record.data + 6u);
  sink.end_object();
}

void put_sshfp(RecordSink& sink, Bytes data) noexcept {
  sink.begin_object("sshfp");
  sink.hex("fingerprint", data.subspan(2));
  sink.number("algo", data[0]);
  sink.number("type", data[1]);
  sink.end_object();
}

void put_data(RecordSink& sink, Bytes message, const Record& record) noexcept {
  if (std::size_t{record.data} + record.data_length > message.size()) return;
  const Bytes data = message.subspan(record.data, record.data_length);
  switch (record.type) {
    case rr::a:
      if (data.size() == 4) put_ip4(sink, data);
      return;
    case rr::aaaa:
      if (data.size() == 16) put_ip6(sink, data);
      return;
    case rr::cname:
    case rr::ptr:
    case rr::ns: put_name(sink, "rdata", message, record.data); return;
    case rr::mx:
      if (data.size() > 2) put_name(sink, "rdata", message, record.data + 2u);
      return;
    case rr::txt:
      if (!data.empty()) sink.text("rdata", data.subspan(1, std::min<std::size_t>(data[0], data.size() - 1)));
      return;
    case rr::null: sink.text("rdata", data); return;
    case rr::soa: put_soa(sink, message, record); return;
    case rr::srv:
      if (data.size() > 6) put_srv(sink, message, record, data);
      return;
    case rr::sshfp:
      if (data.size() > 2) put_sshfp(sink, data);
      return;
    default: return;
  }
}

void put_type(RecordSink& sink, std::uint16_t type) noexcept {
  if (const std::string_view name = type_name(type); !name.empty()) {
    sink.text("rrtype", name);
    return;
  }
  Line line;
  for (const char c : std::string_view("TYPE")) line.put(static_cast<std::uint8_t>(c));
  line.put(static_cast<std::uint8_t>('0' + type / 10000));
  for (unsigned divisor = 1000; divisor > 0; divisor /= 10) line.put(static_cast<std::uint8_t>('0' + type / divisor % 10));
  sink.text("rrtype", line.view());
}

void put_section(RecordSink& sink, std::string_view key, const DnsTx& tx, Section section) noexcept {
  const std::span<const Record> records = tx.sections[section];
  if (records.empty()) return;
  sink.begin_array(key);
  for (std::size_t i = 0; i < std::min(records.size(), kWrittenMax); ++i) {
    if (records[i].type == rr::opt) continue;
    sink.begin_object({});
    put_name(sink, "rrname", tx.message, records[i].name);
    put_type(sink, records[i].type);
    if (section != queries) {
      sink.number("ttl", records[i].ttl);
      put_data(sink, tx.message, records[i]);
    }
    sink.end_object();
  }
  sink.end_array();
}

}  // namespace

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const DnsTx& its = tx.part<DnsTx>();
  const bool is_response = its.direction == Direction::to_client;
  sink.number("version", 3);
  sink.text("type", is_response ? "response" : "request");
  sink.number("tx_id", tx.id);
  sink.number("id", its.id);
  Line flags;
  flags.hex(its.flags);
  sink.text("flags", flags.view());
  if ((its.flags & 0x8000) != 0) sink.flag("qr", true);
  if ((its.flags & 0x0400) != 0) sink.flag("aa", true);
  if ((its.flags & 0x0200) != 0) sink.flag("tc", true);
  if ((its.flags & 0x0100) != 0) sink.flag("rd", true);
  if ((its.flags & 0x0080) != 0) sink.flag("ra", true);
  if ((its.flags & 0x0040) != 0) sink.flag("z", true);
  sink.number("opcode", its.opcode());
  if (const std::string_view name = rcode_name(its.rcode()); !name.empty()) sink.text("rcode", name);
  put_section(sink, "queries", its, queries);
  put_section(sink, "answers", its, answers);
  put_section(sink, "authorities", its, authorities);
  put_section(sink, "additionals", its, additionals);
}

}  // namespace hd::protocol::dns
