// SPDX-License-Identifier: Apache-2.0
#include "sensor/eve/text_forms.hpp"

#include <gtest/gtest.h>

#include "sensor/app/record_sink.hpp"
#include "sensor/eve/record.hpp"

namespace hd {
namespace {

TEST(Timestamp, IsUtcWithMicroseconds) {
  std::string out;
  append_timestamp(out, {1'661'821'323'123'456'789});

  EXPECT_EQ(out, "2022-08-30T01:02:03.123456+0000");
}

// From the test vectors of the community id specification.
TEST(CommunityId, AgreesWithTheSpecification) {
  const FlowTuple tcp{Address::from_ip4(0x80e8'6e1c), Address::from_ip4(0x42a4'6ee9), 34855, 80, ip_protocol::tcp, true};
  FlowTuple reverse = tcp;
  std::swap(reverse.source, reverse.target);
  std::swap(reverse.source_port, reverse.target_port);

  EXPECT_EQ(community_id(tcp).substr(0, 2), "1:");
  EXPECT_EQ(community_id(tcp), community_id(reverse));
}

TEST(Address, IsWrittenAsItsFamilySays) {
  std::string out;
  append_address(out, Address::from_ip4(0xc0000201));
  EXPECT_EQ(out, "192.0.2.1");
  out.clear();
  append_address(out, Address::from_ip4(0xc0000201), true);
  EXPECT_EQ(out, "::ffff:192.0.2.1");
}

TEST(Record, RendersNestedItemsAndEscapesTheWire) {
  std::array<std::uint8_t, 1024> room{};
  RecordSink sink(room);
  sink.begin_object("http");
  sink.text("url", std::string_view("/a\"\x1b\xff"));
  sink.begin_array("names");
  sink.text("", std::string_view("x"));
  sink.end_array();
  sink.number("status", 200);
  sink.flag("cut", false);
  sink.end_object();
  std::string out;
  JsonWriter json(out);

  json.begin_object();
  render_record(Bytes(room).first(sink.used()), json);
  json.end_object();

  EXPECT_EQ(out, "{\"http\":{\"url\":\"/a\\\"\\u001b\\ufffd\",\"names\":[\"x\"],\"status\":200,\"cut\":false}}");
}

TEST(Record, ClosesWhatItOpenedWhenTheRoomIsFull) {
  std::array<std::uint8_t, 160> room{};
  RecordSink sink(room);
  sink.begin_object("a");
  for (int i = 0; i < 50; ++i) sink.text("k", std::string_view("0123456789"));
  sink.end_object();
  std::string out;
  JsonWriter json(out);

  json.begin_object();
  render_record(Bytes(room).first(sink.used()), json);
  json.end_object();

  EXPECT_TRUE(sink.is_cut());
  EXPECT_EQ(out.substr(out.size() - 2), "}}");
}

}  // namespace
}  // namespace hd
