// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/app/driver.hpp"

namespace hd::protocol::http {
extern const ProtocolSpec table;
}

namespace hd::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;

Conversation talk(std::size_t cut = ~std::size_t{0}, ParserSettings settings = {}) {
  Conversation::Options options;
  options.cut = cut;
  options.app.parsers = settings;
  return Conversation({&protocol::http::table}, options);
}

constexpr std::string_view kRequest =
    "GET /a/../t%C3%ACm//kiem?q=%41+b HTTP/1.1\r\nHost: Cong-Dich-Vu.example.vn:80\r\nUser-Agent: thu\r\nCookie: k=1\r\nX: 1\r\nX: 2\r\n\r\n";

TEST(Http, GivesTheSameBuffersForEveryCut) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{2}, std::size_t{7}, ~std::size_t{0}}) {
    Conversation c = talk(cut);
    c.client(kRequest).server("HTTP/1.1 200 Tot\r\nContent-Length: 5\r\nServer: s\r\n\r\nxin c");

    EXPECT_THAT(c.request("http.method"), Optional(std::string("GET")));
    EXPECT_THAT(c.request("http.uri"), Optional(std::string("/t\xC3\xACm/kiem?q=A+b")));
    EXPECT_THAT(c.request("http.uri.raw"), Optional(std::string("/a/../t%C3%ACm//kiem?q=%41+b")));
    EXPECT_THAT(c.request("http.protocol"), Optional(std::string("HTTP/1.1")));
    EXPECT_THAT(c.request("http.host"), Optional(std::string("cong-dich-vu.example.vn")));
    EXPECT_THAT(c.request("http.host.raw"), Optional(std::string("Cong-Dich-Vu.example.vn:80")));
    EXPECT_THAT(c.request("http.cookie"), Optional(std::string("k=1")));
    EXPECT_THAT(c.request("http.header"), Optional(std::string("Host: Cong-Dich-Vu.example.vn:80\r\nUser-Agent: thu\r\nX: 1, 2\r\n")));
    EXPECT_THAT(c.request("http.header_names"), Optional(std::string("\r\nHost\r\nUser-Agent\r\nCookie\r\nX\r\n\r\n")));
    EXPECT_THAT(c.request("http.request_header", 0, 1), Optional(std::string("User-Agent: thu")));
    EXPECT_THAT(c.response("http.stat_code"), Optional(std::string("200")));
    EXPECT_THAT(c.response("http.stat_msg"), Optional(std::string("Tot")));
    EXPECT_THAT(c.response("http.response_line"), Optional(std::string("HTTP/1.1 200 Tot")));
    EXPECT_THAT(c.response("http.response_body"), Optional(std::string("xin c")));
    EXPECT_THAT(c.response("file.data"), Optional(std::string("xin c")));
    EXPECT_THAT(c.events(), ElementsAre("request_header_repetition"));
    EXPECT_TRUE(c.asked().flush_raw[0] && c.asked().flush_raw[1]);
  }
}

TEST(Http, MatchesPipelinedResponsesToTheirRequests) {
  Conversation c = talk();
  c.client("GET /1 HTTP/1.1\r\nHost: a.example\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.example\r\n\r\n");
  c.server("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 404 Khong\r\nContent-Length: 0\r\n\r\n");

  EXPECT_THAT(c.request("http.uri", 0), Optional(std::string("/1")));
  EXPECT_THAT(c.response("http.stat_code", 0), Optional(std::string("204")));
  EXPECT_THAT(c.request("http.uri", 1), Optional(std::string("/2")));
  EXPECT_THAT(c.response("http.stat_code", 1), Optional(std::string("404")));
  EXPECT_EQ(c.tx(2), nullptr);
}

