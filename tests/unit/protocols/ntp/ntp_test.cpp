// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/app/driver.hpp"

namespace hd::protocol::ntp {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::Optional;

Conversation talk(std::uint16_t port) { return Conversation({&protocol::ntp::table}, {.server_port = port, .is_udp = true}); }

std::string packet(int version, int mode, int stratum) {
  return std::string(1, static_cast<char>(version << 3 | mode)) + static_cast<char>(stratum) + std::string(10, 0) + "LOCL" + std::string(32, 0);
}

TEST(Ntp, ReadsRequestAndResponse) {
  Conversation c = talk(123);
  c.client(packet(4, 3, 0)).server(packet(4, 4, 2));

  EXPECT_THAT(c.request("ntp.reference_id"), Optional("LOCL"s));
  EXPECT_EQ(c.response("ntp.reference_id", 0), std::nullopt);
  EXPECT_THAT(c.response("ntp.reference_id", 1), Optional("LOCL"s));
}

TEST(Ntp, ExchangesSidesWhenTheAnswerIsSeenFirst) {
  Conversation c = talk(123);
  c.client(packet(4, 4, 2));

  EXPECT_TRUE(c.last().is_reversed);
}

TEST(Ntp, NotesWhatDoesNotFit) {
  Conversation c = talk(123);
  c.client(packet(4, 3, 0)).client(packet(4, 4, 0)).client("short");

  EXPECT_THAT(c.events(1), ElementsAre("malformed_data", "not_request"));
}

TEST(Ntp, LeavesOtherVersionsAlone) {
  Conversation c = talk(123);
  c.client(packet(1, 3, 0));

  EXPECT_EQ(c.app().protocol, AppProtocol::failed);
}

}  // namespace
}  // namespace hd::test
