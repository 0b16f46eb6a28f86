// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sensor/protocols/smtp/tx.hpp"
#include "tests/unit/app/driver.hpp"

namespace hd::protocol::smtp {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

const std::string kEnvelope = "MAIL FROM:<anna@example.vn> SIZE=5\r\nRCPT TO:<binh@example.vn>\r\nRCPT TO: <chi@example.vn>\r\n";
const std::string kMail =
    "From: Anna <anna@example.vn>\r\nSubject: A\r\n subject\r\nReceived: one\r\nReceived: two\r\n"
    "Content-Type: multipart/mixed; boundary=\"xx\"\r\n\r\npreamble\r\n"
    "--xx\r\nContent-Type: text/plain\r\n\r\nSee http://a.example/b \r\n..dots\r\n"
    "--xx\r\nContent-Disposition: attachment; filename=\"a.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n"
    "--xx\r\nContent-Type: text/html; name=b.html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=3Ca=\r\n>\r\nend\r\n"
    "--xx--\r\nepilogue\r\n";

Conversation talk(std::size_t cut = ~std::size_t{0}) {
  return Conversation({&protocol::smtp::table}, {.server_port = 2525, .cut = cut});
}
Conversation& greet(Conversation& c) { return c.client("EHLO host\r\n").server("220 mx.example.vn ESMTP\r\n").server("250-mx\r\n250 SIZE\r\n"); }
Conversation& begin_mail(Conversation& c) {
  c.server("220 mx.example.vn ESMTP\r\n").client("EHLO host\r\n").server("250-mx\r\n250 SIZE\r\n");
  return c.client(kEnvelope).server("250 a\r\n250 b\r\n250 c\r\n").client("DATA\r\n").server("354 go\r\n");
}

TEST(Smtp, ReadsEnvelopeAndMailInAnyCut) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{11}, ~std::size_t{0}}) {
    Conversation c({&protocol::smtp::table}, {.server_port = 25, .cut = cut});
    begin_mail(c).client(kMail).client(".\r\n").server("250 taken\r\n");

    EXPECT_THAT(c.request("smtp.helo"), Optional("host"s));
    EXPECT_THAT(c.request("smtp.mail_from"), Optional("<anna@example.vn>"s));
    EXPECT_THAT(c.request("smtp.rcpt_to", 0, 1), Optional("<chi@example.vn>"s));
    EXPECT_THAT(c.request("email.from"), Optional("Anna <anna@example.vn>"s));
    EXPECT_THAT(c.request("email.subject"), Optional("A subject"s));
    EXPECT_THAT(c.request("email.received", 0, 1), Optional("two"s));
    EXPECT_THAT(c.request("email.url"), Optional("a.example/b"s));
    EXPECT_THAT(c.request("file.name", 0, 0), Optional("a.bin"s));
    EXPECT_THAT(c.request("file.data", 0, 0), Optional("hello"s));
    EXPECT_THAT(c.request("file.name", 0, 1), Optional("b.html"s));
    EXPECT_THAT(c.request("file.data", 0, 1), Optional("<a>\r\nend"s));
    EXPECT_THAT(c.events(), IsEmpty());
    EXPECT_EQ(c.tx()->progress[0], protocol::smtp::progress::complete);
  }
}

TEST(Smtp, ReadsMailsInChunks) {
  Conversation c({&protocol::smtp::table}, {.server_port = 25});
  c.server("220 mx.example.vn ESMTP\r\n").client("EHLO host\r\n").server("250 mx\r\n").client("MAIL FROM:<a@b>\r\nBDAT 12\r\nSubject: one");
  c.client("BDAT 4 LAST\r\n\r\n\r\n").client("BDAT 15 LAST\r\nSubject: two\r\n\r");

  EXPECT_THAT(c.request("email.subject", 0), Optional("one"s));
  EXPECT_THAT(c.request("email.subject", 1), Optional("two"s));
}

TEST(Smtp, BeginsAnotherTransactionBehindAMail) {
  Conversation c({&protocol::smtp::table}, {.server_port = 25});
  begin_mail(c).client("Subject: a\r\n\r\n.\r\n").server("250 taken\r\n").client("MAIL FROM:<d@e>\r\n");

  EXPECT_THAT(c.request("smtp.mail_from", 1), Optional("<d@e>"s));
  EXPECT_THAT(c.request("smtp.helo", 1), Optional("host"s));
}

TEST(Smtp, GoesOnWithAClientWhoseReplyNeverEnded) {
  Conversation c({&protocol::smtp::table}, {.server_port = 25});
  c.server("220 mx.example.vn\r\n").client("EHLO a\r\n").server("250-mx\r\n").client("DATA\r\n").server("354 go\r\n").client("Subject: a\r\n\r\n");

  EXPECT_THAT(c.request("email.subject"), Optional("a"s));
}

