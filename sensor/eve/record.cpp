// SPDX-License-Identifier: Apache-2.0
#include "sensor/eve/record.hpp"

#include <string>

#include "sensor/app/record_sink.hpp"

namespace hd {
namespace {

std::string to_hex_text(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace

void render_record(Bytes record, JsonWriter& json) {
  std::size_t at = 0;
  while (at + RecordSink::kHead <= record.size()) {
    const std::uint8_t* head = record.data() + at;
    const auto tag = static_cast<RecordTag>(head[0]);
    const std::size_t key_length = head[1];
    const std::size_t length = load<std::uint32_t>(head + 4);
    if (length > record.size() - at - RecordSink::kHead) return;
    const std::string_view key(load<const char*>(head + 8), key_length);
    const Bytes value = record.subspan(at + RecordSink::kHead, length);
    at += RecordSink::kHead + length;
    if (!key.empty()) json.key(key);
    switch (tag) {
      case RecordTag::object: json.begin_object(); break;
      case RecordTag::array: json.begin_array(); break;
      case RecordTag::end_object: json.end_object(); break;
      case RecordTag::end_array: json.end_array(); break;
      case RecordTag::text: json.value(as_chars(value)); break;
      case RecordTag::hex: json.value(to_hex_text(value)); break;
      case RecordTag::number: json.value(load<std::uint64_t>(value.data())); break;
      case RecordTag::flag: json.value(value[0] != 0); break;
      case RecordTag::cut: break;
    }
  }
}

}  // namespace hd
