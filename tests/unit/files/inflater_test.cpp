// SPDX-License-Identifier: Apache-2.0
#include "sensor/files/inflater.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "sensor/base/crypto.hpp"

namespace hd {
namespace {

constexpr std::string_view kEicar = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
// The same text in Python: zlib.compressobj(9, zlib.DEFLATED, -15 | 15 | 31), lzma.FORMAT_ALONE.
constexpr std::string_view kRaw =
    "8b30f5570c5075700c88368909888a3035d10888d3347776d634af5571f574760cd20d0e71f473710c72d175f40bf10cf30c"
    "0a0dd60d710d0ed175f3f4715554f1d0f6d00200";
constexpr std::string_view kZlib =
    "78da8b30f5570c5075700c88368909888a3035d10888d3347776d634af5571f574760cd20d0e71f473710c72d175f40bf10c"
    "f30c0a0dd60d710d0ed175f3f4715554f1d0f6d002007454120f";
constexpr std::string_view kGzip =
    "1f8b08000000000002038b30f5570c5075700c88368909888a3035d10888d3347776d634af5571f574760cd20d0e71f47371"
    "0c72d175f40bf10cf30c0a0dd60d710d0ed175f3f4715554f1d0f6d002003ccf516844000000";
// With all optional parts of the header (RFC 1952 2.3).
constexpr std::string_view kGzipOdd =
    "1f8b081e000000000003030061626374656e006c6f690012348b30f5570c5075700c88368909888a3035d10888d3347776d6"
    "34af5571f574760cd20d0e71f473710c72d175f40bf10cf30c0a0dd60d710d0ed175f3f4715554f1d0f6d002003ccf516844"
    "000000";
constexpr std::string_view kLzma =
    "5d00008000ffffffffffffffff002c0d45e2234b3809fe242c5b4b369031dc4b2435b632dfaf314c3cdfcf3a4b7573e58bc8"
    "7e89b3805ef7941f8da9c31efa496c05fc84055a71fc39ba92658b9743a7dd785097bfffc418a000";

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes(hex.size() / 2, '\0');
  EXPECT_TRUE(from_hex(hex, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  return bytes;
}

struct Outcome {
  std::string text;
  bool is_complained = false;
};

Outcome inflate_all(Coding coding, std::string_view bytes, std::size_t cut) {
  BufferPool pool(std::size_t{8} << 20);
  Outcome outcome;
  {
    Inflater inflater;
    EXPECT_TRUE(inflater.begin(coding, pool));
    const auto run = [&](Bytes piece) {
      for (int round = 0; round < 10'000; ++round) {
        const Inflater::Status status = inflater.step(piece);
        outcome.text += as_chars(inflater.output());
        outcome.is_complained = outcome.is_complained || status == Inflater::Status::failed || status == Inflater::Status::pass;
        if (status == Inflater::Status::ended || (status == Inflater::Status::more && piece.empty())) return;
      }
      ADD_FAILURE() << "the inflater does not come to an end";
    };
    for (std::size_t at = 0; at < bytes.size(); at += cut) run(as_bytes(bytes.substr(at, cut)));
    inflater.end_input();
    run({});
  }
  EXPECT_EQ(pool.used(), 0u) << "all memory is given back";
  return outcome;
}

class Cuts : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Inflater, Cuts, testing::Values(1, 3, 100'000));

TEST_P(Cuts, PassesOnWhatIsNoGzip) {
  const Outcome outcome = inflate_all(Coding::gzip, kEicar, GetParam());

  EXPECT_EQ(outcome.text, kEicar);
  EXPECT_TRUE(outcome.is_complained);
}

TEST_P(Cuts, UndoesEveryCodingWhateverItsNameSays) {
  for (const std::string_view hex : {kRaw, kZlib, kGzip, kGzipOdd}) {
    for (const Coding coding : {Coding::gzip, Coding::deflate}) {
      const Outcome outcome = inflate_all(coding, bytes_of_hex(hex), GetParam());

      EXPECT_EQ(outcome.text, kEicar) << hex;
      EXPECT_FALSE(outcome.is_complained) << hex;
    }
  }
}

TEST_P(Cuts, UndoesLzmaThatAsksForALargeDictionary) {
  const Outcome outcome = inflate_all(Coding::lzma, bytes_of_hex(kLzma), GetParam());

  EXPECT_EQ(outcome.text, kEicar);
}

TEST_P(Cuts, PassesOnTheRestOfABrokenStream) {
  // A stored block, then a block of a type that does not exist.
  std::string broken = bytes_of_hex("1f8b0800000000000003000500faff68656c6c6f07");
  broken += std::string(600, 'z');

  const Outcome outcome = inflate_all(Coding::gzip, broken, GetParam());

  EXPECT_TRUE(outcome.is_complained);
  EXPECT_TRUE(outcome.text.starts_with("hello"));
  EXPECT_TRUE(outcome.text.ends_with(std::string(500, 'z')));
}

TEST(Inflater, SaysWhenThePoolIsEmpty) {
  BufferPool pool(16'384);
  Inflater inflater;
  ASSERT_TRUE(inflater.begin(Coding::gzip, pool));
  const std::string gzip = bytes_of_hex(kGzip);
  Bytes input = as_bytes(gzip);

  EXPECT_EQ(inflater.step(input), Inflater::Status::no_memory);
}

}  // namespace
}  // namespace hd