TEST(Smtp, HandsOnToTls) {
  Conversation c = talk();
  greet(c).client("STARTTLS\r\n").server("220 go\r\n");

  EXPECT_EQ(c.asked().change_to, AppProtocol::tls);
}

TEST(Smtp, NotesWhatTheServerRefuses) {
  Conversation c({&protocol::smtp::table}, {.server_port = 25});
  c.server("220 mx.example.vn\r\n").client("EHLO a\r\n").server("250 ok\r\n").client("STARTTLS\r\n").server("454 no\r\n");
  c.client("DATA\r\n").server("503 no\r\n");

  EXPECT_THAT(c.events(), ElementsAre("tls_rejected", "data_command_rejected"));
}

TEST(Smtp, NotesOddClients) {
  Conversation c = talk();
  c.client("EHLO a\r\nHELO b\r\nDATA\r\nNOOP\r\n");

  EXPECT_THAT(c.events(), ElementsAre("invalid_pipelined_sequence", "no_server_welcome_message", "duplicate_fields"));
}

TEST(Smtp, GivesUpAtRepliesThatAreNone) {
  Conversation c = talk();
  c.client("EHLO a\r\n").server("hello\r\n");

  EXPECT_THAT(c.events(), ElementsAre("invalid_reply", "no_server_welcome_message"));
  EXPECT_TRUE(c.has_failed());
}

TEST(Smtp, NotesWrongBdat) {
  for (const char* line : {"BDAT\r\n", "BDAT x\r\n", "BDAT 5 FIRST\r\n"}) {
    Conversation c = talk();
    c.client("EHLO a\r\n"s + line);

    EXPECT_THAT(c.events(), ElementsAre("no_server_welcome_message", "invalid_bdat")) << line;
  }
}

TEST(Smtp, BoundsLines) {
  Conversation c = talk(777);
  c.client("EHLO a\r\nVRFY " + std::string(9000, 'a') + "\r\nMAIL FROM:<a>\r\n");

  EXPECT_THAT(c.request("smtp.mail_from"), Optional("<a>"s));
  EXPECT_THAT(c.events(), ElementsAre("no_server_welcome_message", "truncated_line"));
}

TEST(Smtp, BoundsWhatAMailMayHold) {
  Conversation c({&protocol::smtp::table}, {.server_port = 25});
  begin_mail(c);
  c.client(std::string(1200, 'n') + ": a\r\nA: " + std::string(2100, 'v') + "\r\nno header\r\nContent-Type: x/y; boundary=" + std::string(300, 'b') + "; name=" +
           std::string(300, 'f') + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + std::string(1000, 'A') + "!\r\n.\r\n");

  EXPECT_THAT(c.events(), ElementsAre("mime_malformed_msg", "mime_invalid_base64", "mime_long_line", "mime_long_enc_line", "mime_long_header_name",
                                      "mime_long_header_value", "mime_long_boundary", "mime_long_filename"));
}

TEST(Smtp, BoundsNestedPartsAndFiles) {
  Conversation c({&protocol::smtp::table}, {.server_port = 25});
  begin_mail(c).client("Content-Type: multipart/mixed; boundary=x\r\n\r\n");
  for (int i = 0; i < 60; ++i) c.client("--x\r\nContent-Type: a/b; name=f\r\n\r\ndata\r\n");
  c.client("--x--\r\n.\r\n");

  EXPECT_EQ(c.tx()->part<protocol::smtp::SmtpTx>().mail->file_count(), protocol::smtp::kFilesMax);
}

TEST(Smtp, DecodesQuotedPrintableInAnyCut) {
  const std::string text = "a=3D=\r\nb \r\n=ZZ\r\n\r\nc\r\n";
  for (const std::size_t cut : {std::size_t{1}, std::size_t{3}, text.size()}) {
    protocol::smtp::Decoder decoder;
    decoder.begin(protocol::smtp::TransferCoding::quoted_printable);
    std::string all;
    std::array<std::uint8_t, protocol::smtp::Decoder::kPieceMax + 8> room;
    for (std::size_t at = 0; at < text.size(); at += cut) all += as_chars(decoder.take(as_bytes(std::string_view(text).substr(at, cut)), room));

    EXPECT_EQ(all, "a=b \r\n=ZZ\r\n\r\nc");
    EXPECT_TRUE(decoder.was_wrong());
  }
}

}  // namespace
}  // namespace hd::test
