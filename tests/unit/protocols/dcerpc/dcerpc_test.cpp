// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sensor/protocols/dcerpc/pdu.hpp"
#include "tests/unit/app/driver.hpp"

namespace hd::protocol::dcerpc {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;
using protocol::dcerpc::Call;
using testing::Optional;

std::string le16(std::size_t value) { return {static_cast<char>(value), static_cast<char>(value >> 8)}; }
std::string le32(std::size_t value) { return le16(value & 0xffff) + le16(value >> 16); }
std::string message(char kind, char flags, std::size_t call, const std::string& body) {
  return "\x05\x00"s + kind + flags + "\x10\x00\x00\x00"s + le16(16 + body.size()) + le16(0) + le32(call) + body;
}
const std::string kUuid = "\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\x00\x10\x03"s;
std::string bind(std::size_t contexts = 1) {
  std::string body = le16(4280) + le16(4280) + le32(0) + static_cast<char>(contexts) + "\0\0\0"s;
  for (std::size_t i = 0; i < contexts; ++i) body += le16(i) + "\x01\x00"s + kUuid + le16(2) + le16(0) + std::string(20, 't');
  return message(11, 3, 1, body);
}
std::string bind_answer(std::size_t result) {
  return message(12, 3, 1, le16(4280) + le16(4280) + le32(0) + le16(3) + "135\0\0\0"s.substr(0, 3) + std::string(3, '\0') + "\x01\0\0\0"s + le16(result) + le16(0) + std::string(20, 't'));
}
std::string request(std::size_t call, char flags, const std::string& stub) { return message(0, flags, call, le32(0) + le16(0) + le16(15) + stub); }
std::string response(std::size_t call, const std::string& stub) { return message(2, 3, call, le32(0) + le16(0) + le16(0) + stub); }

Conversation talk(std::size_t cut = ~std::size_t{0}) { return Conversation({&protocol::dcerpc::table}, {.server_port = 49152, .cut = cut}); }

TEST(Dcerpc, JoinsFragmentsOfACallInAnyCut) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{9}, ~std::size_t{0}}) {
    Conversation c = talk(cut);
    c.client(bind()).server(bind_answer(0)).client(request(2, 1, "first ") + request(2, 2, "last")).server(response(2, "answer"));

    EXPECT_THAT(c.request("dcerpc.stub_data", 1), Optional("first last"s));
    EXPECT_TRUE(c.response("dcerpc.stub_data", 1)->ends_with("answer"));
    const Call& call = c.tx(1)->part<Call>();
    EXPECT_EQ(call.operation, 15);
    EXPECT_TRUE(call.has_interface);
    EXPECT_EQ(call.interface.uuid[0], 0x36);
    EXPECT_EQ(call.interface.version, 2);
  }
}

TEST(Dcerpc, KnowsNoInterfaceThatWasRefused) {
  Conversation c = talk();
  c.client(bind()).server(bind_answer(2)).client(request(2, 3, "stub"));

  EXPECT_FALSE(c.tx(1)->part<Call>().has_interface);
}

TEST(Dcerpc, BoundsInterfaces) {
  Conversation c = talk();
  c.client(bind(200)).server(bind_answer(0)).client(request(2, 3, "stub"));

  EXPECT_TRUE(c.tx(1)->part<Call>().has_interface);
}

TEST(Dcerpc, GivesUpAtWhatIsNoMessage) {
  Conversation c = talk();
  c.client(bind() + std::string(40, 'x'));

  EXPECT_TRUE(c.has_failed());
}

TEST(Dcerpc, ExchangesSidesWhenTheAnswerIsSeenFirst) {
  Conversation c = talk();
  c.client(bind_answer(0));

  EXPECT_TRUE(c.last().is_reversed);
}

TEST(Dcerpc, ReadsDatagrams) {
  Conversation c({&protocol::dcerpc::table}, {.server_port = 1025, .is_udp = true});
  const std::string head = "\x04\x00\x00\x00\x10\x00\x00\x00"s + std::string(16, 'o') + kUuid + std::string(16, 'a') + le32(0) + le32(1) + le32(7) +
                           le16(3) + le16(0) + le16(0) + le16(4) + le16(0) + "\0\0"s;
  c.client(head + "stub");

  EXPECT_THAT(c.request("dcerpc.stub_data"), Optional("stub"s));
  EXPECT_EQ(c.tx()->part<Call>().operation, 3);
}

}  // namespace
}  // namespace hd::test
