// SPDX-License-Identifier: Apache-2.0
// JSON text, appended to a caller's string. Keys and structure are ours; values may be hostile bytes.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "sensor/base/bytes.hpp"

namespace hd {

/// Appends `text` as a JSON string with quotes. Bytes that are not UTF-8 become U+FFFD; C0, C1, DEL and the
/// bidirectional controls are written as \u escapes, so that a terminal or log shows nothing but text.
void append_json_string(std::string& out, std::string_view text);

/// Writes one JSON value. The caller closes what it opens; commas are the writer's business.
///   JsonWriter json(out);
///   json.begin_object().key("sid").value(7).key("msg").value(text).end_object();
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag);
  JsonWriter& value(double number);
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& value(T number) {
    if constexpr (std::signed_integral<T>) return signed_value(number);
    else return unsigned_value(number);
  }
  JsonWriter& null();
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json);
  /// key(name).value(v)
  template <class T>
  JsonWriter& field(std::string_view name, const T& v) {
    return key(name).value(v);
  }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& signed_value(std::int64_t number);
  JsonWriter& unsigned_value(std::uint64_t number);
  void separate();

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace hd
