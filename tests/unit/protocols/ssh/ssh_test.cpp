// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/app/driver.hpp"

namespace hd::protocol::ssh {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

std::string be32(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}
std::string packet(char kind, const std::string& payload) {
  return be32(payload.size() + 2 + 4) + "\x04"s + kind + payload + std::string(4, '\0');
}
std::string key_exchange(const std::string& ciphers) {
  std::string payload(16, 'c');
  for (const std::string& list : {"kex"s, "hostkey"s, ciphers, "sc"s, "mac1"s, "mac2"s, "none"s, "zlib"s, ""s, ""s}) {
    payload += be32(list.size()) + list;
  }
  return packet(20, payload + std::string(5, '\0'));
}

Conversation talk(std::size_t cut = ~std::size_t{0}) {
  return Conversation({&protocol::ssh::table}, {.server_port = 2222, .cut = cut});
}

TEST(Ssh, ReadsBannersAndKeyExchangeInAnyCut) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, ~std::size_t{0}}) {
    Conversation c = talk(cut);
    c.server("SSH-2.0-OpenSSH_9.2 Debian\r\n").client("SSH-1.99-PuTTY\n" + key_exchange("aes"));
    c.server(key_exchange("aes") + packet(21, "")).client(packet(30, "init") + packet(21, ""));

    EXPECT_THAT(c.request("ssh.proto"), Optional("1.99"s));
    EXPECT_THAT(c.request("ssh.software"), Optional("PuTTY"s));
    EXPECT_THAT(c.response("ssh.proto"), Optional("2.0"s));
    EXPECT_THAT(c.response("ssh.software"), Optional("OpenSSH_9.2"s));
    EXPECT_THAT(c.request("ssh.hassh.string"), Optional("kex;aes;mac1;none"s));
    EXPECT_THAT(c.response("ssh.hassh.server.string"), Optional("kex;sc;mac2;zlib"s));
    EXPECT_EQ(c.request("ssh.hassh")->size(), 32u);
    EXPECT_TRUE(c.asked().stop_payload);
    EXPECT_THAT(c.events(), IsEmpty());
  }
}

TEST(Ssh, NotesBannersThatAreNone) {
  Conversation c = talk();
  c.client("SSH-nothing\r\n");

  EXPECT_THAT(c.events(), ElementsAre("invalid_banner"));
}

TEST(Ssh, PassesOverTheRestOfALongBanner) {
  Conversation c = talk();
  c.client("SSH-2.0-" + std::string(400, 'a')).client(std::string(400, 'b') + "\n" + key_exchange("aes"));

  EXPECT_THAT(c.events(), ElementsAre("long_banner"));
  EXPECT_THAT(c.request("ssh.hassh.string"), Optional("kex;aes;mac1;none"s));
}

TEST(Ssh, GivesUpAtLengthsThatDoNotFit) {
  Conversation c = talk();
  c.client("SSH-2.0-a\n" + be32(0x7fffffff) + "\x04\x14");

  EXPECT_THAT(c.events(), ElementsAre("invalid_record"));
  EXPECT_TRUE(c.has_failed());
}

TEST(Ssh, LeavesOutKeyExchangesThatAreTooLong) {
  Conversation c = talk();
  c.client("SSH-2.0-a\n" + key_exchange(std::string(70'000, 'x')) + packet(21, ""));

  EXPECT_THAT(c.events(), ElementsAre("long_kex_record"));
  EXPECT_EQ(c.request("ssh.hassh"), std::nullopt);
  EXPECT_EQ(c.tx()->progress[0], 4);
}

}  // namespace
}  // namespace hd::test
