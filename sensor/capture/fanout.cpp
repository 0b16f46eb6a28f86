// SPDX-License-Identifier: Apache-2.0
#include "sensor/capture/fanout.hpp"

#include "sensor/base/assert.hpp"

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <cstddef>

namespace hd {
namespace {

// Scratch words of the program.
constexpr std::uint32_t kSpare = 0;  // an operand
constexpr std::uint32_t kAt = 1;     // offset of the header at hand
constexpr std::uint32_t kHash = 2;   // of the address at hand
constexpr std::uint32_t kFirst = 3;  // hash of the source

constexpr std::uint32_t kStep = 0x9e3779b1;  // odd, bits well spread
constexpr std::uint32_t kMixA = 0x85ebca6b, kMixB = 0xc2b2ae35;

constexpr std::uint32_t kIp4 = 0x0800, kIp6 = 0x86dd, kMpls = 0x8847, kMplsUp = 0x8848, kPppoe = 0x8864;
constexpr std::uint32_t kPppIp4 = 0x0021, kPppIp6 = 0x0057, kPppMpls = 0x0281;
constexpr std::uint32_t kGtpPort = 2152, kTpdu = 255;

/// Instructions with labels. Jumps of classic BPF go forward alone, and conditional ones at most 255 instructions: each
/// condition here skips one unconditional jump, which goes as far as it must.
class Assembler {
 public:
  using Label = std::size_t;

  void emit(std::uint32_t code, std::uint32_t k = 0) { code_.push_back({static_cast<std::uint16_t>(code), 0, 0, k}); }
  [[nodiscard]] Label label() {
    places_.push_back(0);
    return places_.size() - 1;
  }
  void place(Label label) { places_[label] = code_.size(); }
  void jump(Label to) {
    jumps_.push_back({code_.size(), to});
    emit(BPF_JMP | BPF_JA);
  }
  /// A == k.
  void jump_if(std::uint32_t k, Label to) { conditional(BPF_JEQ, k, 0, 1, to); }
  void jump_unless(std::uint32_t k, Label to) { conditional(BPF_JEQ, k, 1, 0, to); }
  /// (A & k) != 0.
  void jump_if_any(std::uint32_t k, Label to) { conditional(BPF_JSET, k, 0, 1, to); }

  void load8(std::uint32_t offset) { emit(BPF_LD | BPF_B | BPF_IND, offset); }
  void load16(std::uint32_t offset) { emit(BPF_LD | BPF_H | BPF_IND, offset); }
  void load32(std::uint32_t offset) { emit(BPF_LD | BPF_W | BPF_IND, offset); }
  void add(std::uint32_t k) { emit(BPF_ALU | BPF_ADD | BPF_K, k); }
  void give(std::uint32_t k) { emit(BPF_RET | BPF_K, k); }
  /// X += k; A stays.
  void skip(std::uint32_t k) {
    emit(BPF_ST, kSpare);
    emit(BPF_MISC | BPF_TXA);
    add(k);
    emit(BPF_MISC | BPF_TAX);
    emit(BPF_LD | BPF_MEM, kSpare);
  }
  /// A ^= A >> bits; X is lost.
  void fold(std::uint32_t bits) {
    emit(BPF_ST, kSpare);
    emit(BPF_ALU | BPF_RSH | BPF_K, bits);
    emit(BPF_LDX | BPF_MEM, kSpare);
    emit(BPF_ALU | BPF_XOR | BPF_X);
  }
  void multiply(std::uint32_t k) { emit(BPF_ALU | BPF_MUL | BPF_K, k); }

  [[nodiscard]] std::vector<sock_filter> finish() {
    for (const Jump& one : jumps_) {
      HD_ASSERT(places_[one.to] > one.from);
      code_[one.from].k = static_cast<std::uint32_t>(places_[one.to] - one.from - 1);
    }
    HD_ASSERT(code_.size() <= BPF_MAXINSNS);
    return std::move(code_);
  }

 private:
  struct Jump {
    std::size_t from;
    Label to;
  };
  void conditional(std::uint32_t test, std::uint32_t k, std::uint8_t skip_true, std::uint8_t skip_false, Label to) {
    code_.push_back({static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), skip_true, skip_false, k});
    jump(to);
  }

