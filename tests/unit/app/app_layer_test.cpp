// SPDX-License-Identifier: Apache-2.0
// Recognition and the driving of parsers, with two small protocols of the test's own.
#include "sensor/app/app_layer.hpp"

#include <gtest/gtest.h>

#include "tests/unit/app/driver.hpp"

namespace hd::test {
namespace {

using namespace std::string_view_literals;

/// Each line is a transaction; "fail" fails, "change" hands on, "stop" is the end of payload inspection.
Progress take_lines(void*, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  const std::string_view text = as_chars(bytes);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view line = text.substr(0, end);
  if (line == "fail") return {.used = end + 1, .status = Progress::Status::failed};
  if (line == "done") return {.used = end + 1, .status = Progress::Status::done};
  if (line == "stop") out.stop_payload_inspection();
  if (line == "change") {
    out.change_protocol(AppProtocol::tls);
    return {.used = end + 1, .status = Progress::Status::handed_on};
  }
  struct Part {
    int unused = 0;
  };
  Transaction* tx = out.open_transaction<Part>();
  if (tx == nullptr) return {.status = Progress::Status::failed};
  out.advance(*tx, direction, 1);
  out.flush_raw(direction);
  return {.used = end + 1};
}
void finish_line(void*, Direction direction, ParserOut& out) noexcept {
  if (out.newest() != nullptr) out.advance(*out.newest(), direction, 1);
}

constexpr RecognitionPattern kGreeting[] = {{.direction = Direction::to_server, .bytes = "HELO", .is_caseless = true},
                                            {.direction = Direction::to_client, .bytes = "220 "}};
constexpr RecognitionPattern kOther[] = {{.direction = Direction::to_server, .bytes = "zz"sv, .offset = 1, .depth = 8},
                                         {.direction = Direction::to_client, .bytes = "yy"sv}};
constexpr std::uint16_t kPorts[] = {7777};

Recognition probe(Bytes bytes, Direction direction, bool) noexcept {
  if (bytes.size() < 4) return Recognition::unsure;
  const bool is_answer = bytes[0] == 'A';
  if (bytes[0] != 'Q' && !is_answer) return Recognition::no;
  return is_answer == (direction == Direction::to_client) ? Recognition::yes : Recognition::yes_other_side;
}

constexpr ProtocolSpec kLines = {.name = "lines", .id = AppProtocol::http, .transports = transport::tcp, .patterns = kGreeting,
                                 .first_data = Directions::to_server, .state_size = 16, .take = take_lines,
                                 .finish = finish_line, .complete = {1, 1}};
constexpr ProtocolSpec kElse = {.name = "else", .id = AppProtocol::tls, .transports = transport::tcp, .patterns = kOther,
                                .take = take_lines, .complete = {1, 1}};
constexpr ProtocolSpec kProbed = {.name = "probed", .id = AppProtocol::dns, .transports = transport::tcp | transport::udp, .probe = probe,
                                  .tcp_ports = kPorts, .udp_ports = kPorts, .take = take_lines, .complete = {1, 1}};

Conversation talk(Conversation::Options options = {}) { return Conversation({&kLines, &kElse, &kProbed}, options); }
bool has(Conversation& c, FlowAppEvent event) { return (c.app().events >> static_cast<unsigned>(event) & 1) != 0; }

TEST(AppLayer, RecognisesByFirstBytesWhateverTheCut) {
  for (const std::size_t cut : {std::size_t{1}, ~std::size_t{0}}) {
    Conversation c = talk({.cut = cut});
    c.client("hElO a\nx\n");

    EXPECT_EQ(c.app().protocol, AppProtocol::http);
    EXPECT_EQ(c.app().live, 2u);
    EXPECT_TRUE(c.asked().flush_raw[0]);
  }
}

TEST(AppLayer, FindsPatternsBehindTheBegin) {
  Conversation c = talk();
  c.client("aaaazz\n");

  EXPECT_EQ(c.app().protocol, AppProtocol::tls);
}

TEST(AppLayer, GivesUpWhenNothingCanMatchInEitherDirection) {
  Conversation c = talk();
  c.client("nothing that anybody knows").server("and nothing either, at all");

  EXPECT_EQ(c.app().protocol, AppProtocol::failed);
  EXPECT_TRUE(c.last().is_stopped);
}

TEST(AppLayer, AsksProbesAtTheirPortsOnly) {
  Conversation at_port = talk({.server_port = 7777});
  Conversation elsewhere = talk({.server_port = 7778});
  at_port.client("Q123\n");
  elsewhere.client("Q123\n");

  EXPECT_EQ(at_port.app().protocol, AppProtocol::dns);
  EXPECT_EQ(elsewhere.app().protocol, AppProtocol::unknown);
}

TEST(AppLayer, TakesPortsFromTheSettings) {
  Conversation::Options options{.server_port = 9000};
  ProtocolChoice& choice = options.app.protocols[static_cast<std::size_t>(AppProtocol::dns)];
  choice.has_ports[0] = true;
  choice.ports[0] = {9000};
  Conversation c = talk(options);
  c.client("Q123\n");

  EXPECT_EQ(c.app().protocol, AppProtocol::dns);
}

TEST(AppLayer, NamesButDoesNotParseWhatIsOnlyDetected) {
  Conversation::Options options;
  options.app.protocols[static_cast<std::size_t>(AppProtocol::http)].mode = {ParseMode::detect, ParseMode::detect};
  Conversation c = talk(options);
  c.client("HELO a\n");

  EXPECT_EQ(c.app().protocol, AppProtocol::http);
  EXPECT_EQ(c.app().spec, nullptr);
  EXPECT_TRUE(c.last().is_stopped);
}

TEST(AppLayer, DoesNotLookForWhatIsOff) {
  Conversation::Options options;
  options.app.protocols[static_cast<std::size_t>(AppProtocol::http)].mode = {ParseMode::off, ParseMode::off};
  Conversation c = talk(options);
  c.client("HELO a\n");

  EXPECT_EQ(c.app().protocol, AppProtocol::unknown);
}

TEST(AppLayer, SaysThatSidesAreExchanged) {
  Conversation c = talk({.server_port = 7777});
  c.client("A123\n");

  EXPECT_TRUE(c.last().is_reversed);
  EXPECT_EQ(c.last().used, 0u);
}

TEST(AppLayer, ShowsTheFirstSpeakersBytesFirst) {
  Conversation c = talk();
  c.client("HEL").server("220 hello\n");
  EXPECT_EQ(c.app().live, 0u) << "the client spoke first, and its bytes are not known yet";
  c.client("O a\n").server("more\n");

  EXPECT_EQ(c.app().protocol, AppProtocol::http);
  EXPECT_EQ(c.app().live, 3u) << "the client's line, and both of the server's";
  EXPECT_FALSE(has(c, FlowAppEvent::wrong_direction_first_data));
}

TEST(AppLayer, GivesUpWhenTheWrongSideSpeaksFirst) {
  Conversation c = talk();
  c.server("220 hello\n");

  EXPECT_TRUE(has(c, FlowAppEvent::wrong_direction_first_data));
  EXPECT_EQ(c.app().live, 0u);
}

TEST(AppLayer, NotesThatBothSidesSpeakDifferentProtocols) {
  Conversation c = talk();
  c.client("HELO a\n").server("yy\n");

  EXPECT_TRUE(has(c, FlowAppEvent::mismatch_protocol_both_directions));
  EXPECT_EQ(c.app().protocol, AppProtocol::http);
}

TEST(AppLayer, NotesThatOneSideAloneWasRecognised) {
  Conversation c = talk();
  c.client("HELO a\n").server("something else than a greeting\n");

  EXPECT_TRUE(has(c, FlowAppEvent::detect_protocol_only_one_direction));
  EXPECT_EQ(c.app().live, 2u);
}

TEST(AppLayer, StopsBothDirectionsWhenTheParserFails) {
  Conversation c = talk();
  c.client("HELO a\nfail\nb\n").server("220 x\n");

  EXPECT_TRUE(c.has_failed());
  EXPECT_TRUE(c.last().is_stopped);
  EXPECT_EQ(c.app().live, 1u) << "what was parsed stays for detection";
  EXPECT_EQ(c.layer().counters().errors[static_cast<std::size_t>(AppProtocol::http)], 1u);
}

TEST(AppLayer, RecognisesAnewBehindAChange) {
  Conversation c = talk();
  c.client("HELO a\nchange\n");
  EXPECT_EQ(c.app().protocol, AppProtocol::http);
  c.client("azz b\n");

  EXPECT_EQ(c.app().protocol, AppProtocol::tls);
  EXPECT_EQ(c.app().before_change, AppProtocol::http);
  EXPECT_FALSE(has(c, FlowAppEvent::unexpected_protocol));
  EXPECT_EQ(c.app().live, 1u) << "transactions of the old parser are gone";
}

TEST(AppLayer, NotesThatTlsDidNotFollow) {
  Conversation c = talk();
  c.client("HELO a\nchange\nHELO b\n");

  EXPECT_TRUE(has(c, FlowAppEvent::no_tls_after_starttls));
  EXPECT_TRUE(has(c, FlowAppEvent::unexpected_protocol));
}

TEST(AppLayer, GivesUpAFlowBehindAGapThatItsParserCannotPass) {
  Conversation c = talk();
  c.client("HELO a\n").gap(Direction::to_server, 10);

  EXPECT_TRUE(c.last().is_stopped);
}

TEST(AppLayer, GivesTransactionsBackOnceBothDirectionsAreInspected) {
  Conversation c = talk();
  c.client("HELO a\nb\n");
  for (Transaction* tx = c.app().first; tx != nullptr; tx = tx->next) {
    tx->is_inspected = {true, true};
    tx->progress = {1, 0};
  }
  c.tx(1)->progress[1] = 1;

  c.layer().release_done(c.flow());

  EXPECT_NE(c.tx(0), nullptr);
  EXPECT_EQ(c.tx(1), nullptr);
  EXPECT_EQ(c.layer().transactions(), 1u);
}

TEST(AppLayer, HoldsNothingWhenTheFlowEnds) {
  Conversation c = talk();
  c.client("HELO a\nb\n").end();
  const std::size_t before = c.layer().memory_used();
  c.layer().end(c.flow());

  EXPECT_GT(before, 0u);
  EXPECT_EQ(c.layer().memory_used(), 0u);
  EXPECT_EQ(c.layer().transactions(), 0u);
}

TEST(AppLayer, CountsFlowsThatFindNoRoom) {
  AppOptions options{.flows_max = 1, .transactions_max = 8, .memory = std::size_t{1} << 20};
  const ProtocolSpec* specs[] = {&kLines};
  AppLayer layer(options, specs);
  FlowRecord first, second;

  EXPECT_NE(layer.begin(first), nullptr);
  EXPECT_EQ(layer.begin(second), nullptr);
  EXPECT_EQ(layer.counters().memory_limit, 1u);
}

}  // namespace
}  // namespace hd::test
