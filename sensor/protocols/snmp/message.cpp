// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/snmp/message.hpp"

namespace hd::protocol::snmp {
namespace {

constexpr std::uint8_t kInteger = 0x02, kOctets = 0x04, kObject = 0x06, kSequence = 0x30, kAddress = 0x40, kPdu = 0xa0, kLastPdu = 0xa8, kTrap = 4;

/// One value at the front of `bytes`, which is shortened. False: there is none that is whole.
bool take_any(Bytes& bytes, std::uint8_t& tag, Bytes& value) noexcept {
  Cursor at(bytes);
  tag = at.u8();
  std::size_t length = at.u8();
  if (length >= 0x80) {  // X.690 8.1.3.5: that many bytes of length follow
    const std::size_t count = length & 0x7f;
    if (count == 0 || count > 4) return false;
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | at.u8();
  }
  value = at.bytes(length);
  if (at.short_read()) return false;
  bytes = at.rest();
  return true;
}

bool take(Bytes& bytes, std::uint8_t wanted, Bytes& value) noexcept {
  std::uint8_t tag = 0;
  return take_any(bytes, tag, value) && tag == wanted;
}

bool take_number(Bytes& bytes, std::uint32_t& number) noexcept {
  Bytes value;
  if (!take(bytes, kInteger, value) || value.empty() || value.size() > 5) return false;
  number = 0;
  for (const std::uint8_t byte : value) number = number << 8 | byte;
  return true;
}

bool read_pdu(Bytes bytes, Message& message) noexcept {
  std::uint8_t tag = 0;
  Bytes body;
  if (!take_any(bytes, tag, body) || tag < kPdu || tag > kLastPdu) return false;
  message.has_kind = true;
  message.kind = static_cast<std::uint8_t>(tag - kPdu);
  if (message.kind != kTrap) return true;
  Bytes skipped;
  message.has_trap = take(body, kObject, skipped) && take(body, kAddress, skipped) && take_number(body, message.trap);
  return message.has_trap;
}

// RFC 3412 6: global data, security parameters, and the scoped PDU, which may be encrypted.
bool read_v3(Bytes bytes, Message& message) noexcept {
  Bytes global, parameters, skipped;
  std::uint32_t number = 0;
  if (!take(bytes, kSequence, global) || !take(bytes, kOctets, parameters)) return false;
  if (!take_number(global, number) || !take_number(global, number) || !take(global, kOctets, skipped) ||
      !take_number(global, message.security_model)) {
    return false;
  }
  Bytes user_based;
  if (message.security_model == 3) {  // RFC 3414 2.4
    if (!take(parameters, kSequence, user_based) || !take(user_based, kOctets, skipped) || !take_number(user_based, number) ||
        !take_number(user_based, number) || !take(user_based, kOctets, message.user)) {
      return false;
    }
  }
  std::uint8_t tag = 0;
  Bytes scoped;
  if (!take_any(bytes, tag, scoped)) return false;
  if (tag == kOctets) return true;
  return tag == kSequence && take(scoped, kOctets, skipped) && take(scoped, kOctets, skipped) && read_pdu(scoped, message);
}

}  // namespace

bool read(Bytes bytes, Message& message) noexcept {
  Bytes body;
  std::uint32_t version = 0;
  if (!take(bytes, kSequence, body) || !take_number(body, version)) return false;
  switch (version) {
    case 0:
    case 1:
      message.version = static_cast<std::uint8_t>(version + 1);
      return take(body, kOctets, message.community) && read_pdu(body, message);
    case 3: message.version = 3; return read_v3(body, message);
    default: return false;
  }
}

}  // namespace hd::protocol::snmp
