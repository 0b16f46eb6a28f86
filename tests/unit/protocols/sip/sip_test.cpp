// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/app/driver.hpp"

namespace hd::protocol::sip {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;
using testing::Optional;

const std::string kSdp = "v=0\r\no=anna 1 1 IN IP4 10.0.0.1\r\ns=Call\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\na=session\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 10.0.0.2\r\na=medium\r\n";
const std::string kInvite = "INVITE sip:binh@example.vn SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nv: SIP/2.0/UDP b\r\nf: <sip:anna@example.vn>\r\nt: binh\r\n <sip:binh@example.vn>\r\n"
                            "User-Agent: phone\r\nc: application/sdp\r\nl: " + std::to_string(kSdp.size()) + "\r\n\r\n" + kSdp;
const std::string kTrying = "SIP/2.0 100 Trying now\r\nVia: a\r\nContent-Length: 0\r\n\r\n";

Conversation talk(bool is_udp, std::size_t cut = ~std::size_t{0}) {
  return Conversation({&protocol::sip::table}, {.server_port = 5070, .is_udp = is_udp, .cut = cut});
}

void expect_both(Conversation& c) {
  EXPECT_THAT(c.request("sip.method", 0), Optional("INVITE"s));
  EXPECT_THAT(c.request("sip.uri", 0), Optional("sip:binh@example.vn"s));
  EXPECT_THAT(c.request("sip.via", 0, 1), Optional("SIP/2.0/UDP b"s));
  EXPECT_THAT(c.request("sip.to", 0), Optional("binh\r\n <sip:binh@example.vn>"s));
  EXPECT_THAT(c.request("sdp.session_name", 0), Optional("Call"s));
  EXPECT_THAT(c.request("sdp.connection_data", 0), Optional("IN IP4 10.0.0.1"s));
  EXPECT_THAT(c.request("sdp.media.connection_data", 0), Optional("IN IP4 10.0.0.2"s));
  EXPECT_THAT(c.request("sdp.attribute", 0, 0), Optional("session"s));
  EXPECT_EQ(c.request("sdp.attribute", 0, 1), std::nullopt);
  EXPECT_THAT(c.response("sip.stat_code", 1), Optional("100"s));
  EXPECT_THAT(c.response("sip.stat_msg", 1), Optional("Trying now"s));
  EXPECT_EQ(c.response("sip.method", 0), std::nullopt);
}

TEST(Sip, MakesEachDatagramATransactionOfItsDirection) {
  Conversation c = talk(true);
  c.client(kInvite).server(kTrying);

  expect_both(c);
  EXPECT_TRUE(c.tx(0)->is_skipped[1]);
}

TEST(Sip, ReadsMessagesOverTcpInAnyCut) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{13}, ~std::size_t{0}}) {
    Conversation c = talk(false, cut);
    c.client(kInvite + "\r\n\r\n" + kInvite).server(kTrying);

    EXPECT_THAT(c.request("sdp.session_name", 1), Optional("Call"s));
    EXPECT_THAT(c.response("sip.stat_code", 2), Optional("100"s));
  }
}

TEST(Sip, ExchangesSidesWhenTheAnswerIsSeenFirst) {
  Conversation c = talk(true);
  c.client(kTrying);

  EXPECT_TRUE(c.last().is_reversed);
}

TEST(Sip, GivesUpAtWhatIsNoMessage) {
  Conversation c = talk(false);
  c.client(kInvite + "nonsense\r\n\r\n");

  EXPECT_TRUE(c.has_failed());
}

TEST(Sip, PassesOverBodiesThatAreTooLong) {
  Conversation c = talk(false);
  c.client("MESSAGE sip:a SIP/2.0\r\nContent-Length: 100000\r\n\r\n").client(std::string(100'000, 'x')).client("BYE sip:a SIP/2.0\r\n\r\n");

  EXPECT_THAT(c.request("sip.method", 1), Optional("BYE"s));
}

TEST(Sip, BoundsFieldsAndLines) {
  std::string head = "BYE sip:a SIP/2.0\r\n", body;
  for (int i = 0; i < 200; ++i) head += "Via: a\r\n";
  for (int i = 0; i < 600; ++i) body += "a=b\r\n";
  Conversation c = talk(true);
  c.client(head + "\r\n" + body).client("BYE sip:a SIP/2.0\r\nc: application/sdp\r\n\r\n" + body);

  EXPECT_NE(c.request("sip.via", 0, 63), std::nullopt);
  EXPECT_EQ(c.request("sip.via", 0, 64), std::nullopt);
  EXPECT_NE(c.request("sdp.attribute", 1, 255), std::nullopt);
  EXPECT_EQ(c.request("sdp.attribute", 1, 256), std::nullopt);
}

TEST(Sip, LeavesOtherTextAlone) {
  Conversation c = talk(true);
  c.client("M-SEARCH * HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_EQ(c.app().protocol, AppProtocol::failed);
}

}  // namespace
}  // namespace hd::test
