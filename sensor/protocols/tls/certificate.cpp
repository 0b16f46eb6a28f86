// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/tls/certificate.hpp"

#include <algorithm>

#include "sensor/files/growing.hpp"

namespace hd::protocol::tls {
namespace {

struct Element {
  std::uint8_t tag = 0;
  Bytes body = {};
  bool is_there = false;
  bool is_cut = false;  ///< its head is not whole
};

/// Takes one element from the front (definite lengths of at most four bytes).
Element take(Bytes& from) noexcept {
  Cursor at(from);
  Element one;
  one.tag = at.u8();
  std::size_t length = at.u8();
  if (length >= 0x80) {
    const std::size_t digits = length & 0x7f;
    if (digits == 0 || digits > 4) return {};
    length = 0;
    for (std::size_t i = 0; i < digits; ++i) length = length << 8 | at.u8();
  }
  if (at.short_read()) return {.is_cut = true};
  one.body = at.bytes(length);
  if (at.short_read()) return {};
  one.is_there = true;
  from = from.subspan(at.position());
  return one;
}

Element take(Bytes& from, std::uint8_t tag) noexcept {
  Bytes copy = from;
  const Element one = take(copy);
  if (!one.is_there || one.tag != tag) return {};
  from = copy;
  return one;
}

constexpr std::uint8_t kSequence = 0x30, kSet = 0x31, kInteger = 0x02, kOid = 0x06;

struct OidName {
  std::string_view oid, name;
};
constexpr OidName kNames[] = {
    {"\x55\x04\x06", "C"}, {"\x55\x04\x08", "ST"}, {"\x55\x04\x07", "L"}, {"\x55\x04\x0a", "O"},
    {"\x55\x04\x0b", "OU"}, {"\x55\x04\x03", "CN"}, {"\x55\x04\x05", "serialNumber"}, {"\x55\x04\x04", "SN"},
    {"\x55\x04\x2a", "GN"}, {"\x55\x04\x0c", "title"}, {"\x55\x04\x09", "street"}, {"\x55\x04\x11", "postalCode"},
    {"\x55\x04\x0d", "description"}, {"\x55\x04\x0f", "businessCategory"}, {"\x55\x04\x2e", "dnQualifier"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"}, {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"},
    {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", "jurisdictionC"},
    {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", "jurisdictionST"},
    {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", "jurisdictionL"},
};

/// Decimal digits of a number into `out` (at least 20 bytes); their count.
std::size_t digits_of(std::uint64_t value, std::uint8_t* out) noexcept {
  std::uint8_t reversed[20];
  std::size_t count = 0;
  do {
    reversed[count++] = static_cast<std::uint8_t>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  std::reverse_copy(reversed, reversed + count, out);
  return count;
}

void append_oid(Growing& text, Bytes oid, Arena& arena) noexcept {
  for (const OidName& one : kNames) {
    if (as_chars(oid) == one.oid) {
      static_cast<void>(text.append(as_bytes(one.name), arena));
      return;
    }
  }
  std::uint64_t value = 0;
  bool is_first = true;
  std::uint8_t digits[24];
  for (const std::uint8_t byte : oid) {
    value = (value & (~std::uint64_t{0} >> 8)) << 7 | (byte & 0x7fu);
    if ((byte & 0x80) != 0) continue;
    if (is_first) {
      const std::uint64_t root = std::min<std::uint64_t>(value / 40, 2);
      static_cast<void>(text.append({digits, digits_of(root, digits)}, arena));
      value -= root * 40;
      is_first = false;
    }
    static_cast<void>(text.append(as_bytes("."), arena));
    static_cast<void>(text.append({digits, digits_of(value, digits)}, arena));
    value = 0;
  }
}

void append_value(Growing& text, const Element& value, Arena& arena) noexcept {
  if (value.tag != 0x1e) {
    static_cast<void>(text.append(value.body, arena));
    return;
  }
  for (std::size_t i = 0; i + 1 < value.body.size(); i += 2) {  // BMPString: what is not Latin becomes ?
    const std::uint8_t low = value.body[i] == 0 && value.body[i + 1] < 0x80 ? value.body[i + 1] : std::uint8_t{'?'};
    static_cast<void>(text.append({&low, 1}, arena));
  }
}

/// "C=VN, O=a + OU=b": false when it is no name.
bool read_name(Bytes name, Arena& arena, Bytes& out) noexcept {
  constexpr int kAttributesMax = 64;
  Growing text;
  int count = 0;
  while (!name.empty()) {
    Element set = take(name, kSet);
    if (!set.is_there) return false;
    bool is_first_of_set = true;
    while (!set.body.empty()) {
      if (++count > kAttributesMax) return false;
      Element pair = take(set.body, kSequence);
      if (!pair.is_there) return false;
      const Element oid = take(pair.body, kOid);
      const Element value = take(pair.body);
      if (!oid.is_there || !value.is_there) return false;
      if (text.size > 0) static_cast<void>(text.append(as_bytes(is_first_of_set ? ", " : " + "), arena));
      append_oid(text, oid.body, arena);
      static_cast<void>(text.append(as_bytes("="), arena));
      append_value(text, value, arena);
      is_first_of_set = false;
    }
  }
  out = text.bytes();
  return true;
}

/// Days since 1970 of a date of the Gregorian calendar.
std::int64_t days_of(std::int64_t year, unsigned month, unsigned day) noexcept {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (static_cast<std::int64_t>(month) + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/// UTCTime or GeneralizedTime.
bool read_time(const Element& time, std::int64_t& out) noexcept {
  const std::size_t year_digits = time.tag == 0x18 ? 4 : 2;
  if ((time.tag != 0x17 && time.tag != 0x18) || time.body.size() < year_digits + 8) return false;
  std::array<std::int64_t, 6> parts = {};
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t digits = i == 0 ? year_digits : 2;
    if (i == 5 && (at + 2 > time.body.size() || time.body[at] == 'Z')) break;  // seconds may be missing
    if (at + digits > time.body.size()) return false;
    for (std::size_t d = 0; d < digits; ++d, ++at) {
      if (time.body[at] < '0' || time.body[at] > '9') return false;
      parts[i] = parts[i] * 10 + (time.body[at] - '0');
    }
  }
  if (time.tag == 0x17) parts[0] += parts[0] < 50 ? 2000 : 1900;
  if (parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31) return false;
  out = ((days_of(parts[0], static_cast<unsigned>(parts[1]), static_cast<unsigned>(parts[2])) * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5];
  return true;
}

Bytes serial_text(Bytes number, Arena& arena) noexcept {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (number.empty() || number.size() > 256) return {};
  std::uint8_t* text = arena.allocate(number.size() * 3);
  if (text == nullptr) return {};
  std::size_t size = 0;
  for (const std::uint8_t byte : number) {
    if (size > 0) text[size++] = ':';
    text[size++] = static_cast<std::uint8_t>(kHex[byte >> 4]);
    text[size++] = static_cast<std::uint8_t>(kHex[byte & 15]);
  }
  return {text, size};
}

/// An IP address of a subjectAltName as text.
Bytes address_text(Bytes address, Arena& arena) noexcept {
  if (address.size() != 4) return arena.copy(address);
  std::uint8_t text[16];
  std::size_t size = 0;
  for (const std::uint8_t byte : address) {
    if (size > 0) text[size++] = '.';
    size += digits_of(byte, text + size);
  }
  return arena.copy({text, size});
}

void read_extensions(Bytes list, Arena& arena, Certificate& out) noexcept {
  constexpr int kExtensionsMax = 64;
  for (int i = 0; i < kExtensionsMax && !list.empty(); ++i) {
    Element one = take(list, kSequence);
    if (!one.is_there) return;
    const Element oid = take(one.body, kOid);
    if (!oid.is_there || as_chars(oid.body) != "\x55\x1d\x11") continue;
    static_cast<void>(take(one.body, 0x01));  // critical
    Element octets = take(one.body, 0x04);
    Element names = take(octets.body, kSequence);
    while (!names.body.empty() && out.name_count < Certificate::kNamesMax) {
      const Element name = take(names.body);
      if (!name.is_there) return;
      const unsigned kind = name.tag & 0x1f;
      if (kind == 1 || kind == 2 || kind == 6) out.names[out.name_count++] = arena.copy(name.body);
      else if (kind == 7) out.names[out.name_count++] = address_text(name.body, arena);
    }
  }
}

}  // namespace

CertificateResult read_certificate(Bytes der, Arena& arena, Certificate& out) noexcept {
  Bytes rest = der;
  Element certificate = take(rest);
  if (!certificate.is_there) return {.event = certificate.is_cut ? Event::certificate_invalid_length : Event::invalid_certificate};
  if (certificate.tag != kSequence) return {.event = Event::certificate_invalid_der};
  Element signed_part = take(certificate.body);
  if (!signed_part.is_there) return {.event = signed_part.is_cut ? Event::certificate_invalid_length : Event::invalid_certificate};
  if (signed_part.tag != kSequence) return {.event = Event::certificate_invalid_der};
  Bytes fields = signed_part.body;
  static_cast<void>(take(fields, 0xa0));  // version
  const Element serial = take(fields, kInteger);
  if (!serial.is_there) return {.event = Event::certificate_invalid_serial};
  out.serial = serial_text(serial.body, arena);
  if (!take(fields, kSequence).is_there) return {.event = Event::certificate_invalid_algorithmidentifier};
  const Element issuer = take(fields, kSequence);
  if (!issuer.is_there || !read_name(issuer.body, arena, out.issuer)) return {.event = Event::certificate_invalid_issuer};
  Element validity = take(fields, kSequence);
  if (!validity.is_there) return {.event = Event::certificate_invalid_validity};
  const Element begin = take(validity.body), end = take(validity.body);
  if (!read_time(begin, out.not_before) || !read_time(end, out.not_after)) return {.event = Event::certificate_invalid_date};
  const Element subject = take(fields, kSequence);
  if (!subject.is_there || !read_name(subject.body, arena, out.subject)) return {.event = Event::certificate_invalid_subject};
  if (!take(fields, kSequence).is_there) return {.is_read = true, .event = Event::certificate_missing_element};
  static_cast<void>(take(fields, 0x81));
  static_cast<void>(take(fields, 0x82));
  Element extensions = take(fields, 0xa3);
  if (extensions.is_there) {
    const Element list = take(extensions.body, kSequence);
    if (!list.is_there) return {.is_read = true, .event = Event::certificate_invalid_extensions};
    read_extensions(list.body, arena, out);
  }
  return {.is_read = true};
}

}  // namespace hd::protocol::tls
