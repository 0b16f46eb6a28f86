// SPDX-License-Identifier: Apache-2.0
// Whatever the way of cutting, repeating and shuffling, both readers see the bytes that were sent.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sensor/base/time.hpp"
#include "tests/unit/stream/conversation.hpp"

namespace hd {
namespace {

using test::Conversation;
using test::SeenWindow;

struct Piece {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

std::string random_text(SeededRandom& random, std::size_t length) {
  std::string text(length, ' ');
  for (char& c : text) c = static_cast<char>('a' + random.below(26));
  return text;
}

/// Every byte in at least one piece; some pieces overlap others; order shuffled within `reach` pieces.
std::vector<Piece> cut(SeededRandom& random, std::size_t total, std::size_t reach) {
  std::vector<Piece> pieces;
  for (std::uint32_t at = 0; at < total;) {
    const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(1 + random.below(700), total - at));
    pieces.push_back({at, length});
    if (random.below(4) == 0 && at > 0) {
      const auto back = static_cast<std::uint32_t>(std::min<std::uint64_t>(at, random.below(900)));
      const std::uint32_t begin = at - back;
      pieces.push_back({begin, static_cast<std::uint32_t>(std::min<std::uint64_t>(1 + random.below(1200), total - begin))});
    }
    at += length;
  }
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    std::swap(pieces[i], pieces[std::min(pieces.size() - 1, i + random.below(reach))]);
  }
  return pieces;
}

/// Acknowledges what arrived in order, as a receiver would.
struct Receiver {
  std::vector<bool> has;
  std::uint32_t next = 0;
  void take(const Piece& piece) {
    for (std::uint32_t i = piece.offset; i < piece.offset + piece.length; ++i) has[i] = true;
    while (next < has.size() && has[next]) ++next;
  }
};

class StreamProperty : public testing::TestWithParam<std::uint64_t> {};

TEST_P(StreamProperty, AnySegmentationGivesTheSameBytes) {
  SeededRandom random(GetParam());
  const std::string text = random_text(random, 1 + random.below(20'000));
  TcpOptions options = Conversation::small_options();
  options.depth = 0;
  options.out_of_order_max = 1024;
  Conversation talk(options);
  talk.handshake();
  Receiver receiver{std::vector<bool>(text.size()), 0};
  for (const Piece& piece : cut(random, text.size(), 1 + random.below(12))) {
    talk.client({.seq = Conversation::kClient + piece.offset, .ack = Conversation::kServer,
                 .payload = std::string_view(text).substr(piece.offset, piece.length)});
    receiver.take(piece);
    if (random.below(2) == 0) talk.server({.seq = Conversation::kServer, .ack = Conversation::kClient + receiver.next});
  }
  talk.server({.seq = Conversation::kServer, .ack = Conversation::kClient + receiver.next});
  talk.finish();
  EXPECT_EQ(talk.app(Direction::to_server), text) << "seed " << GetParam();
  EXPECT_TRUE(talk.gaps.empty());
  std::string raw;
  for (const SeenWindow& window : talk.windows) raw += window.bytes;
  EXPECT_EQ(raw, text);
  EXPECT_EQ(talk.tracker.counters().overlaps_different, 0u);
  EXPECT_EQ(talk.tracker.memory_used(), 0u);
  EXPECT_EQ(talk.tracker.sessions(), 0u);
}

TEST_P(StreamProperty, LostPiecesAreGapsAndTheRestIsSeen) {
  SeededRandom random(GetParam() + 1000);
  const std::string text = random_text(random, 2000 + random.below(8000));
  Conversation talk;
  talk.handshake();
  std::string kept;
  std::uint64_t lost = 0;
  bool is_last_kept = true;
  for (std::uint32_t at = 0; at < text.size();) {
    const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(1 + random.below(700), text.size() - at));
    is_last_kept = random.below(5) != 0 || at + length == text.size();
    if (is_last_kept) {
      talk.client({.seq = Conversation::kClient + at, .ack = Conversation::kServer, .payload = std::string_view(text).substr(at, length)});
      kept += text.substr(at, length);
    } else {
      lost += length;
    }
    at += length;
    talk.server({.seq = Conversation::kServer, .ack = Conversation::kClient + at});
  }
  talk.finish();
  EXPECT_EQ(talk.app(Direction::to_server), kept) << "seed " << GetParam();
  std::uint64_t told = 0;
  for (const std::uint64_t gap : talk.gaps) told += gap;
  EXPECT_EQ(told, lost);
  std::string raw;
  for (const SeenWindow& window : talk.windows) raw += window.bytes;
  EXPECT_EQ(raw, kept);
  EXPECT_EQ(talk.tracker.memory_used(), 0u);
}

/// Random headers and payloads: nothing breaks, no memory is lost, limits hold.
TEST_P(StreamProperty, NonsenseNeitherBreaksNorLeaks) {
  SeededRandom random(GetParam() + 2000);
  TcpOptions options = Conversation::small_options();
  options.midstream = random.below(2) == 0;
  options.async_oneside = random.below(2) == 0;
  options.unread_max = 4096;
  options.out_of_order_max = 8;
  options.memory = 1 << 16;
  options.depth = random.below(2) == 0 ? 0 : 3000;
  options.urgent = static_cast<UrgentPolicy>(random.below(4));
  Conversation talk(options);
  if (random.below(4) != 0) talk.handshake();
  const std::string text = random_text(random, 3000);
  for (int i = 0; i < 400; ++i) {
    const auto near = [&](std::uint32_t base) {
      return base + static_cast<std::uint32_t>(random.below(20) == 0 ? random.next() : random.below(6000)) - 500;
    };
    static constexpr std::uint8_t kFlags[] = {0x10, 0x10, 0x10, 0x18, 0x18, 0x30, 0x11, 0x14, 0x02, 0x12, 0x04, 0x00, 0x29};
    const bool is_client = random.below(3) != 0;
    const std::uint32_t own = is_client ? Conversation::kClient : Conversation::kServer;
    const std::uint32_t other = is_client ? Conversation::kServer : Conversation::kClient;
    std::vector<std::uint8_t> tcp_options;
    if (random.below(4) == 0) for (int j = 0; j < 12; ++j) tcp_options.push_back(static_cast<std::uint8_t>(random.below(40)));
    talk.packet(is_client ? Direction::to_server : Direction::to_client,
                {.seq = near(own), .ack = near(other), .flags = kFlags[random.below(i < 100 ? 6 : std::size(kFlags))],
                 .payload = std::string_view(text).substr(0, random.below(1500)),
                 .window = static_cast<std::uint16_t>(random.below(65536)), .options = tcp_options,
                 .urgent = static_cast<std::uint16_t>(random.below(100))});
    if (const TcpSession* session = talk.tracker.session(*talk.flow)) {
      for (const TcpSide& side : session->sides) {
        ASSERT_LE(side.kept, options.unread_max);
        ASSERT_LE(side.extents, options.out_of_order_max);
      }
    }
    if (random.below(100) == 0) talk.tracker.app_stop(*talk.flow, Direction::to_server);
    if (random.below(100) == 0) talk.tracker.flush_raw(*talk.flow, Direction::to_client);
    if (random.below(150) == 0) talk.tracker.stop_raw(*talk.flow, Direction::to_server);
  }
  talk.finish();
  EXPECT_EQ(talk.tracker.memory_used(), 0u) << "seed " << GetParam();
  EXPECT_EQ(talk.tracker.sessions(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, StreamProperty, testing::Range<std::uint64_t>(1, 201));

TEST(StreamSequence, NumbersWrap) {
  Conversation talk;
  const std::uint32_t begin = 0xfffffff0u;
  talk.client({.seq = begin - 1, .flags = tcp_flag::syn});
  talk.server({.seq = Conversation::kServer - 1, .ack = begin, .flags = tcp_flag::syn | tcp_flag::ack});
  talk.client({.seq = begin, .ack = Conversation::kServer});
  std::string text;
  for (std::uint32_t i = 0; i < 10; ++i) {
    const std::string piece = "piece " + std::to_string(i);
    const auto at = begin + static_cast<std::uint32_t>(text.size());
    const TakeResult result = talk.client({.seq = at, .ack = Conversation::kServer, .payload = piece});
    EXPECT_TRUE(result.is_valid);
    text += piece;
    talk.server({.seq = Conversation::kServer, .ack = begin + static_cast<std::uint32_t>(text.size())});
  }
  EXPECT_EQ(talk.app(Direction::to_server), text);
}

}  // namespace
}  // namespace hd
