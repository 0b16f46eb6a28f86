// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sensor/protocols/dns/message.hpp"
#include "tests/unit/app/driver.hpp"

namespace hd::protocol::dns {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

std::string header(std::uint16_t flags, int questions, int answers = 0, int authorities = 0, int additionals = 0) {
  std::string bytes = "\x12\x34"s;
  for (const int value : {int{flags}, questions, answers, authorities, additionals}) {
    bytes += static_cast<char>(value >> 8);
    bytes += static_cast<char>(value);
  }
  return bytes;
}
const std::string kName = "\x03www\x07" "Example\x02vn\x00"s;
const std::string kQuestion = kName + "\x00\x01\x00\x01"s;
/// A record whose name points to the first question.
std::string record(std::uint8_t type, const std::string& data) {
  return "\xc0\x0c\x00"s + static_cast<char>(type) + "\x00\x01\x00\x00\x00\x3c\x00"s + static_cast<char>(data.size()) + data;
}

Conversation talk(bool is_udp, std::size_t cut = ~std::size_t{0}, std::uint16_t port = 53) {
  return Conversation({&protocol::dns::table}, {.server_port = port, .is_udp = is_udp, .cut = cut});
}

TEST(Dns, MakesEachMessageATransactionOfItsDirection) {
  Conversation c = talk(true);
  c.client(header(0x0100, 1) + kQuestion).server(header(0x8180, 1, 2) + kQuestion + record(5, "\x01" "a\xc0\x10"s) + record(1, "\xc0\x00\x02\x01"s));

  EXPECT_THAT(c.request("dns.query"), Optional("www.Example.vn"s));
  EXPECT_EQ(c.request("dns.query", 0, 1), std::nullopt);
  EXPECT_EQ(c.request("dns.query", 1), std::nullopt);
  EXPECT_THAT(c.response("dns.answers.rrname", 1), Optional("www.Example.vn"s));
  EXPECT_THAT(c.response("dns.response.rrname", 1, 2), Optional("a.Example.vn"s));
  EXPECT_TRUE(c.tx(0)->is_skipped[1]);
  EXPECT_TRUE(c.tx(1)->is_skipped[0]);
  EXPECT_THAT(c.events(), IsEmpty());
}

TEST(Dns, ReadsMessagesOverTcpInAnyCut) {
  const std::string message = header(0x0100, 1) + kQuestion;
  const std::string both = "\x00"s + static_cast<char>(message.size()) + message + "\x00"s + static_cast<char>(message.size()) + message;
  for (const std::size_t cut : {std::size_t{1}, std::size_t{5}, ~std::size_t{0}}) {
    Conversation c = talk(false, cut);
    c.client(both);

    EXPECT_THAT(c.request("dns.query", 0), Optional("www.Example.vn"s));
    EXPECT_THAT(c.request("dns.query", 1), Optional("www.Example.vn"s));
  }
}

TEST(Dns, ExchangesSidesWhenTheAnswerIsSeenFirst) {
  Conversation c({&protocol::dns::table}, {.client_port = 53, .server_port = 40000, .is_udp = true});
  c.client(header(0x8180, 1) + kQuestion);

  EXPECT_TRUE(c.last().is_reversed);
}

TEST(Dns, LooksOnlyAtItsPorts) {
  Conversation c = talk(true, ~std::size_t{0}, 5355);
  c.client(header(0x0100, 1) + kQuestion);

  EXPECT_EQ(c.app().protocol, AppProtocol::failed);
}

TEST(Dns, NotesOddHeaders) {
  Conversation c = talk(true);
  c.client(header(0x0140, 1) + kQuestion).client(header(0x7800 & 0x7fff, 1) + kQuestion).client(header(0x8000, 1) + kQuestion);

  EXPECT_THAT(c.events(0), ElementsAre("z_flag_set"));
  EXPECT_THAT(c.events(1), ElementsAre("not_request", "invalid_opcode", "not_a_request"));
}

TEST(Dns, BoundsNamesThatPointInCircles) {
  protocol::dns::Name name;
  const std::string itself = header(0x0100, 1) + "\xc0\x0c"s;
  const std::string circle = header(0x0100, 1) + "\x01" "a\xc0\x0c"s;

  protocol::dns::read_name(as_bytes(itself), 12, name);
  EXPECT_TRUE(name.is_loop && name.is_read);
  protocol::dns::read_name(as_bytes(circle), 12, name);
  EXPECT_TRUE(name.has_too_many_labels);
  EXPECT_LE(name.size, 2u * protocol::dns::kLabelsMax);
}

TEST(Dns, CutsNamesThatAreTooLong) {
  protocol::dns::Name name;
  std::string message = header(0x0100, 1);
  for (int i = 0; i < 40; ++i) message += "\x3f"s + std::string(63, 'a');
  message += '\0';

  protocol::dns::read_name(as_bytes(message), 12, name);

  EXPECT_TRUE(name.is_read && name.is_too_long);
  EXPECT_LE(name.size, protocol::dns::kNameMax);
}

TEST(Dns, StopsKeepingRecordsAtItsLimit) {
  std::string message = header(0x8180, 1, 0, 300) + kQuestion;
  for (int i = 0; i < 300; ++i) message += record(2, "\xc0\x0c"s);
  Conversation c = talk(true);
  c.server(message);

  EXPECT_THAT(c.events(), ElementsAre("limit_reached"));
  EXPECT_NE(c.response("dns.authorities.rrname", 0, 254), std::nullopt);
  EXPECT_EQ(c.response("dns.authorities.rrname", 0, 255), std::nullopt);
}

TEST(Dns, SaysWhichSectionIsBroken) {
  Conversation c = talk(true);
  c.server(header(0x8180, 1, 0, 1) + kQuestion).client(header(0x0100, 1, 0, 0, 1) + kQuestion + "\x00"s);

  EXPECT_THAT(c.events(0), ElementsAre("invalid_authorities"));
  EXPECT_THAT(c.events(1), ElementsAre("invalid_additionals"));
}

}  // namespace
}  // namespace hd::test
