// SPDX-License-Identifier: Apache-2.0
// JSON reading: one text into a tree that is looked at through cheap views. Writing is json_writer.hpp.
// The library behind it stays in json.cpp, since its header is heavy.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sensor/base/result.hpp"

namespace hd {

enum class JsonKind : std::uint8_t { absent, null, boolean, integer, number, string, array, object };

/// A place in a parsed text: 16 bytes, copied freely, valid as long as its JsonDocument (or until the next
/// JsonParser::parse). What is not there is a view of kind absent, so that chains need no checks:
///   view.get("alert").get("signature_id").as_uint(0)
class JsonView {
 public:
  JsonView() = default;

  [[nodiscard]] JsonKind kind() const noexcept;
  [[nodiscard]] bool is(JsonKind kind) const noexcept { return this->kind() == kind; }
  /// There is something here, be it null.
  explicit operator bool() const noexcept { return kind() != JsonKind::absent; }

  /// The member `key` of an object (the first, if the text has it twice); else an absent view. Cost: linear.
  [[nodiscard]] JsonView get(std::string_view key) const noexcept;
  /// Element `index` of an array, from 0; else an absent view. Cost: linear.
  [[nodiscard]] JsonView at(std::size_t index) const noexcept;
  /// Members or elements; 0 of anything else.
  [[nodiscard]] std::size_t size() const noexcept;

  /// The value, or `fallback` when it is of another kind or does not fit. The text is unescaped UTF-8 and may hold
  /// NUL; it lives as long as the document.
  [[nodiscard]] std::string_view as_string(std::string_view fallback = {}) const noexcept;
  [[nodiscard]] std::int64_t as_int(std::int64_t fallback = 0) const noexcept;
  [[nodiscard]] std::uint64_t as_uint(std::uint64_t fallback = 0) const noexcept;
  [[nodiscard]] double as_double(double fallback = 0) const noexcept;
  [[nodiscard]] bool as_bool(bool fallback = false) const noexcept;

  /// The value as JSON text without spaces.
  [[nodiscard]] std::string to_json() const;

  class Elements;
  class Members;
  /// for (JsonView element : view.elements()) …; empty for what is not an array.
  [[nodiscard]] Elements elements() const noexcept;
  /// for (const JsonMember& member : view.members()) …; empty for what is not an object.
  [[nodiscard]] Members members() const noexcept;

 private:
  friend class JsonDocument;
  friend class JsonParser;
  friend struct JsonAccess;
  using Raw = std::array<std::uint64_t, 2>;
  explicit JsonView(Raw raw) noexcept : raw_(raw) {}
  Raw raw_{};  // the library's reference, {0, 0} when absent
};

struct JsonMember {
  std::string_view key;
  JsonView value;
};

/// Forward iteration over an array.
class JsonView::Elements {
 public:
  class Iterator {
   public:
    [[nodiscard]] JsonView operator*() const noexcept;
    Iterator& operator++() noexcept;
    bool operator==(const Iterator&) const = default;

   private:
    friend struct JsonAccess;
    Raw raw_{};
  };
  [[nodiscard]] Iterator begin() const noexcept { return begin_; }
  [[nodiscard]] Iterator end() const noexcept { return end_; }

 private:
  friend struct JsonAccess;
  Iterator begin_;
  Iterator end_;
};

/// Forward iteration over an object, in the order of the text.
class JsonView::Members {
 public:
  class Iterator {
   public:
    [[nodiscard]] JsonMember operator*() const noexcept;
    Iterator& operator++() noexcept;
    bool operator==(const Iterator&) const = default;

   private:
    friend struct JsonAccess;
    Raw raw_{};
  };
  [[nodiscard]] Iterator begin() const noexcept { return begin_; }
  [[nodiscard]] Iterator end() const noexcept { return end_; }

 private:
  friend struct JsonAccess;
  Iterator begin_;
  Iterator end_;
};

struct JsonLimits {
  std::size_t depth_max = 64;             ///< nesting of arrays and objects
  std::size_t length_max = 64u << 20;     ///< bytes of the text
};

/// A parser that keeps its memory: for many texts one after the other.
class JsonParser {
 public:
  explicit JsonParser(JsonLimits limits = {});
  ~JsonParser();
  JsonParser(JsonParser&&) noexcept;
  JsonParser& operator=(JsonParser&&) noexcept;

  /// The whole text as one value, strict RFC 8259 in UTF-8 (E4003 otherwise). The text is copied and may go; the view
  /// lives until the next call.
  [[nodiscard]] Result<JsonView> parse(std::string_view text);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// One text, parsed and owned.
class JsonDocument {
 public:
  /// As JsonParser::parse.
  [[nodiscard]] static Result<JsonDocument> parse(std::string_view text, JsonLimits limits = {});

  [[nodiscard]] JsonView root() const noexcept { return root_; }
  [[nodiscard]] JsonView get(std::string_view key) const noexcept { return root_.get(key); }

 private:
  JsonDocument(JsonParser parser, JsonView root) noexcept : parser_(std::move(parser)), root_(root) {}
  JsonParser parser_;
  JsonView root_;
};

}  // namespace hd
