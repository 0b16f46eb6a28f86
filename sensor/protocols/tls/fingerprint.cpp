// SPDX-License-Identifier: Apache-2.0
// JA3, JA3S, JA4 and the certificate's SHA-1, made when something asks for them.
#include <algorithm>

#include "sensor/base/crypto.hpp"
#include "sensor/files/digest.hpp"
#include "sensor/protocols/tls/tx.hpp"

namespace hd::protocol::tls {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

/// Text in a fixed place that forgets what does not fit.
struct Text {
  std::array<std::uint8_t, 8192> bytes;
  std::size_t size = 0;
  void put(std::uint8_t c) noexcept {
    if (size < bytes.size()) bytes[size++] = c;
  }
  void put(std::string_view text) noexcept {
    for (const char c : text) put(static_cast<std::uint8_t>(c));
  }
  void decimal(unsigned value) noexcept {
    std::uint8_t digits[10];
    std::size_t count = 0;
    do {
      digits[count++] = static_cast<std::uint8_t>('0' + value % 10);
      value /= 10;
    } while (value > 0);
    while (count > 0) put(digits[--count]);
  }
  void hex4(std::uint16_t value) noexcept {
    for (int shift = 12; shift >= 0; shift -= 4) put(static_cast<std::uint8_t>(kHex[value >> shift & 15]));
  }
  void two_digits(std::size_t value) noexcept {
    const std::size_t cut = std::min<std::size_t>(value, 99);
    put(static_cast<std::uint8_t>('0' + cut / 10));
    put(static_cast<std::uint8_t>('0' + cut % 10));
  }
  [[nodiscard]] Bytes view() const noexcept { return {bytes.data(), size}; }
};

void put_list(Text& text, const Numbers& numbers, bool keeps_grease) noexcept {
  text.put(',');
  bool is_first = true;
  for (std::uint16_t i = 0; i < numbers.count; ++i) {
    if (!keeps_grease && is_grease(numbers.values[i])) continue;
    if (!is_first) text.put('-');
    text.decimal(numbers.values[i]);
    is_first = false;
  }
}

template <std::size_t Size>
Bytes hex_of(const std::array<std::uint8_t, Size>& digest, bool has_colons, Arena& arena) noexcept {
  std::uint8_t* text = arena.allocate(Size * 3);
  if (text == nullptr) return {};
  std::size_t size = 0;
  for (const std::uint8_t byte : digest) {
    if (has_colons && size > 0) text[size++] = ':';
    text[size++] = static_cast<std::uint8_t>(kHex[byte >> 4]);
    text[size++] = static_cast<std::uint8_t>(kHex[byte & 15]);
  }
  return {text, size};
}

/// First 12 hex digits of the SHA-256; zeros of nothing.
void put_hash(Text& text, const Text& of) noexcept {
  if (of.size == 0) {
    text.put("000000000000");
    return;
  }
  const Digest256 digest = sha256(of.view());
  for (std::size_t i = 0; i < 6; ++i) {
    text.put(static_cast<std::uint8_t>(kHex[digest[i] >> 4]));
    text.put(static_cast<std::uint8_t>(kHex[digest[i] & 15]));
  }
}

void put_hex_list(Text& text, std::span<const std::uint16_t> values) noexcept {
  bool is_first = true;
  for (const std::uint16_t value : values) {
    if (!is_first) text.put(',');
    text.hex4(value);
    is_first = false;
  }
}

struct Sorted {
  std::array<std::uint16_t, Numbers::kMax> values = {};
  std::size_t count = 0;
  [[nodiscard]] std::span<const std::uint16_t> view() const noexcept { return {values.data(), count}; }
};
Sorted sorted(const Numbers& numbers, bool without_names) noexcept {
  Sorted result;
  for (std::uint16_t i = 0; i < numbers.count; ++i) {
    const std::uint16_t value = numbers.values[i];
    if (is_grease(value) || (without_names && (value == 0 || value == 16))) continue;
    result.values[result.count++] = value;
  }
  std::sort(result.values.begin(), result.values.begin() + static_cast<std::ptrdiff_t>(result.count));
  return result;
}

std::string_view ja4_version(const Hello& hello) noexcept {
  std::uint16_t version = hello.version;
  for (std::uint16_t i = 0; i < hello.versions.count; ++i) {
    if (is_grease(hello.versions.values[i])) continue;
    version = i == 0 || hello.versions.values[i] > version ? hello.versions.values[i] : version;
  }
  switch (version) {
    case 0x0304: return "13";
    case 0x0303: return "12";
    case 0x0302: return "11";
    case 0x0301: return "10";
    case 0x0300: return "s3";
    case 0x0002: return "s2";
    default: return "00";
  }
}

bool is_alnum(std::uint8_t c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void put_alpn(Text& text, const Hello& hello) noexcept {
  if (hello.alpn_count == 0) {
    text.put("00");
    return;
  }
  const Bytes name = hello.alpn[0];
  const std::uint8_t first = name.front(), last = name.back();
  if (is_alnum(first) && is_alnum(last)) {
    text.put(first);
    text.put(last);
    return;
  }
  text.put(static_cast<std::uint8_t>(kHex[first >> 4]));
  text.put(static_cast<std::uint8_t>(kHex[last & 15]));
}

}  // namespace

Bytes ja3_text(Transaction& tx, Direction direction) noexcept {
  TlsTx& its = tx.part<TlsTx>();
  const unsigned i = index_of(direction);
  const Hello& hello = its.hellos[i];
  if (!its.ja3_text[i].empty() || !hello.is_seen || !its.wants_ja3) return its.ja3_text[i];
  Text text;
  text.decimal(hello.version);
  put_list(text, hello.ciphers, false);
  put_list(text, hello.extensions, false);
  if (direction == Direction::to_server) {
    put_list(text, hello.groups, false);
    put_list(text, hello.point_formats, true);
  }
  its.ja3_text[i] = tx.arena.copy(text.view());
  return its.ja3_text[i];
}

Bytes ja3_hash(Transaction& tx, Direction direction) noexcept {
  TlsTx& its = tx.part<TlsTx>();
  Bytes& made = its.ja3_hash[index_of(direction)];
  if (!made.empty()) return made;
  const Bytes text = ja3_text(tx, direction);
  if (text.empty()) return {};
  Md5 digest;
  digest.add(text);
  made = hex_of(digest.finish(), false, tx.arena);
  return made;
}

// FoxIO's JA4: a_b_c, where c has the signature algorithms in their order.
Bytes ja4(Transaction& tx) noexcept {
  TlsTx& its = tx.part<TlsTx>();
  const Hello& hello = its.hellos[0];
  if (!its.ja4.empty() || !hello.is_seen || !its.wants_ja4) return its.ja4;
  const Sorted ciphers = sorted(hello.ciphers, false), all = sorted(hello.extensions, false), some = sorted(hello.extensions, true);
  Text text, list;
  text.put('t');
  text.put(ja4_version(hello));
  text.put(hello.extensions.has(0) ? 'd' : 'i');
  text.two_digits(ciphers.count);
  text.two_digits(all.count);
  put_alpn(text, hello);
  text.put('_');
  put_hex_list(list, ciphers.view());
  put_hash(text, list);
  text.put('_');
  list.size = 0;
  put_hex_list(list, some.view());
  if (hello.signatures.count > 0) {
    list.put('_');
    Numbers plain;
    for (std::uint16_t i = 0; i < hello.signatures.count; ++i) {
      if (!is_grease(hello.signatures.values[i])) plain.add(hello.signatures.values[i]);
    }
    put_hex_list(list, {plain.values.data(), plain.count});
  }
  put_hash(text, list);
  its.ja4 = tx.arena.copy(text.view());
  return its.ja4;
}

Bytes fingerprint(Transaction& tx, Direction direction) noexcept {
  TlsTx& its = tx.part<TlsTx>();
  const unsigned i = index_of(direction);
  Bytes& made = its.certificates[i].fingerprint;
  if (!made.empty() || its.chain_length[i] == 0) return made;
  Sha1 digest;
  digest.add(its.chains[i][0]);
  made = hex_of(digest.finish(), true, tx.arena);
  return made;
}

std::string_view version_name(std::uint16_t version) noexcept {
  switch (version) {
    case 0x0304: return "TLS 1.3";
    case 0x0303: return "TLS 1.2";
    case 0x0302: return "TLS 1.1";
    case 0x0301: return "TLSv1";
    case 0x0300: return "SSLv3";
    case 0x0002: return "SSLv2";
    default: break;
  }
  switch (version & 0xff) {
    case 28: return (version >> 8) == 0x7f ? "TLS 1.3 draft-28" : std::string_view{};
    case 26: return (version >> 8) == 0x7f ? "TLS 1.3 draft-26" : std::string_view{};
    case 23: return (version >> 8) == 0x7f ? "TLS 1.3 draft-23" : std::string_view{};
    default: return {};
  }
}

}  // namespace hd::protocol::tls