  std::vector<sock_filter> code_ = {};
  std::vector<std::size_t> places_ = {};
  std::vector<Jump> jumps_ = {};
};

/// The parts of the program. Between them X is the offset of the header at hand.
class FanoutWriter {
 public:
  explicit FanoutWriter(std::uint32_t seed) : seed_(seed) {}

  std::vector<sock_filter> write(FanoutStart start) {
    begin(start);
    ether_types(2);
    as_.give(0);
    mpls();
    inner_ethernet();
    as_.place(outer_ip4_);
    user_plane();
    as_.place(ip4_);
    addresses({12}, {16});
    as_.place(ip6_);
    addresses({8, 12, 16, 20}, {24, 28, 32, 36});
    return as_.finish();
  }

 private:
  // X: where the network header is; A: its EtherType.
  void begin(FanoutStart start) {
    if (start == FanoutStart::ethernet) {
      as_.emit(BPF_LDX | BPF_IMM, 14);
      as_.emit(BPF_LD | BPF_H | BPF_ABS, 12);
      return;
    }
    as_.emit(BPF_LDX | BPF_IMM, 0);
    if (start == FanoutStart::kernel_ethernet) {
      // A packet that goes out still has its link header in front.
      const Assembler::Label comes_in = as_.label();
      as_.emit(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE));
      as_.jump_unless(PACKET_OUTGOING, comes_in);
      as_.emit(BPF_LDX | BPF_IMM, 14);
      as_.place(comes_in);
    }
    as_.emit(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL));
  }

  // A: an EtherType, X: what is behind it.
  void ether_types(unsigned tags) {
    for (unsigned i = 0; i < tags; ++i) {
      const Assembler::Label tag = as_.label(), none = as_.label();
      for (const std::uint32_t type : {0x8100u, 0x88a8u, 0x9100u}) as_.jump_if(type, tag);
      as_.jump(none);
      as_.place(tag);
      as_.load16(2);
      as_.skip(4);
      as_.place(none);
    }
    as_.jump_if(kIp4, outer_ip4_);
    as_.jump_if(kIp6, ip6_);
    as_.jump_if(kMpls, mpls_);
    as_.jump_if(kMplsUp, mpls_);
    const Assembler::Label other = as_.label();
    as_.jump_unless(kPppoe, other);
    as_.load16(6);
    as_.skip(8);
    as_.jump_if(kPppIp4, outer_ip4_);
    as_.jump_if(kPppIp6, ip6_);
    as_.jump_if(kPppMpls, mpls_);
    as_.place(other);
  }

  void mpls() {
    as_.place(mpls_);
    const Assembler::Label bottom = as_.label();
    for (unsigned i = 0; i < 3; ++i) {
      as_.load8(2);
      as_.skip(4);
      as_.jump_if_any(1, bottom);
    }
    as_.give(0);
    as_.place(bottom);
    as_.load8(0);
    as_.emit(BPF_ALU | BPF_RSH | BPF_K, 4);
    as_.jump_if(4, outer_ip4_);
    as_.jump_if(6, ip6_);
    as_.jump_if(0, pseudowire_);  // RFC 4385: the control word begins with zeroes
    as_.give(0);
  }

  void inner_ethernet() {
    as_.place(pseudowire_);
    as_.load16(4 + 12);
    as_.skip(4 + 14);
    const Assembler::Label none = as_.label();
    as_.jump_unless(0x8100, none);
    as_.load16(2);
    as_.skip(4);
    as_.place(none);
    as_.jump_if(kIp4, outer_ip4_);
    as_.jump_if(kIp6, ip6_);
    as_.give(0);
  }

  // X: an IPv4 header. Leaves X there, or at the header inside of GTP-U.
  void user_plane() {
    const Assembler::Label plain = as_.label(), extended = as_.label(), payload = as_.label();
    as_.emit(BPF_STX, kAt);
    as_.load8(9);
    as_.jump_unless(17, plain);
    as_.load16(6);
    as_.jump_if_any(0x3fff, plain);
    as_.load8(0);
    as_.emit(BPF_ALU | BPF_AND | BPF_K, 0x0f);
    as_.emit(BPF_ALU | BPF_LSH | BPF_K, 2);
    as_.emit(BPF_ALU | BPF_ADD | BPF_X);
    as_.emit(BPF_MISC | BPF_TAX);  // UDP
    as_.load16(2);
    as_.jump_unless(kGtpPort, plain);
    as_.load8(9);
    as_.jump_unless(kTpdu, plain);
    as_.load8(8);
    as_.skip(16);
    as_.emit(BPF_ST, kHash);
    as_.emit(BPF_ALU | BPF_AND | BPF_K, 0xf0);
    as_.jump_unless(0x30, plain);  // version 1, GTP
    as_.emit(BPF_LD | BPF_MEM, kHash);
    as_.jump_if_any(0x07, extended);
    as_.jump(payload);
    as_.place(extended);  // four bytes more, the last of them tells of the next header if bit 2 is set
    as_.emit(BPF_ALU | BPF_AND | BPF_K, 0x04);
    as_.emit(BPF_ST, kHash);
    as_.load8(3);
    as_.skip(4);
    as_.emit(BPF_ST, kSpare);
    as_.emit(BPF_LD | BPF_MEM, kHash);
    as_.jump_if(0, payload);
    as_.emit(BPF_LD | BPF_MEM, kSpare);
    gtp_extension(payload);
    gtp_extension(payload);
    as_.jump_unless(0, plain);
    as_.place(payload);
    as_.load8(0);
    as_.emit(BPF_ALU | BPF_RSH | BPF_K, 4);
    as_.jump_if(4, ip4_);
    as_.jump_if(6, ip6_);
    as_.place(plain);
    as_.emit(BPF_LDX | BPF_MEM, kAt);
  }

  // A: type of the header at X. Its first byte is its length in words, its last the type of the next.
  void gtp_extension(Assembler::Label payload) {
    as_.jump_if(0, payload);
    as_.load8(0);
    as_.emit(BPF_ALU | BPF_LSH | BPF_K, 2);
    as_.emit(BPF_ALU | BPF_ADD | BPF_X);
    as_.emit(BPF_MISC | BPF_TAX);
    as_.emit(BPF_ALU | BPF_SUB | BPF_K, 1);
    as_.emit(BPF_ST, kSpare);
    as_.emit(BPF_STX, kHash);
    as_.emit(BPF_LDX | BPF_MEM, kSpare);
    as_.load8(0);
    as_.emit(BPF_LDX | BPF_MEM, kHash);
  }

  // Each address is hashed with the seed by itself; the sum of both is the same for both directions.
  void addresses(const std::vector<std::uint32_t>& source, const std::vector<std::uint32_t>& target) {
    as_.emit(BPF_STX, kAt);
    one_address(source);
    as_.emit(BPF_ST, kFirst);
    one_address(target);
    as_.emit(BPF_LDX | BPF_MEM, kFirst);
    as_.emit(BPF_ALU | BPF_ADD | BPF_X);
    as_.fold(16);
    as_.multiply(kMixA);
    as_.fold(13);
    as_.multiply(kMixB);
    as_.fold(16);
    as_.emit(BPF_RET | BPF_A);
  }

  void one_address(const std::vector<std::uint32_t>& words) {
    as_.emit(BPF_LD | BPF_IMM, seed_);
    for (const std::uint32_t word : words) {
      as_.emit(BPF_ST, kHash);
      as_.emit(BPF_LDX | BPF_MEM, kAt);
      as_.load32(word);
      as_.emit(BPF_LDX | BPF_MEM, kHash);
      as_.emit(BPF_ALU | BPF_XOR | BPF_X);
      as_.multiply(kStep);
      as_.fold(15);
    }
  }

  std::uint32_t seed_;
  Assembler as_ = {};
  Assembler::Label outer_ip4_ = as_.label(), ip4_ = as_.label(), ip6_ = as_.label(), mpls_ = as_.label(), pseudowire_ = as_.label();
};

}  // namespace

std::vector<sock_filter> fanout_program(FanoutStart start, std::uint32_t seed) { return FanoutWriter(seed).write(start); }

}  // namespace hd
