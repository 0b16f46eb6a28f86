// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/json.hpp"

#include <simdjson.h>

#include <bit>
#include <limits>
#include <optional>
#include <sstream>

namespace hd {

namespace dom = simdjson::dom;

// The library's references are two words: document and index. They are kept as such, so that its header stays here.
static_assert(sizeof(dom::element) == 16 && std::is_trivially_copyable_v<dom::element>);
static_assert(sizeof(dom::array::iterator) == 16 && std::is_trivially_copyable_v<dom::array::iterator>);
static_assert(sizeof(dom::object::iterator) == 16 && std::is_trivially_copyable_v<dom::object::iterator>);

struct JsonAccess {
  using Raw = JsonView::Raw;
  static JsonView view(dom::element element) noexcept { return JsonView(std::bit_cast<Raw>(element)); }
  static std::optional<dom::element> element(JsonView view) noexcept {
    if (view.raw_[0] == 0) return std::nullopt;
    return std::bit_cast<dom::element>(view.raw_);
  }
  static JsonView::Elements elements(const dom::array& array) noexcept {
    JsonView::Elements result;
    result.begin_.raw_ = std::bit_cast<Raw>(array.begin());
    result.end_.raw_ = std::bit_cast<Raw>(array.end());
    return result;
  }
  static JsonView::Members members(const dom::object& object) noexcept {
    JsonView::Members result;
    result.begin_.raw_ = std::bit_cast<Raw>(object.begin());
    result.end_.raw_ = std::bit_cast<Raw>(object.end());
    return result;
  }
};

namespace {

std::optional<dom::array> array_of(JsonView view) noexcept {
  const auto element = JsonAccess::element(view);
  dom::array array;
  if (!element || element->get_array().get(array) != simdjson::SUCCESS) return std::nullopt;
  return array;
}

std::optional<dom::object> object_of(JsonView view) noexcept {
  const auto element = JsonAccess::element(view);
  dom::object object;
  if (!element || element->get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
  return object;
}

}  // namespace

JsonKind JsonView::kind() const noexcept {
  const auto element = JsonAccess::element(*this);
  if (!element) return JsonKind::absent;
  switch (element->type()) {
    case dom::element_type::ARRAY: return JsonKind::array;
    case dom::element_type::OBJECT: return JsonKind::object;
    case dom::element_type::INT64:
    case dom::element_type::UINT64: return JsonKind::integer;
    case dom::element_type::DOUBLE: return JsonKind::number;
    case dom::element_type::STRING: return JsonKind::string;
    case dom::element_type::BOOL: return JsonKind::boolean;
    case dom::element_type::NULL_VALUE: return JsonKind::null;
  }
  return JsonKind::absent;
}

JsonView JsonView::get(std::string_view key) const noexcept {
  const auto object = object_of(*this);
  dom::element value;
  if (!object || object->at_key(key).get(value) != simdjson::SUCCESS) return {};
  return JsonAccess::view(value);
}

JsonView JsonView::at(std::size_t index) const noexcept {
  const auto array = array_of(*this);
  dom::element value;
  if (!array || array->at(index).get(value) != simdjson::SUCCESS) return {};
  return JsonAccess::view(value);
}

std::size_t JsonView::size() const noexcept {
  // The library's own count saturates at 2^24 - 1; that many are counted by walking.
  constexpr std::size_t kSaturated = 0xFFFFFF;
  std::size_t count = 0;
  if (const auto array = array_of(*this)) {
    if (array->size() < kSaturated) return array->size();
    for (const auto& element : *array) count += (static_cast<void>(element), 1u);
  } else if (const auto object = object_of(*this)) {
    if (object->size() < kSaturated) return object->size();
    for (const auto& member : *object) count += (static_cast<void>(member), 1u);
  }
  return count;
}

std::string_view JsonView::as_string(std::string_view fallback) const noexcept {
  const auto element = JsonAccess::element(*this);
  std::string_view value;
  if (!element || element->get_string().get(value) != simdjson::SUCCESS) return fallback;
  return value;
}

std::int64_t JsonView::as_int(std::int64_t fallback) const noexcept {
  const auto element = JsonAccess::element(*this);
  std::int64_t value = 0;
  if (!element || element->get_int64().get(value) != simdjson::SUCCESS) return fallback;
  return value;
}

std::uint64_t JsonView::as_uint(std::uint64_t fallback) const noexcept {
  const auto element = JsonAccess::element(*this);
  std::uint64_t value = 0;
  if (!element || element->get_uint64().get(value) != simdjson::SUCCESS) return fallback;
  return value;
}

double JsonView::as_double(double fallback) const noexcept {
  const auto element = JsonAccess::element(*this);
  double value = 0;
  if (!element || element->get_double().get(value) != simdjson::SUCCESS) return fallback;
  return value;
}

bool JsonView::as_bool(bool fallback) const noexcept {
  const auto element = JsonAccess::element(*this);
  bool value = false;
  if (!element || element->get_bool().get(value) != simdjson::SUCCESS) return fallback;
  return value;
}

std::string JsonView::to_json() const {
  const auto element = JsonAccess::element(*this);
  return element ? simdjson::minify(*element) : std::string();
}

JsonView::Elements JsonView::elements() const noexcept {
  const auto array = array_of(*this);
  return array ? JsonAccess::elements(*array) : Elements();
}

JsonView::Members JsonView::members() const noexcept {
  const auto object = object_of(*this);
  return object ? JsonAccess::members(*object) : Members();
}

JsonView JsonView::Elements::Iterator::operator*() const noexcept {
  return JsonAccess::view(*std::bit_cast<dom::array::iterator>(raw_));
}

JsonView::Elements::Iterator& JsonView::Elements::Iterator::operator++() noexcept {
  raw_ = std::bit_cast<Raw>(++std::bit_cast<dom::array::iterator>(raw_));
  return *this;
}

JsonMember JsonView::Members::Iterator::operator*() const noexcept {
  const auto at = std::bit_cast<dom::object::iterator>(raw_);
  return {.key = at.key(), .value = JsonAccess::view(at.value())};
}

JsonView::Members::Iterator& JsonView::Members::Iterator::operator++() noexcept {
  raw_ = std::bit_cast<Raw>(++std::bit_cast<dom::object::iterator>(raw_));
  return *this;
}

struct JsonParser::Body {
  explicit Body(JsonLimits l) : limits(l) {}
  JsonLimits limits;
  dom::parser parser;
};

JsonParser::JsonParser(JsonLimits limits) : body_(std::make_unique<Body>(limits)) {}
JsonParser::~JsonParser() = default;
JsonParser::JsonParser(JsonParser&&) noexcept = default;
JsonParser& JsonParser::operator=(JsonParser&&) noexcept = default;

Result<JsonView> JsonParser::parse(std::string_view text) {
  if (text.size() > body_->limits.length_max) {
    return fail({.code = ErrorCode::E4003,
                 .what = "the JSON text has " + std::to_string(text.size()) + " bytes",
                 .why = "at most " + std::to_string(body_->limits.length_max) + " are read"});
  }
  dom::parser& parser = body_->parser;
  simdjson::error_code error = simdjson::SUCCESS;
  if (parser.capacity() < text.size() || parser.max_depth() != body_->limits.depth_max) {
    error = parser.allocate(std::max<std::size_t>(text.size(), 4096), body_->limits.depth_max);
  }
  dom::element root;
  if (error == simdjson::SUCCESS) error = parser.parse(text.data(), text.size(), true).get(root);
  if (error != simdjson::SUCCESS) {
    return fail({.code = ErrorCode::E4003,
                 .what = "the text is not valid JSON",
                 .why = simdjson::error_message(error)});
  }
  return JsonAccess::view(root);
}

Result<JsonDocument> JsonDocument::parse(std::string_view text, JsonLimits limits) {
  JsonParser parser(limits);
  auto root = parser.parse(text);
  if (!root) return fail(std::move(root.error()));
  return JsonDocument(std::move(parser), *root);
}

}  // namespace hd