TEST(Http, JoinsChunksWithOddLengths) {
  for (const std::string_view chunks : {"3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\n\r\n", "3\nabc\n0a\n0123456789\n0\n\n",
                                        "\x0b" "3\r\nabc\r\n  a \r\r\n0123456789\r\n000\r\n\r\n"}) {
    for (const std::size_t cut : {std::size_t{1}, ~std::size_t{0}}) {
      Conversation c = talk(cut);
      c.client("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
      c.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").server(chunks);

      EXPECT_THAT(c.response("file.data"), Optional(std::string("abc0123456789"))) << chunks;
      EXPECT_EQ(c.tx()->progress[1], c.app().spec->complete[1]) << chunks;
    }
  }
}

TEST(Http, TakesABodyWithBrokenChunksAsItIs) {
  Conversation c = talk();
  c.client("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
  c.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nX5O!P%@AP").end();

  EXPECT_THAT(c.response("file.data"), Optional(std::string("X5O!P%@AP")));
  EXPECT_THAT(c.events(), Contains("invalid_response_chunk_len"));
}

TEST(Http, JoinsFoldedHeadersAndSeesHeadersHiddenInThem) {
  Conversation c = talk();
  c.client("GET / HTTP/1.1\r\nHost: a.example\r\nX: a\r\n b\r\n\r\n");
  c.server("HTTP/1.1 200 OK\r\nTransfer-Encoding\r\n :chunked\r\nY: 1\r\n Content-Type: text/x\r\n\r\n1\r\nz\r\n0\r\n\r\n");

  EXPECT_THAT(c.request("http.header"), Optional(std::string("Host: a.example\r\nX: a b\r\n")));
  EXPECT_THAT(c.response("http.content_type"), Optional(std::string("text/x")));
  EXPECT_THAT(c.response("file.data"), Optional(std::string("z")));
  EXPECT_THAT(c.events(), Contains("invalid_response_field_folding"));
}

TEST(Http, ReadsHeadersOfARequestWithoutProtocol) {
  Conversation c = talk();
  c.client("GET /x\r\nHost: a.example\r\n\r\n");

  EXPECT_THAT(c.request("http.host"), Optional(std::string("a.example")));
  EXPECT_THAT(c.events(), Contains("request_line_missing_protocol"));
}

TEST(Http, KeepsSpacesInsideTheTarget) {
  Conversation c = talk();
  c.client("GET /a b/c HTTP/1.1\r\nHost: a.example\r\n\r\n");

  EXPECT_THAT(c.request("http.uri.raw"), Optional(std::string("/a b/c")));
  EXPECT_THAT(c.request("http.protocol"), Optional(std::string("HTTP/1.1")));
}

TEST(Http, DecodesTwiceOnlyWhenAsked) {
  Conversation once = talk();
  Conversation twice = talk(~std::size_t{0}, {.http_double_decode_path = true, .http_double_decode_query = true});
  constexpr std::string_view kTwice = "GET /a%252fb?c%252fd HTTP/1.1\r\nHost: a.example\r\n\r\n";
  once.client(kTwice);
  twice.client(kTwice);

  EXPECT_THAT(once.request("http.uri"), Optional(std::string("/a%2fb?c%2fd")));
  EXPECT_THAT(twice.request("http.uri"), Optional(std::string("/a/b?c/d")));
  EXPECT_THAT(twice.events(), Contains("double_encoded_uri"));
}

TEST(Http, GivesFilesOfAMultipartUploadOneByOne) {
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nchu\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nmot\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"g\"; filename=\"b.php\"\r\n\r\n--hai\r\n\r\n--b--\r\n";
  for (const std::size_t cut : {std::size_t{1}, std::size_t{11}, ~std::size_t{0}}) {
    Conversation c = talk(cut);
    c.client("POST /u HTTP/1.1\r\nHost: a.example\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: " +
             std::to_string(body.size()) + "\r\n\r\n" + body);

    EXPECT_THAT(c.request("file.name", 0, 0), Optional(std::string("a.txt")));
    EXPECT_THAT(c.request("file.data", 0, 0), Optional(std::string("mot")));
    EXPECT_THAT(c.request("file.name", 0, 1), Optional(std::string("b.php")));
    EXPECT_THAT(c.request("file.data", 0, 1), Optional(std::string("--hai\r\n")));
    EXPECT_EQ(c.request("file.data", 0, 2), std::nullopt);
    EXPECT_THAT(c.events(), IsEmpty());
  }
}

TEST(Http, ShowsALongBodyInWindows) {
  const ParserSettings settings{.http_response_body_limit = 400, .http_response_inspect_min = 100, .http_response_inspect_window = 40};
  Conversation c = talk(~std::size_t{0}, settings);
  c.client("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").server("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");

  c.server(std::string(99, 'a'));
  EXPECT_EQ(c.response("file.data"), std::nullopt);  // fewer than the minimum
  c.server(std::string(21, 'b'));
  EXPECT_EQ(c.response("file.data")->size(), 120u);
  EXPECT_EQ(c.response("file.data"), std::nullopt);  // nothing new
  c.server(std::string(10, 'c'));
  EXPECT_THAT(c.response("file.data"), Optional(std::string(9, 'a') + std::string(21, 'b') + std::string(10, 'c')));  // 40 in all
  c.server(std::string(800, 'd'));
  EXPECT_THAT(c.response("file.data"), Optional(std::string(10, 'c') + std::string(270, 'd')));  // up to the limit of 400
}

TEST(Http, StopsAtTooManyHeadersWithAnEvent) {
  Conversation c = talk();
  std::string request = "GET / HTTP/1.1\r\nHost: a.example\r\n";
  for (int i = 0; i < 1030; ++i) request += "X" + std::to_string(i) + ": y\r\n";
  c.client(request + "\r\n");

  EXPECT_THAT(c.events(), Contains("request_too_many_headers"));
  EXPECT_EQ(c.request("http.request_header", 0, 1024), std::nullopt);
  EXPECT_NE(c.request("http.request_header", 0, 1023), std::nullopt);
}

TEST(Http, GivesUpALineThatIsTooLong) {
  Conversation c = talk();
  c.client("GET /" + std::string(18'000, 'a'));

  EXPECT_TRUE(c.has_failed());
  EXPECT_THAT(c.events(), Contains("request_field_too_long"));
}

TEST(Http, GivesUpWhenTooManyRequestsAreOpen) {
  Conversation c = talk();
  std::string all;
  for (int i = 0; i < 600; ++i) all += "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
  c.client(all);

  EXPECT_EQ(c.app().live, ParserOut::kTransactionsOpen);
  EXPECT_EQ(c.layer().counters().tx_limit[static_cast<std::size_t>(AppProtocol::http)], 1u);
}

TEST(Http, GoesOnBehindAGapInABody) {
  Conversation c = talk();
  c.client("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  c.gap(Direction::to_client, 4);
  c.server("xyzHTTP/1.1 200 OK\r\n");

  EXPECT_THAT(c.response("file.data"), Optional(std::string("abcxyz")));
  EXPECT_EQ(c.tx(0)->progress[1], c.app().spec->complete[1]);
}

TEST(Http, AsksForRecognitionBehindConnect) {
  Conversation c = talk();
  c.client("CONNECT b.example:443 HTTP/1.1\r\nHost: b.example\r\n\r\n").server("HTTP/1.1 200 OK\r\n\r\n");

  EXPECT_TRUE(c.asked().recognise_again);
  EXPECT_EQ(c.app().port, 443);
  EXPECT_TRUE(c.app().is_changing);
}

TEST(Http, NotesAResponseThatNobodyAskedFor) {
  Conversation c = talk();
  c.client("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").server("HTTP/1.1 204 A\r\n\r\n");
  c.server("HTTP/1.1 200 B\r\nContent-Length: 1\r\n\r\nx");

  EXPECT_THAT(c.events(1), ElementsAre("unable_to_match_response_to_request"));
  EXPECT_THAT(c.response("http.stat_msg", 1), Optional(std::string("B")));
}

}  // namespace
}  // namespace hd::test
