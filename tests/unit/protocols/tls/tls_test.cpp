// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sensor/base/crypto.hpp"
#include "sensor/protocols/tls/tx.hpp"
#include "tests/unit/app/driver.hpp"

namespace hd::protocol::tls {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

// A ClientHello with GREASE, server name dich-vu.example.vn, ALPN, groups, signature algorithms, TLS 1.3 and 1.2 offered.
constexpr std::string_view kClientHello =
    "160301008d010000890303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0000080a0a1301c02bc02f01"
    "0000581a1a0000000000170015000012646963682d76752e6578616d706c652e766e000a000800062a2a001d0017000b00020100001000"
    "0e000c02683208687474702f312e31000d0006000404030804002b0007063a3a03040303";
// ServerHello and certificate (C=VN, O=Vi Du, CN=tls.example.vn; a second one is an empty sequence), the certificate split
// over two records, ServerHelloDone.
constexpr std::string_view kServerFlight =
    "16030301030200003703036465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081828300c02f00000f000b00020100"
    "0010000500030268320b00027700027400026c30820268308201d1a00302010202030c0093300d06092a864886f70d01010b0500303631"
    "0b300906035504061302564e310e300c060355040a0c0556692044753117301506035504030c0e746c732e6578616d706c652e766e301e"
    "170d3236313132333130313334395a170d3336313132303130313334395a3036310b300906035504061302564e310e300c060355040a0c"
    "0556692044753117301506035504030c0e746c732e6578616d706c652e766e30819f300d06092a864886f70d16030301b7010101050003"
    "818d0030818902818100bcc777940173a78710e289a0bb6fe44c70db73b2bc8a8727945a10f5d40c4befb439b217f836141fc66dd880e4"
    "0964ecfbd7bac24993c3a4dbcfac81127faf03326344957fc39d374ae8b72a1df8dbb80333be5620cdae44c069ec826ff7ee84d8e30501"
    "05f9e1e5e6bd35becfa73524f4bf76d9292e02121d2f7a1bce49efbb0203010001a38183308180301d0603551d0e04160414013f4b004e"
    "3c2515130505e89dfdb95a136cded0301f0603551d23041830168014013f4b004e3c2515130505e89dfdb95a136cded0300f0603551d13"
    "0101ff040530030101ff302d0603551d1104263024820e746c732e6578616d706c652e766e820c622e6578616d706c652e766e8704c000"
    "0207300d06092a864886f70d01010b05000381810081dc1e7ace104435d71a4dc60e5de23143e3f0956f739c1e4d2ef8dc6d0cfdcc513a"
    "10f9a0cb64e040bba733f0cfd65c23585bb909f31f29fe1f09a80d62b2e54fb55b7570fcdadbc8b11c40004fdac25e8598779858794357"
    "12b09e6328ae66b23e2bc726d8ea1f876a0552e8d77cbfd2d1f939db549218b657867e7702cd1600000230000e000000";

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes(hex.size() / 2, '\0');
  EXPECT_TRUE(from_hex(hex, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  return bytes;
}
std::string record(std::uint8_t type, const std::string& body, std::uint8_t minor = 3) {
  return std::string(1, static_cast<char>(type)) + "\x03" + static_cast<char>(minor) + static_cast<char>(body.size() >> 8) +
         static_cast<char>(body.size()) + body;
}
std::string message(std::uint8_t type, const std::string& body) {
  return std::string(1, static_cast<char>(type)) + "\0"s + static_cast<char>(body.size() >> 8) + static_cast<char>(body.size()) + body;
}
Conversation talk(std::size_t cut = ~std::size_t{0}, ParserSettings settings = {}) {
  Conversation::Options options{.server_port = 443, .cut = cut};
  options.app.parsers = settings;
  return Conversation({&protocol::tls::table}, options);
}

TEST(Tls, ReadsBothHellosAndTheCertificateInAnyCut) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{13}, ~std::size_t{0}}) {
    Conversation c = talk(cut);
    c.client(bytes_of_hex(kClientHello)).server(bytes_of_hex(kServerFlight));

    EXPECT_THAT(c.request("tls.sni"), Optional("dich-vu.example.vn"s));
    EXPECT_THAT(c.request("tls.alpn", 0, 1), Optional("http/1.1"s));
    EXPECT_THAT(c.response("tls.alpn"), Optional("h2"s));
    EXPECT_THAT(c.request("tls.random_time"), Optional("\x00\x01\x02\x03"s));
    EXPECT_EQ(c.response("tls.random_bytes")->size(), 28u);
    EXPECT_THAT(c.request("ja3.string"), Optional("771,4865-49195-49199,0-10-11-16-13-43,29-23,0"s));
    EXPECT_THAT(c.request("ja3.hash"), Optional("27d9ed370050aa2da9b300ea20885ce5"s));
    EXPECT_THAT(c.response("ja3s.string"), Optional("771,49199,11-16"s));
    EXPECT_THAT(c.request("ja4.hash"), Optional("t13d0306h2_28fa9b2900ea_fb71836bce29"s));
    EXPECT_THAT(c.response("tls.cert_subject"), Optional("C=VN, O=Vi Du, CN=tls.example.vn"s));
    EXPECT_THAT(c.response("tls.cert_issuer"), Optional("C=VN, O=Vi Du, CN=tls.example.vn"s));
    EXPECT_THAT(c.response("tls.cert_serial"), Optional("0C:00:93"s));
    EXPECT_THAT(c.response("tls.cert_fingerprint"), Optional("0a:f2:a3:5a:e0:5f:e0:b7:02:55:61:f1:fa:15:3a:c0:9e:0b:3e:c7"s));
    EXPECT_THAT(c.response("tls.subjectaltname", 0, 1), Optional("b.example.vn"s));
    EXPECT_THAT(c.response("tls.subjectaltname", 0, 2), Optional("192.0.2.7"s));
    EXPECT_THAT(c.response("tls.certs", 0, 1), Optional("0\0"s));
    EXPECT_THAT(c.events(), IsEmpty());
    EXPECT_EQ(c.tx()->part<protocol::tls::TlsTx>().version, 0x0303);
  }
}

