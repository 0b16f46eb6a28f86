// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/app/driver.hpp"

namespace hd::protocol::tftp {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;

Conversation talk(std::uint16_t port) { return Conversation({&protocol::tftp::table}, {.server_port = port, .is_udp = true}); }

TEST(Tftp, ReadsRequests) {
  Conversation c = talk(69);
  c.client("\0\1rfc1350.txt\0octet\0"s).client("\0\2a\0NETASCII\0blksize\0001\0"s).server("\0\3\0\1data"s);

  EXPECT_EQ(c.app().protocol, AppProtocol::tftp);
  EXPECT_EQ(c.app().live, 2u);
  EXPECT_TRUE(c.tx(0)->is_skipped[1]);
}

TEST(Tftp, RefusesWhatIsNoRequest) {
  for (const std::string& bytes : {"\0\1rfc1350.txt"s, "\0\1\0octet\0"s, "\0\1name\0octe"s, "\0\1name\0other\0"s, "\0\3name\0octet\0"s, "\0\1"s}) {
    Conversation c = talk(69);
    c.client(bytes);

    EXPECT_EQ(c.app().protocol, AppProtocol::failed);
  }
}

}  // namespace
}  // namespace hd::test
