// SPDX-License-Identifier: Apache-2.0
// Live capture on the loopback of a network namespace of our own. Where the machine does not permit that, the
// tests say so and are skipped.
#include "sensor/base/file.hpp"
#include "sensor/capture/source.hpp"
#include "tests/support/packet_builder.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hd::test {
namespace {

/// A socket that sends whole frames; the loopback brings them back.
class Loopback {
 public:
  /// Empty when it is there, else why not.
  std::string enter() {
    if (unshare(CLONE_NEWNET) != 0)
      return std::string("no network namespace of our own: ") + std::strerror(errno);
    UniqueFd control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(control.get(), SIOCSIFFLAGS, &request) != 0)
      return std::string("lo stays down: ") + std::strerror(errno);
    fd_ = UniqueFd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    if (!fd_) return std::string("no packet socket: ") + std::strerror(errno);
    return "";
  }
  void send(const Packet& frame) {
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_protocol = htons(load_be16(frame.data() + 12));
    to.sll_ifindex = static_cast<int>(if_nametoindex("lo"));
    ASSERT_EQ(
        sendto(fd_.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
        static_cast<ssize_t>(frame.size()))
        << std::strerror(errno);
  }

 private:
  UniqueFd fd_;
};

struct Seen {
  RawPacket packet = {};
  Packet bytes = {};
};

/// Reads until `count` packets came; gives up after `patience` tenths of a second without any.
std::vector<Seen> read(Source& source, std::size_t count, int patience = 50) {
  std::vector<Seen> result;
  RawBatch batch;
  for (int idle = 0; result.size() < count && idle < patience;) {
    const SourceState state = source.next_batch(batch, 100);
    if (state == SourceState::end) break;
    if (state == SourceState::idle) ++idle;
    for (const RawPacket& packet : batch.all())
      result.push_back({packet, {packet.data, packet.data + packet.caplen}});
  }
  return result;
}

Packet frame(std::uint16_t port, std::string_view text = "hello") {
  return ethernet(ip4({}, udp({.target_port = port}, text)));
}

using Open = Result<std::unique_ptr<Source>> (*)(const std::string&, const CaptureOptions&);
struct Kind {
  const char* name;
  Open open;
};

class LiveCapture : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    const std::string problem = loopback_.enter();
    if (!problem.empty()) GTEST_SKIP() << "NOT TESTED: live capture needs root. " << problem;
  }
  std::unique_ptr<Source> open(CaptureOptions options = {}) {
    options.ring_bytes = std::size_t{8} << 20;
    auto source = GetParam().open("lo", options);
    if (!source) ADD_FAILURE() << to_text(source.error());
    return source ? std::move(*source) : nullptr;
  }
  Loopback loopback_;
};

TEST_P(LiveCapture, SeesEachFrameOnceAndInOrder) {
  const auto source = open();
  ASSERT_NE(source, nullptr);
  constexpr std::size_t kFrames = 200;

  for (std::size_t i = 0; i < kFrames; ++i) loopback_.send(frame(static_cast<std::uint16_t>(1000 + i)));
  const std::vector<Seen> seen = read(*source, kFrames);

  ASSERT_EQ(seen.size(), kFrames);
  for (std::size_t i = 0; i < kFrames; ++i) {
    EXPECT_EQ(seen[i].bytes, frame(static_cast<std::uint16_t>(1000 + i)));
    EXPECT_EQ(seen[i].packet.number, i + 1);
  }
  EXPECT_GE(seen.back().packet.time, seen.front().packet.time);
  const SourceStats stats = source->stats();
  EXPECT_EQ(stats.received - stats.filtered, kFrames);  // each has a fate
  EXPECT_EQ(stats.lost_ring, 0u);
}

TEST_P(LiveCapture, IsIdleWhenNothingComes) {
  const auto source = open();
  ASSERT_NE(source, nullptr);
  RawBatch batch;

  EXPECT_EQ(source->next_batch(batch, 0), SourceState::idle);
  EXPECT_EQ(source->next_batch(batch, 20), SourceState::idle);
}

TEST_P(LiveCapture, FiltersInTheKernel) {
  const auto source = open({.filter = "udp port 1001"});
  ASSERT_NE(source, nullptr);

  for (const std::uint16_t port : {std::uint16_t{1000}, std::uint16_t{1001}, std::uint16_t{1002}})
    loopback_.send(frame(port));
  const std::vector<Seen> seen = read(*source, 1);

  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].bytes, frame(1001));
}

TEST_P(LiveCapture, CutsFramesAtTheSnapLength) {
  const auto source = open({.snaplen = 60});
  ASSERT_NE(source, nullptr);

  loopback_.send(frame(1000, std::string(100, 'x')));
  const std::vector<Seen> seen = read(*source, 1);

  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].packet.caplen, 60u);
  EXPECT_EQ(seen[0].packet.wirelen, frame(1000, std::string(100, 'x')).size());
}

