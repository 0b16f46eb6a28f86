// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/dcerpc/pdu.hpp"

#include <algorithm>

namespace hd::protocol::dcerpc {
namespace {

/// Numbers in the order that the message states.
class Reader {
 public:
  Reader(Bytes bytes, bool is_little) noexcept : at_(bytes), is_little_(is_little) {}
  [[nodiscard]] std::uint8_t u8() noexcept { return at_.u8(); }
  [[nodiscard]] std::uint16_t u16() noexcept { return is_little_ ? at_.le16() : at_.be16(); }
  [[nodiscard]] Bytes bytes(std::size_t length) noexcept { return at_.bytes(length); }
  void skip(std::size_t length) noexcept { at_.skip(length); }
  [[nodiscard]] bool is_short() const noexcept { return at_.short_read(); }
  [[nodiscard]] Bytes rest() const noexcept { return at_.rest(); }

 private:
  Cursor at_;
  bool is_little_;
};

constexpr std::uint8_t kFirstFragment = 1;

}  // namespace

bool read_header(Bytes bytes, Header& header) noexcept {
  if (bytes.size() < kHeader || bytes[0] != 5 || bytes[1] > 1 || bytes[2] > 19) return false;
  header.kind = static_cast<Kind>(bytes[2]);
  header.flags = bytes[3];
  header.is_little = (bytes[4] & 0x10) != 0;
  header.length = header.is_little ? load_le16(bytes.data() + 8) : load_be16(bytes.data() + 8);
  header.call = header.is_little ? load_le32(bytes.data() + 12) : load_be32(bytes.data() + 12);
  return header.length >= kHeader;
}

bool is_of_client(Kind kind) noexcept {
  return kind == Kind::request || kind == Kind::bind || kind == Kind::alter || kind == Kind::auth3;
}

Uuid read_uuid(Bytes bytes, bool is_little) noexcept {
  Uuid uuid = {};
  std::copy_n(bytes.begin(), std::min(bytes.size(), uuid.size()), uuid.begin());
  if (is_little) {
    std::reverse(uuid.begin(), uuid.begin() + 4);
    std::reverse(uuid.begin() + 4, uuid.begin() + 6);
    std::reverse(uuid.begin() + 6, uuid.begin() + 8);
  }
  return uuid;
}

void Bindings::ask(Bytes body, const Header& header) noexcept {
  Reader at(body, header.is_little);
  at.skip(8);  // lengths of fragments, group
  const std::uint8_t wanted = at.u8();
  at.skip(3);
  unanswered_ = count_;
  for (std::uint8_t i = 0; i < wanted; ++i) {
    Interface one;
    one.context = at.u16();
    const std::uint8_t transfers = at.u8();
    at.skip(1);
    one.uuid = read_uuid(at.bytes(16), header.is_little);
    one.version = at.u16();
    at.skip(2 + std::size_t{transfers} * 20);
    if (at.is_short()) return;
    one.is_first_fragment = (header.flags & kFirstFragment) != 0;
    if (count_ < kMax) list_[count_++] = one;
  }
}

void Bindings::answer(Bytes body, bool is_little) noexcept {
  Reader at(body, is_little);
  at.skip(8);
  const std::uint16_t address = at.u16();
  at.skip(address);
  at.skip((4 - (2u + address) % 4) % 4);
  const std::uint8_t results = at.u8();
  at.skip(3);
  for (std::uint8_t i = 0; i < results; ++i) {
    const std::uint16_t result = at.u16();
    at.skip(22);
    if (at.is_short() || unanswered_ == count_) return;
    list_[unanswered_].is_answered = true;
    list_[unanswered_].is_accepted = result == 0;
    ++unanswered_;
  }
}

// The newest goes before older ones of the same context.
const Interface* Bindings::find(std::uint16_t context) const noexcept {
  for (std::size_t i = count_; i-- > 0;) {
    if (list_[i].context == context && list_[i].is_accepted) return &list_[i];
  }
  return nullptr;
}

bool read_piece(Bytes body, const Header& header, Piece& piece) noexcept {
  Reader at(body, header.is_little);
  at.skip(4);  // a hint of the whole length
  piece.context = at.u16();
  piece.operation = at.u16();
  // As rule writers know it: an object's UUID belongs to a request's stub, and a response's begins behind the header.
  piece.stub = header.kind == Kind::request ? at.rest() : body;
  return !at.is_short();
}

}  // namespace hd::protocol::dcerpc
