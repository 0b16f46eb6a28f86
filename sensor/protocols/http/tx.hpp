// SPDX-License-Identifier: Apache-2.0
// What an HTTP/1.x transaction keeps. All bytes lie in its arena.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/transaction.hpp"
#include "sensor/base/bytes.hpp"
#include "sensor/files/growing.hpp"
#include "sensor/files/multipart.hpp"

namespace hd::protocol::http {

/// Progress of a direction: what is complete. A body is looked at from `body` on while it grows.
namespace progress {
inline constexpr std::uint8_t started = 0, line = 1, headers = 2, body = 3, trailer = 4, complete = 5;
}  // namespace progress

enum class Event : std::uint8_t {
#define HD_HTTP_EVENT(name, summary) event_##name,
#include "sensor/protocols/http/events.def"
#undef HD_HTTP_EVENT
  count_,
};

enum class Method : std::uint8_t { unknown, get, head, post, put, connect, other };
enum class Version : std::uint8_t { unknown, invalid, v0_9, v1_0, v1_1 };

struct Field {
  Bytes name = {};
  Bytes value = {};
  std::uint32_t hash = 0;
  bool is_repeated = false;
  Field* next = nullptr;
  Field* next_in_bucket = nullptr;
};

/// Headers in order, found by name. Names are compared without case and NUL bytes.
struct Headers {
  static constexpr std::uint16_t kFieldsMax = 1024;      ///< further ones are not kept (event)
  static constexpr std::uint16_t kRepetitionsMax = 64;   ///< further repetitions are not joined
  static constexpr std::size_t kBuckets = 16;

  Field* first = nullptr;
  Field* last = nullptr;
  std::array<Field*, kBuckets> buckets = {};
  std::uint16_t count = 0;
  std::uint16_t repetitions = 0;

  /// `name` in small letters.
  [[nodiscard]] const Field* find(std::string_view name) const noexcept;
  [[nodiscard]] Field* find_same(Bytes name) noexcept;
  [[nodiscard]] Field* add(Bytes name, Bytes value, Arena& arena) noexcept;
};

/// Hash of a name without case and NUL bytes.
[[nodiscard]] std::uint32_t hash_of_name(Bytes name) noexcept;
/// Whether bytes say `small` (small letters), case and NUL bytes left aside.
[[nodiscard]] bool says(Bytes bytes, std::string_view small) noexcept;
/// Whether `small` occurs in the bytes, case and NUL bytes left aside.
[[nodiscard]] bool contains_word(Bytes bytes, std::string_view small) noexcept;

/// A request or response.
struct Message {
  Bytes line = {};
  Bytes protocol = {};
  Version version = Version::unknown;
  Headers headers = {};
  Growing raw = {};             ///< headers as they came, with the line that ends them
  Growing folding = {};         ///< header line that may go on
  bool has_folding = false;
  bool is_folding_reported = false;
  bool is_complete = false;
  GrowingBody body = {};
  std::uint64_t length = 0;     ///< of the body as it came
  std::uint64_t decoded = 0;    ///< of the body without its codings
  std::array<Bytes, 3> composed = {};  ///< http.header, http.header_names, http.start once they were asked for
};

/// A file in a request's body.
struct UploadFile {
  Part part = {};
  std::uint64_t inspected = 0;
};

struct HttpTx {
  static constexpr std::size_t kFilesMax = 16;

  std::array<Message, 2> messages = {};  ///< by direction
  Bytes method_text = {};
  Method method = Method::unknown;
  Bytes uri_raw = {};
  Bytes uri = {};               ///< normalised
  Bytes path = {};              ///< normalised
  Bytes uri_host = {};
  Bytes host = {};              ///< small letters, without port
  Bytes host_raw = {};
  std::int32_t port = -1;       ///< of the request's target; -1 none
  Bytes status_text = {};
  Bytes message_text = {};
  std::uint16_t status = 0;     ///< 0: none or no number
  std::uint8_t continues = 0;   ///< responses 100 seen
  bool is_old_request = false;  ///< HTTP/0.9: a line and no more
  bool is_request_seen = true;  ///< false: made for a response that nobody asked for
  Bytes boundary = {};          ///< multipart/form-data
  MultipartReader multipart = {};
  std::array<UploadFile, kFilesMax> files = {};
  std::uint16_t file_count = 0;
  Bytes response_file_name = {};
  std::uint32_t settings_request_min = 0, settings_request_window = 0;
  std::uint32_t settings_response_min = 0, settings_response_window = 0;
  std::uint32_t settings_request_limit = 0, settings_response_limit = 0;

  [[nodiscard]] Message& message(Direction direction) noexcept { return messages[index_of(direction)]; }
  [[nodiscard]] const Message& message(Direction direction) const noexcept { return messages[index_of(direction)]; }
};

}  // namespace hd::protocol::http
