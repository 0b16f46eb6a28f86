// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/invitation.hpp"

#include <algorithm>
#include <cstring>

namespace hd {
namespace {

constexpr std::string_view kCharset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::uint32_t kBech32m = 0x2bc830a3;
constexpr std::size_t kChecksum = 6;
constexpr std::size_t kTextMax = 1024;
constexpr std::string_view kPrefix = "hdinv";
constexpr std::uint8_t kVersion = 1;

std::uint32_t polymod(std::uint32_t check, std::uint8_t value) noexcept {
  constexpr std::array<std::uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  const std::uint32_t top = check >> 25;
  check = ((check & 0x1ffffff) << 5) ^ value;
  for (std::size_t i = 0; i < kGenerator.size(); ++i) {
    if (((top >> i) & 1) != 0) check ^= kGenerator[i];
  }
  return check;
}

std::uint32_t checksum_of(std::string_view prefix, const std::vector<std::uint8_t>& values) noexcept {
  std::uint32_t check = 1;
  for (const char c : prefix) check = polymod(check, static_cast<std::uint8_t>(c) >> 5);
  check = polymod(check, 0);
  for (const char c : prefix) check = polymod(check, static_cast<std::uint8_t>(c) & 31);
  for (const std::uint8_t value : values) check = polymod(check, value);
  return check;
}

}  // namespace

std::string bech32m_encode(std::string_view prefix, Bytes bytes) {
  std::vector<std::uint8_t> values;
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= 5; count -= 5) values.push_back((bits >> (count - 5)) & 31);
  }
  if (count > 0) values.push_back((bits << (5 - count)) & 31);
  std::vector<std::uint8_t> padded = values;
  padded.resize(values.size() + kChecksum);
  const std::uint32_t check = checksum_of(prefix, padded) ^ kBech32m;
  for (std::size_t i = 0; i < kChecksum; ++i) values.push_back((check >> (5 * (5 - i))) & 31);
  std::string out(prefix);
  out += '1';
  for (const std::uint8_t value : values) out += kCharset[value];
  return out;
}

bool bech32m_decode(std::string_view text, std::string* prefix, std::vector<std::uint8_t>* bytes) {
  const std::size_t one = text.rfind('1');
  if (text.size() > kTextMax || one == std::string_view::npos || one == 0 || text.size() - one - 1 < kChecksum) {
    return false;
  }
  const bool has_upper = std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  const bool has_lower = std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (has_upper && has_lower) return false;
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::vector<std::uint8_t> values;
  for (const char c : std::string_view(low).substr(one + 1)) {
    const std::size_t value = kCharset.find(c);
    if (value == std::string_view::npos) return false;
    values.push_back(static_cast<std::uint8_t>(value));
  }
  *prefix = low.substr(0, one);
  if (checksum_of(*prefix, values) != kBech32m) return false;
  values.resize(values.size() - kChecksum);
  bytes->clear();
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t value : values) {
    bits = (bits << 5) | value;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes->push_back(static_cast<std::uint8_t>(bits >> count));
  }
  // What is left over must be padding: fewer than 5 bits, all zero.
  return count < 5 && (bits & ((1u << count) - 1)) == 0;
}

std::string to_text(const Invitation& invitation) {
  std::vector<std::uint8_t> bytes(5);
  bytes[0] = kVersion;
  store(bytes.data() + 1, invitation.enrol_port);
  store(bytes.data() + 3, invitation.link_port);
  bytes.insert(bytes.end(), invitation.collector_key.begin(), invitation.collector_key.end());
  bytes.insert(bytes.end(), invitation.token.begin(), invitation.token.end());
  const Bytes host = as_bytes(std::string_view(invitation.host).substr(0, 255));
  bytes.push_back(static_cast<std::uint8_t>(host.size()));
  bytes.insert(bytes.end(), host.begin(), host.end());
  return bech32m_encode(kPrefix, bytes);
}

Result<Invitation> invitation_of(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::string prefix;
  std::vector<std::uint8_t> bytes;
  if (!bech32m_decode(text, &prefix, &bytes) || prefix != kPrefix) {
    return fail({.code = ErrorCode::E6002,
                 .what = "the invitation cannot be read",
                 .why = "it starts with \"hdinv1\" and bears a check sum, which does not hold",
                 .hint = "Copy the whole line that \"haidang-collector sensors invite\" printed."});
  }
  Cursor in(bytes);
  Invitation invitation;
  const std::uint8_t version = in.u8();
  invitation.enrol_port = in.le16();
  invitation.link_port = in.le16();
  const Bytes key = in.bytes(invitation.collector_key.size());
  const Bytes token = in.bytes(invitation.token.size());
  invitation.host = as_chars(in.bytes(in.u8()));
  if (in.short_read() || !in.at_end() || version != kVersion || invitation.host.empty()) {
    return fail({.code = ErrorCode::E6002,
                 .what = "the invitation is of another version",
                 .why = "this program reads version 1",
                 .hint = "Install the sensor package that belongs to the collector."});
  }
  std::memcpy(invitation.collector_key.data(), key.data(), key.size());
  std::memcpy(invitation.token.data(), token.data(), token.size());
  return invitation;
}

}  // namespace hd
