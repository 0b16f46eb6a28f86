// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sensor/protocols/ftp/parser.hpp"
#include "tests/unit/app/driver.hpp"

namespace hd::protocol::ftp {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

Conversation talk(std::size_t cut = ~std::size_t{0}) {
  return Conversation({&protocol::ftp::table}, {.server_port = 21, .cut = cut});
}

TEST(Ftp, MakesEachCommandATransactionWithItsReplies) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{6}, ~std::size_t{0}}) {
    Conversation c = talk(cut);
    c.client("USER anna\r\n").server("220 (ready)\r\n").server("331-Hello\r\n inside\r\n331 Password?\r\n");
    c.client("PASS secret\r\n").server("230 In\r\n");

    EXPECT_THAT(c.request("ftp.command", 0), Optional("USER"s));
    EXPECT_THAT(c.request("ftp.command_data", 0), Optional("anna"s));
    EXPECT_THAT(c.events(), IsEmpty());
  }
}

TEST(Ftp, KeepsLinesOfALongReplyTogether) {
  Conversation c = talk();
  c.client("USER anna\r\n").server("331-Hello\r\n230 inside\r\n331 Password?\r\n");

  EXPECT_THAT(c.response("ftp.reply", 0, 0), Optional("Hello"s));
  EXPECT_THAT(c.response("ftp.reply", 0, 1), Optional("230 inside"s));
  EXPECT_THAT(c.response("ftp.completion_code", 0, 2), Optional("331"s));
}

TEST(Ftp, WaitsForTheFinalReplyOfATransfer) {
  Conversation c = talk();
  c.client("USER a\r\n").server("331 b\r\n").client("PASV\r\n").server("227 Entering (10,0,0,1,195,80)\r\n").client("RETR /etc/passwd\r\n");

  EXPECT_EQ(c.asked().announces, AppProtocol::ftp_data);
  EXPECT_EQ(c.asked().announced_port, 195 * 256 + 80);
  EXPECT_EQ(as_chars(c.asked().announced_name), "/etc/passwd");
  c.server("150 Opening\r\n");
  EXPECT_EQ(c.tx(2)->progress[1], 0);
  c.server("226 Done\r\n");
  EXPECT_THAT(c.response("ftp.completion_code", 2, 1), Optional("226"s));
}

TEST(Ftp, ReadsPortsInAllForms) {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
  EXPECT_TRUE(protocol::ftp::read_host_port(as_bytes("192,168,0,1,4,1"), address, port));
  EXPECT_EQ(address, 0xc0a80001u);
  EXPECT_EQ(port, 1025);
  EXPECT_FALSE(protocol::ftp::read_host_port(as_bytes("192,168,0,256,4,1"), address, port));
  EXPECT_FALSE(protocol::ftp::read_host_port(as_bytes("192,168,0"), address, port));
  EXPECT_EQ(protocol::ftp::read_extended_port(as_bytes("|1|10.0.0.1|59914|")), 59914);
  EXPECT_EQ(protocol::ftp::read_extended_port(as_bytes("|||58612|")), 58612);
  EXPECT_EQ(protocol::ftp::read_extended_port(as_bytes("||")), 0);
}

TEST(Ftp, NotesTransfersThatWereNotPrepared) {
  Conversation c = talk();
  c.client("USER a\r\nRETR x\r\nPORT 10,0,0,1,4,1\r\nSTOR \r\n");

  EXPECT_THAT(c.events(1), ElementsAre("file_before_port"));
  EXPECT_THAT(c.events(3), ElementsAre("file_without_name"));
}

TEST(Ftp, CutsLinesThatAreTooLong) {
  Conversation c = talk(1000);
  c.client("USER " + std::string(9000, 'a') + "\r\nPASS b\r\n");

  EXPECT_THAT(c.events(0), ElementsAre("request_command_too_long"));
  EXPECT_EQ(c.request("ftp.command_data", 0)->size(), protocol::ftp::kLineMax - 5);
  EXPECT_THAT(c.request("ftp.command", 1), Optional("PASS"s));
}

TEST(Ftp, GivesUpBeyondItsTransactions) {
  Conversation c({&protocol::ftp::table}, {.app = {.parsers = {.ftp_transactions_max = 2}, .flows_max = 2, .transactions_max = 16, .memory = 1 << 20}});
  c.client("USER a\r\nPASS b\r\nSYST\r\nPWD\r\nLIST\r\n");

  EXPECT_THAT(c.events(2), ElementsAre("too_many_transactions"));
  EXPECT_TRUE(c.has_failed());
}

TEST(Ftp, HandsOnToTlsWhenTheServerAgrees) {
  Conversation c = talk();
  c.client("AUTH TLS\r\n").server("234 Go\r\n");

  EXPECT_EQ(c.asked().change_to, AppProtocol::tls);
}

}  // namespace
}  // namespace hd::test
