// SPDX-License-Identifier: Apache-2.0
// The fanout's program, run by libpcap's interpreter on crafted frames: no privilege is needed.
#include "sensor/capture/fanout.hpp"
#include "tests/support/packet_builder.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <pcap/pcap.h>

#include <array>
#include <cmath>

namespace hd::test {
namespace {

constexpr std::uint32_t kSeed = 0x5eed1234;

class Program {
 public:
  explicit Program(FanoutStart start = FanoutStart::ethernet, std::uint32_t seed = kSeed) {
    for (const sock_filter& one : fanout_program(start, seed)) code_.push_back({one.code, one.jt, one.jf, one.k});
  }
  [[nodiscard]] bool is_valid() const { return bpf_validate(code_.data(), static_cast<int>(code_.size())) != 0; }
  [[nodiscard]] std::uint32_t run(const Packet& frame) const {
    const auto size = static_cast<u_int>(frame.size());
    return bpf_filter(code_.data(), frame.data(), size, size);
  }
  [[nodiscard]] std::size_t size() const { return code_.size(); }

 private:
  std::vector<bpf_insn> code_;
};

std::string client(unsigned i) { return "10." + std::to_string(i >> 16 & 255) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255); }
Network up(unsigned i = 7) { return ip4({.source = client(i), .target = "198.51.100.7"}, udp({}, "hello")); }
Network down(unsigned i = 7) { return ip4({.source = "198.51.100.7", .target = client(i)}, udp({.source_port = 53, .target_port = 40000}, "there")); }

Packet gtp(std::uint8_t flags, std::initializer_list<unsigned> options, const Network& inner) {
  Packet result;
  put8(result, flags);
  put8(result, 255);
  put16(result, static_cast<unsigned>(inner.bytes.size() + options.size()));
  put32(result, 0x1000);
  for (const unsigned byte : options) put8(result, byte);
  put(result, inner.bytes);
  return result;
}
Packet tunnelled(std::uint8_t flags, std::initializer_list<unsigned> options, const Network& inner, bool is_up = true) {
  const std::string node = "10.200.0.1", core = "10.200.0.2";
  return ethernet(ip4({.source = is_up ? node : core, .target = is_up ? core : node}, udp({.source_port = 2152, .target_port = 2152}, Bytes(gtp(flags, options, inner)))));
}

TEST(Fanout, IsAProgramThatTheKernelCanTake) {
  for (const FanoutStart start : {FanoutStart::ethernet, FanoutStart::kernel_ethernet, FanoutStart::kernel_raw}) {
    EXPECT_LE(Program(start).size(), 600u);  // of 4096
  }
  EXPECT_TRUE(Program().is_valid());
}

TEST(Fanout, SendsBothDirectionsOfAHostPairToOneWorker) {
  const Program program;
  for (unsigned i = 1; i < 200; ++i) {
    EXPECT_NE(program.run(ethernet(up(i))), 0u);
    EXPECT_EQ(program.run(ethernet(up(i))), program.run(ethernet(down(i))));
  }
  const Network six = ip6({.source = "2001:db8::1", .target = "2001:db8:5::7"}, udp({}, "hello"));
  const Network back = ip6({.source = "2001:db8:5::7", .target = "2001:db8::1"}, udp({}, "hello"));
  EXPECT_NE(program.run(ethernet(six)), 0u);
  EXPECT_EQ(program.run(ethernet(six)), program.run(ethernet(back)));
}

TEST(Fanout, SendsAllFragmentsToOneWorker) {
  const Program program;
  const Network whole = ip4({}, udp({.target_port = 2152}, std::string(3000, 'x')));
  const std::uint32_t expected = program.run(ethernet(ip4({}, udp({}, "small"))));
  for (const Network& piece : fragments(whole, 1000)) EXPECT_EQ(program.run(ethernet(piece)), expected);
}

TEST(Fanout, LooksThroughTagsSessionsAndLabels) {
  const Program program;
  const std::uint32_t expected = program.run(ethernet(up()));
  const Network two_labels = {.type = 0x8847, .bytes = [] {
                                Packet bytes;
                                put32(bytes, 77 << 12 | 64);
                                put(bytes, mpls(78, up().bytes).bytes);
                                return bytes;
                              }()};

  EXPECT_EQ(program.run(ethernet(vlan(7, up()))), expected);
  EXPECT_EQ(program.run(ethernet(qinq(7, 8, up()))), expected);
  EXPECT_EQ(program.run(ethernet(pppoe(up()))), expected);
  EXPECT_EQ(program.run(ethernet(vlan(7, pppoe(up())))), expected);
  EXPECT_EQ(program.run(ethernet(mpls(77, up().bytes))), expected);
  EXPECT_EQ(program.run(ethernet(two_labels)), expected);
  EXPECT_EQ(program.run(ethernet(vlan(7, two_labels))), expected);
  EXPECT_EQ(program.run(ethernet(pseudowire(77, ethernet(up())))), expected);
  EXPECT_EQ(program.run(ethernet(pseudowire(77, ethernet(vlan(9, up()))))), expected);
}

TEST(Fanout, SendsWhatIsNotIpToTheFirstWorker) {
  const Program program;
  EXPECT_EQ(program.run(ethernet({.type = 0x0806, .bytes = Packet(28, 1)})), 0u);
  EXPECT_EQ(program.run(ethernet(vlan(7, vlan(8, vlan(9, up()))))), 0u);
  EXPECT_EQ(program.run(Packet(13, 0)), 0u);
}

TEST(Fanout, AnyLengthOfAFrameIsFine) {
  const Program program;
  for (const Packet& whole : {ethernet(up()), tunnelled(0x34, {0, 0, 0, 0x85, 1, 0, 0, 0}, up()), ethernet(pseudowire(7, ethernet(up())))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) (void)program.run(Packet(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
  }
}

TEST(Fanout, TellsUsersOfOneMobileCoreApart) {
  const Program program;
  const std::uint32_t expected = program.run(ethernet(up()));

  EXPECT_EQ(program.run(tunnelled(0x30, {}, up())), expected);
  EXPECT_EQ(program.run(tunnelled(0x30, {}, down(), false)), expected);
  EXPECT_EQ(program.run(tunnelled(0x32, {0, 9, 0, 0x85}, up())), expected);  // a number alone: the type counts for nothing
  EXPECT_EQ(program.run(tunnelled(0x34, {0, 0, 0, 0x85, 1, 0, 9, 0}, up())), expected);  // the session of a 5G core
  EXPECT_EQ(program.run(tunnelled(0x34, {0, 0, 0, 0xc0, 1, 0, 9, 0x85, 1, 0, 9, 0}, up())), expected);
  EXPECT_NE(program.run(tunnelled(0x30, {}, up(8))), expected);
  const Network six = ip6({}, udp({}, "hello"));
  EXPECT_EQ(program.run(tunnelled(0x30, {}, six)), program.run(ethernet(six)));
}

TEST(Fanout, TakesTheOuterAddressesOfWhatItCannotLookInto) {
  const Program program;
  const std::uint32_t outer = program.run(ethernet(ip4({.source = "10.200.0.1", .target = "10.200.0.2"}, udp({}, "x"))));

  EXPECT_EQ(program.run(tunnelled(0x10, {}, up())), outer);                                          // version 0
  EXPECT_EQ(program.run(tunnelled(0x34, {0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0}, up())), outer);  // three headers
  EXPECT_EQ(program.run(tunnelled(0x30, {}, {.type = 0, .bytes = Packet(40, 0xff)})), outer);
}

TEST(Fanout, BalancesAnyNumberOfWorkers) {
  const Program program;
  constexpr unsigned kPairs = 1000;
  for (const unsigned workers : {2u, 3u, 4u, 6u, 8u, 16u}) {
    std::array<unsigned, 16> one_server{}, neighbours{}, six{};
    for (unsigned i = 0; i < kPairs; ++i) {
      ++one_server[program.run(ethernet(up(i))) % workers];
      ++neighbours[program.run(ethernet(ip4({.source = client(2 * i), .target = client(2 * i + 1)}, udp({}, "x")))) % workers];
      ++six[program.run(ethernet(ip6({.source = "2001:db8::" + std::to_string(i % 10) + ":" + std::to_string(i / 10 + 1)}, udp({}, "x")))) % workers];
    }
    const double expected = double{kPairs} / workers;
    const double bound = 4.5 * std::sqrt(expected);  // 4.5 standard deviations of a fair draw
    for (unsigned worker = 0; worker < workers; ++worker) {
      EXPECT_NEAR(one_server[worker], expected, bound) << workers;
      EXPECT_NEAR(neighbours[worker], expected, bound) << workers;
      EXPECT_NEAR(six[worker], expected, bound) << workers;
    }
  }
}

TEST(Fanout, AnotherSeedDrawsAnew) {
  const Program one(FanoutStart::ethernet, 1), other(FanoutStart::ethernet, 2);
  unsigned same = 0;
  for (unsigned i = 0; i < 1000; ++i) same += one.run(ethernet(up(i))) % 2 == other.run(ethernet(up(i))) % 2 ? 1 : 0;
  EXPECT_NEAR(same, 500, 80);
}

}  // namespace
}  // namespace hd::test
