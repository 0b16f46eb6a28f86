// SPDX-License-Identifier: Apache-2.0
#include "sensor/files/growing.hpp"

#include <gtest/gtest.h>

#include <string>

#include "sensor/files/digest.hpp"
#include "sensor/files/multipart.hpp"

namespace hd {
namespace {

TEST(Growing, KeepsItsBytesWhileItMoves) {
  BufferPool pool(std::size_t{1} << 20);
  Arena arena(pool);
  Growing growing;
  std::string expected;

  for (int i = 0; i < 1000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
    ASSERT_TRUE(growing.append(as_bytes(piece), arena));
    expected += piece;
  }

  EXPECT_EQ(as_chars(growing.bytes()), expected);
}

TEST(Growing, SaysWhenThereIsNoRoom) {
  BufferPool pool(8192);
  Arena arena(pool);
  Growing growing;

  EXPECT_TRUE(growing.append(as_bytes(std::string(1000, 'a')), arena));
  EXPECT_FALSE(growing.append(as_bytes(std::string(8000, 'b')), arena));
  EXPECT_EQ(growing.size, 1000u);
}

TEST(GrowingBody, GivesUpBytesThatNoWindowWillShowAgain) {
  BufferPool pool(std::size_t{1} << 20);
  Arena arena(pool, std::size_t{64} << 10);
  GrowingBody body;
  const WindowRule rule{.limit = 0, .minimum = 1000, .window = 400};
  Bytes bytes;
  std::uint64_t offset = 0;

  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(body.append(as_bytes(std::string(1000, 'x')), arena, rule)) << i;
    ASSERT_TRUE(body.window(GrowingBody::Reader::body, rule, false, bytes, offset));
  }

  EXPECT_EQ(body.total(), 1'000'000u);
  EXPECT_EQ(bytes.size(), 1100u);  // what is new, and a quarter of the window before it
  EXPECT_EQ(offset, 1'000'000u - 1100u);
}

TEST(GrowingBody, ShowsAShortBodyOnlyWhenItIsOver) {
  BufferPool pool(std::size_t{1} << 20);
  Arena arena(pool);
  GrowingBody body;
  const WindowRule rule{.limit = 100, .minimum = 50, .window = 20};
  Bytes bytes;
  std::uint64_t offset = 0;
  ASSERT_TRUE(body.append(as_bytes("ngan"), arena, rule));

  EXPECT_FALSE(body.window(GrowingBody::Reader::body, rule, false, bytes, offset));
  body.end();
  EXPECT_TRUE(body.window(GrowingBody::Reader::body, rule, false, bytes, offset));
  EXPECT_EQ(as_chars(bytes), "ngan");
  EXPECT_TRUE(body.window(GrowingBody::Reader::file, rule, false, bytes, offset)) << "each reader has its own place";
}

TEST(Digest, FollowsTheTestSuitesOfItsStandards) {
  const auto hex = [](auto digest) {
    std::string text;
    for (const std::uint8_t byte : digest) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  };
  const auto md5 = [&](std::string_view text, std::size_t cut) {
    Md5 digest;
    for (std::size_t at = 0; at < text.size(); at += cut) digest.add(as_bytes(text.substr(at, cut)));
    return hex(digest.finish());
  };
  const std::string long_text(1'000'000, 'a');
  Sha1 sha, sha_long;
  sha.add(as_bytes("abc"));
  sha_long.add(as_bytes(long_text));

  EXPECT_EQ(md5("", 1), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890", 7), "57edf4a22be3c955ac49da2e2107b67a");
  EXPECT_EQ(hex(sha.finish()), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(sha_long.finish()), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Parameter, ReadsQuotedAndPlainValues) {
  EXPECT_EQ(as_chars(parameter(as_bytes("form-data; name=\"a;b\"; filename=x.txt ; y"), "name")), "a;b");
  EXPECT_EQ(as_chars(parameter(as_bytes("form-data; name=\"a;b\"; FileName=x.txt ; y"), "filename")), "x.txt");
  EXPECT_TRUE(parameter(as_bytes("form-data; filename=\"open"), "name").empty());
  EXPECT_TRUE(parameter(as_bytes(""), "name").empty());
}

}  // namespace
}  // namespace hd