TEST_P(LiveCapture, SaysThatThereIsNoSuchInterface) {
  const auto source = GetParam().open("hd-no-such0", {});

  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::E4001);
  EXPECT_NE(source.error().what.find("hd-no-such0"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Live, LiveCapture,
                         testing::Values(Kind{"af_packet", open_af_packet}, Kind{"libpcap", open_libpcap}),
                         [](const auto& kind) { return std::string(kind.param.name); });

class AfPacket : public testing::Test {
 protected:
  void SetUp() override {
    const std::string problem = loopback_.enter();
    if (!problem.empty()) GTEST_SKIP() << "NOT TESTED: live capture needs root. " << problem;
  }
  Loopback loopback_;
};

TEST_F(AfPacket, TellsTheTagThatTheKernelTookOff) {
  auto source = open_af_packet("lo", {.ring_bytes = std::size_t{8} << 20});
  ASSERT_TRUE(source) << to_text(source.error());

  loopback_.send(ethernet(vlan(7, ip4({}, udp({}, "hello")))));
  const std::vector<Seen> seen = read(**source, 1);

  ASSERT_EQ(seen.size(), 1u);
  EXPECT_TRUE(seen[0].packet.has_vlan);
  EXPECT_EQ(seen[0].packet.vlan & 0x0fff, 7);
  EXPECT_EQ(seen[0].bytes, ethernet(ip4({}, udp({}, "hello"))));
}

struct Shared {
  std::vector<Seen> one = {};
  std::vector<Seen> other = {};
};
/// Reads `count` packets from two sockets of a group.
Shared read_both(Source& first, Source& second, std::size_t count) {
  Shared result;
  RawBatch batch;
  for (int idle = 0; result.one.size() + result.other.size() < count && idle < 50;) {
    bool came = false;
    for (Source* side : {&first, &second}) {
      if (side->next_batch(batch, 50) != SourceState::packets) continue;
      came = true;
      for (const RawPacket& packet : batch.all()) (side == &first ? result.one : result.other).push_back({packet, {packet.data, packet.data + packet.caplen}});
    }
    if (!came) ++idle;
  }
  return result;
}

constexpr CaptureOptions kGroup{.ring_bytes = std::size_t{8} << 20, .fanout_group = 4711, .fanout_seed = 99};

TEST_F(AfPacket, SharesHostPairsAmongTheSocketsOfAGroup) {
  auto first = open_af_packet("lo", kGroup);
  auto second = open_af_packet("lo", kGroup);
  ASSERT_TRUE(first && second);
  constexpr std::size_t kPairs = 64;

  for (std::size_t i = 0; i < kPairs; ++i) {
    const std::string client = "192.0.2." + std::to_string(i + 10), server = "198.51.100.7";
    loopback_.send(ethernet(ip4({.source = client, .target = server}, udp({}, "hello"))));
    loopback_.send(ethernet(ip4({.source = server, .target = client}, udp({}, "there"))));
  }
  const Shared shared = read_both(**first, **second, 2 * kPairs);

  EXPECT_EQ(shared.one.size() + shared.other.size(), 2 * kPairs);
  EXPECT_GT(shared.one.size(), kPairs / 2);
  EXPECT_GT(shared.other.size(), kPairs / 2);
  // Both packets of a pair went the same way, one behind the other.
  for (const auto* side : {&shared.one, &shared.other}) {
    ASSERT_EQ(side->size() % 2, 0u);
    for (std::size_t i = 0; i < side->size(); i += 2) {
      EXPECT_TRUE(std::equal((*side)[i].bytes.begin() + 26, (*side)[i].bytes.begin() + 30, (*side)[i + 1].bytes.begin() + 30));
    }
  }
}

TEST_F(AfPacket, LeavesFragmentsAsTheyAreOnTheWire) {
  auto first = open_af_packet("lo", kGroup);
  auto second = open_af_packet("lo", kGroup);
  ASSERT_TRUE(first && second);

  std::size_t sent = 0;
  for (const Network& piece : fragments(ip4({}, udp({}, std::string(4000, 'x'))), 1000)) {
    loopback_.send(ethernet(piece));
    ++sent;
  }
  const Shared shared = read_both(**first, **second, sent);

  ASSERT_EQ(sent, 5u);
  EXPECT_EQ(std::max(shared.one.size(), shared.other.size()), sent);  // not put together, and all at one worker
}

TEST_F(AfPacket, CountsWhatTheRingHadNoRoomFor) {
  auto source = open_af_packet("lo", {.ring_bytes = 1});  // the smallest: 4 MiB
  ASSERT_TRUE(source) << to_text(source.error());
  constexpr std::uint64_t kFrames = 6000;

  for (std::uint64_t i = 0; i < kFrames; ++i) loopback_.send(frame(1000, std::string(1400, 'x')));
  const std::size_t seen = read(**source, kFrames, 10).size();

  const SourceStats stats = (*source)->stats();
  EXPECT_GT(stats.lost_ring, 0u);
  EXPECT_GT(stats.freezes, 0u);
  EXPECT_EQ(seen + stats.filtered + stats.lost_ring, stats.received);  // the fates sum
}

}  // namespace
}  // namespace hd::test
