// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/app/driver.hpp"

namespace hd::protocol::dhcp {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

Conversation talk(std::uint16_t port) { return Conversation({&protocol::dhcp::table}, {.server_port = port, .is_udp = true}); }

std::string message(char operation, const std::string& options) {
  return std::string(1, operation) + "\1\6\0"s + std::string(232, 0) + "\x63\x82\x53\x63"s + options;
}
std::uint64_t field(Conversation& c, std::string_view name) {
  std::uint64_t value = 0;
  for (const FieldSpec& row : protocol::dhcp::table.fields) {
    if (row.name == name && !row.get(*c.tx(), Direction::to_client, 0, value)) return 0;
    if (row.name == name) return value;
  }
  return 0;
}

TEST(Dhcp, ReadsTimes) {
  Conversation c = talk(67);
  c.server(message(2, "\x35\1\5\0\x33\4\0\1\x51\x80\x3a\4\0\0\0\x0a\x3b\4\0\0\0\x14\xff"s));

  EXPECT_EQ(field(c, "dhcp.leasetime"), 86400u);
  EXPECT_EQ(field(c, "dhcp.renewal_time"), 10u);
  EXPECT_EQ(field(c, "dhcp.rebinding_time"), 20u);
}

TEST(Dhcp, NotesOptionsThatDoNotFit) {
  Conversation c = talk(67);
  c.client(message(1, "\x33\2\0\1\x0c\x20name"s));

  EXPECT_THAT(c.events(), ElementsAre("truncated_options", "malformed_options"));
}

TEST(Dhcp, RefusesWhatIsNoMessage) {
  Conversation c = talk(67);
  c.client(message(3, "\xff"s));

  EXPECT_EQ(c.app().protocol, AppProtocol::failed);
}

}  // namespace
}  // namespace hd::test
