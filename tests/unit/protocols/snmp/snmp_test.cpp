// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sensor/protocols/snmp/message.hpp"
#include "tests/unit/app/driver.hpp"

namespace hd::protocol::snmp {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;
using protocol::snmp::Message;
using testing::ElementsAre;
using testing::Optional;

std::string value(char tag, const std::string& body) { return std::string(1, tag) + static_cast<char>(body.size()) + body; }
std::string number(char n) { return value(2, std::string(1, n)); }
std::string v1(char version, const std::string& pdu) { return value(0x30, number(version) + value(4, "public") + pdu); }
const std::string kGet = value('\xa0', number(1) + number(0) + number(0) + value(0x30, ""));

Conversation talk(std::uint16_t port = 161) { return Conversation({&protocol::snmp::table}, {.server_port = port, .is_udp = true}); }

TEST(Snmp, ReadsCommunityAndKind) {
  Conversation c = talk();
  c.client(v1(1, kGet)).server(v1(1, value('\xa2', "")));

  EXPECT_THAT(c.request("snmp.community"), Optional("public"s));
  EXPECT_EQ(c.tx(0)->part<Message>().version, 2);
  EXPECT_EQ(c.tx(0)->part<Message>().kind, 0);
  EXPECT_EQ(c.tx(1)->part<Message>().kind, 2);
  EXPECT_TRUE(c.tx(1)->is_skipped[0]);
}

TEST(Snmp, ReadsTrapsOfVersion1) {
  Conversation c = talk(162);
  c.client(v1(0, value('\xa4', value(6, "\x2b\x06"s) + value(0x40, "abcd") + number(3) + number(0))));

  EXPECT_TRUE(c.tx()->part<Message>().has_trap);
  EXPECT_EQ(c.tx()->part<Message>().trap, 3u);
}

TEST(Snmp, ReadsTheUserOfVersion3) {
  const std::string global = value(0x30, number(1) + number(9) + value(4, "\x04"s) + number(3));
  const std::string user = value(4, value(0x30, value(4, "engine") + number(0) + number(0) + value(4, "anna") + value(4, "") + value(4, "")));
  Conversation c = talk();
  c.client(value(0x30, number(3) + global + user + value(4, "encrypted")));
  c.client(value(0x30, number(3) + global + user + value(0x30, value(4, "") + value(4, "") + kGet)));

  EXPECT_THAT(c.request("snmp.usm", 0), Optional("anna"s));
  EXPECT_FALSE(c.tx(0)->part<Message>().has_kind);
  EXPECT_TRUE(c.tx(1)->part<Message>().has_kind);
}

TEST(Snmp, NotesWhatDoesNotFit) {
  Conversation c = talk();
  c.client(v1(0, kGet)).client(v1(1, kGet)).client("nonsense");

  EXPECT_THAT(c.events(1), ElementsAre("malformed_data", "version_mismatch"));
}

TEST(Snmp, RefusesEveryCutMessage) {
  const std::string whole = v1(0, kGet);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    Message message;
    EXPECT_FALSE(protocol::snmp::read(as_bytes(std::string_view(whole).substr(0, length)), message)) << length;
  }
}

TEST(Snmp, LooksOnlyAtItsPorts) {
  Conversation c = talk(5000);
  c.client(v1(0, kGet));

  EXPECT_EQ(c.app().protocol, AppProtocol::failed);
}

}  // namespace
}  // namespace hd::test