TEST(Tls, StopsPayloadInspectionOnceBothSidesAreEncrypted) {
  Conversation c = talk();
  c.client(bytes_of_hex(kClientHello)).server(bytes_of_hex(kServerFlight));
  c.client(record(20, "\x01") + record(22, std::string(40, 'e'))).server(record(20, "\x01"));
  EXPECT_FALSE(c.asked().stop_payload);
  c.client(record(23, "application data"));

  EXPECT_TRUE(c.asked().stop_payload);
  EXPECT_TRUE(c.last().is_stopped);
  EXPECT_EQ(c.tx()->progress[0], c.app().spec->complete[0]);
  EXPECT_EQ(c.tx()->progress[1], c.app().spec->complete[1]);
}

TEST(Tls, ComputesNoFingerprintThatIsSwitchedOff) {
  Conversation c = talk(~std::size_t{0}, {.tls_ja3 = false, .tls_ja4 = false});
  c.client(bytes_of_hex(kClientHello));

  EXPECT_EQ(c.request("ja3.hash"), std::nullopt);
  EXPECT_EQ(c.request("ja4.hash"), std::nullopt);
}

TEST(Tls, NotesAHeartbeatThatAsksForMoreThanItHolds) {
  Conversation c = talk();
  c.client(bytes_of_hex(kClientHello)).client(record(24, "\x01\x40\x00"s));

  EXPECT_THAT(c.events(), Contains("overflow_heartbeat_message"));
}

TEST(Tls, GivesUpRecordsThatAreNone) {
  Conversation c = talk();
  c.client(bytes_of_hex(kClientHello)).client("\x16\x05\x01\x00\x01x"s);

  EXPECT_TRUE(c.has_failed());
  EXPECT_THAT(c.events(), ElementsAre("invalid_record_version"));
}

TEST(Tls, GivesUpACertificateThatIsNoDer) {
  Conversation c = talk();
  c.client(bytes_of_hex(kClientHello)).server(record(22, message(11, "\x00\x00\x05\x00\x00\x02\x30\x50"s)));

  EXPECT_TRUE(c.has_failed());
  EXPECT_THAT(c.events(), Contains("invalid_handshake_message"));
}

TEST(Tls, BoundsChainsAndMessages) {
  std::string chain;
  for (int i = 0; i < 20; ++i) chain += "\x00\x00\x02\x30\x00"s;
  Conversation long_chain = talk();
  long_chain.client(bytes_of_hex(kClientHello)).server(bytes_of_hex(kServerFlight));
  long_chain.server(record(22, message(11, "\x00\x00"s + static_cast<char>(chain.size()) + chain)));
  Conversation long_message = talk();
  long_message.client("\x16\x03\x01\x00\x05\x01\xff\xff\xff\x03"s);

  EXPECT_THAT(long_chain.events(), Contains("limit_reached"));
  EXPECT_EQ(long_chain.tx()->part<protocol::tls::TlsTx>().chain_length[1], protocol::tls::TlsTx::kCertificatesMax);
  EXPECT_THAT(long_message.events(), ElementsAre("handshake_invalid_length"));
}

TEST(Tls, ReadsTheHelloOfOldClients) {
  Conversation c = talk();
  c.client("\x80\x1c\x01\x03\x01\x00\x03\x00\x00\x00\x10\x00\x00\x2f"s + std::string(16, 'r'));

  EXPECT_THAT(c.request("tls.random"), Optional(std::string(16, 'r')));
  EXPECT_EQ(c.tx()->part<protocol::tls::TlsTx>().version, 0x0301);
}

}  // namespace
}  // namespace hd::test
