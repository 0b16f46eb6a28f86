// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/crypto.hpp"
#include "sensor/lang/transform.hpp"

#include <gtest/gtest.h>

namespace hd {

#define HD_TABLES(X)                                                                                         \
  X(digest)                                                                                                  \
  X(dotprefix) X(from_base64) X(headers) X(inflate) X(pcrexform) X(to_lowercase) X(url_decode) X(whitespace) X(xor_key)
#define HD_DECLARE(stem)                                                                                     \
  namespace transform::stem {                                                                                \
  extern const TransformTable table;                                                                         \
  }
HD_TABLES(HD_DECLARE)
#undef HD_DECLARE

namespace {

const TransformSpec* find(std::string_view name) {
#define HD_POINTER(stem) &transform::stem::table,
  const TransformTable* const tables[] = {HD_TABLES(HD_POINTER)};
#undef HD_POINTER
  for (const TransformTable* table : tables) {
    for (const TransformSpec& spec : table->transforms) {
      if (spec.name == name) return &spec;
    }
  }
  return nullptr;
}

Result<CheckData> compile(std::string_view name, std::string_view value) {
  const TransformSpec* spec = find(name);
  EXPECT_NE(spec, nullptr) << name;
  if (spec->compile == nullptr) return CheckData{};
  return spec->compile(Args(name, value, !value.empty(), {.file = "t.rules", .line = 1}));
}

std::string apply(std::string_view name, std::string_view value, std::string_view in) {
  BufferPool pool(1 << 20);
  Arena arena(pool);
  RegexScratch regex;
  auto data = compile(name, value);
  EXPECT_TRUE(data.has_value()) << (data ? "" : data.error().what);
  const TransformUse use{.spec = find(name), .data = data ? *data : CheckData{}};
  return std::string(as_chars(apply_transform(use, as_bytes(in), arena, regex)));
}

TEST(Transforms, ChangeBytes) {
  struct Row {
    const char *name, *value;
    std::string_view in, out;
  };
  constexpr Row kRows[] = {
      {"to_lowercase", "", "AbC[1]", "abc[1]"},
      {"to_uppercase", "", "aBc{1}", "ABC{1}"},
      {"strip_whitespace", "", " a\tb\r\nc\v\f", "abc"},
      {"compress_whitespace", "", "a  \t b\n\nc", "a b\nc"},
      {"compress_whitespace", "", "", ""},
      {"dotprefix", "", "a.example", ".a.example"},
      {"dotprefix", "", "", "."},
      {"header_lowercase", "", "X-Cmd: Value\r\nHost: A\r\n", "x-cmd: Value\r\nhost: A\r\n"},
      {"strip_pseudo_headers", "", ":method\r\nhost: a\r\n:path\r\nx: y", "host: a\r\nx: y"},
      {"url_decode", "", "a%20b+c%2", "a b c%2"},
      {"url_decode", "", "%zz%41%", "%zzA%"},
      {"xor", "\"0102\"", "abc", "``b"},
      {"from_base64", "", "aGVsbG8=", "hello"},
      {"from_base64", "", "aGVsbG8", "hello"},
      {"from_base64", "offset 4", "xxx=aGVsbG8=", "hello"},
      {"from_base64", "offset 6, bytes 4", "value=aGVsbG8=", "hel"},
      {"from_base64", "mode strict", "aGVs bG8=", "aGVs bG8="},
      {"from_base64", "mode rfc2045", "aGVs\r\nbG8=", "hello"},
      {"from_base64", "mode rfc4648", "aGVs bG8=", "hel"},
      {"from_base64", "", "!!!!", "!!!!"},
      {"from_base64", "offset 20", "aGVs", "aGVs"},
      {"pcrexform", "\"[a-zA-Z]+\\s+(.*)\\s+HTTP\"", "GET /a.html HTTP/1.1", "/a.html"},
      {"pcrexform", "\"x(y)\"", "nothing", "nothing"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(apply(row.name, row.value, row.in), row.out) << row.name << " " << row.value << " " << row.in;
}

TEST(Transforms, GiveDigestsRaw) {
  ASSERT_TRUE(crypto_init());
  EXPECT_EQ(to_hex(as_bytes(apply("to_md5", "", "hello"))), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(to_hex(as_bytes(apply("to_sha1", "", "hello"))), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
  EXPECT_EQ(to_hex(as_bytes(apply("to_sha256", "", ""))),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Transforms, RefuseValuesThatAreWrong) {
  for (const auto& [name, value] : {std::pair{"xor", "\"0\""},
                                    {"xor", "\"zz\""},
                                    {"xor", "0102"},
                                    {"from_base64", "mode none"},
                                    {"from_base64", "size 3"},
                                    {"from_base64", "bytes 0"},
                                    {"pcrexform", "\"(\""},
                                    {"pcrexform", "\"abc\""},
                                    {"pcrexform", "\"(a)(b)\""}}) {
    EXPECT_FALSE(compile(name, value).has_value()) << name << ":" << value;
  }
}

TEST(Transforms, GiveAnEmptyBufferWhenTheScratchIsFull) {
  BufferPool pool(1 << 16);
  Arena arena(pool, 64);
  RegexScratch regex;
  const std::string big(100'000, 'a');
  const TransformUse use{.spec = find("to_lowercase"), .data = {}};
  EXPECT_TRUE(apply_transform(use, as_bytes(big), arena, regex).empty());
}

TEST(Inflate, UndoesGzipAndZlibUpToASize) {
  // "This is compressed\n" by zlib, as gzip and with a zlib header.
  const std::string gzip = std::string("\037\213\010\000\000\000\000\000\002\003\013\311\310\054\126\000\242\344\374\334\202\242\324\342\342\324\024\056\000\331\370\304\157\023\000\000\000", 37);
  const std::string zlib = std::string("\170\234\013\311\310\054\126\000\242\344\374\334\202\242\324\342\342\324\024\056\000\106\061\006\364", 25);
  EXPECT_EQ(apply("gunzip", "", gzip), "This is compressed\n");
  EXPECT_EQ(apply("gunzip", "max-size 8", gzip), "This is ");
  EXPECT_EQ(apply("zlib_deflate", "", zlib), "This is compressed\n");
  EXPECT_EQ(apply("zlib_deflate", "max-size 4", zlib), "This");
  EXPECT_EQ(apply("gunzip", "", "no gzip"), "");
  EXPECT_EQ(apply("zlib_deflate", "", gzip), "");
  EXPECT_FALSE(compile("gunzip", "size 8").has_value());
  EXPECT_FALSE(compile("gunzip", "max-size 0").has_value());
}

} // namespace
} // namespace hd
