// SPDX-License-Identifier: Apache-2.0
// HTTP in our own words: what a client asked, what it gets, and a stream that stays open. No library's header here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hd {

enum class Method : std::uint8_t { get, head, post, put, patch, remove, options, other };
/// "GET", "DELETE" …; "" for other.
[[nodiscard]] std::string_view name_of(Method method) noexcept;

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// One request, whole: header and body were within the server's limits. All texts are as the client sent them.
struct Request {
  Method method = Method::get;
  std::string path = {};  ///< percent-decoded, without query; always begins with '/'
  HeaderList query = {};  ///< percent-decoded names and values, in order
  HeaderList headers = {};
  std::string body = {};
  std::string peer = {};  ///< address of the other side without port
  bool is_tls = false;
  bool is_loopback = false;  ///< the peer is this machine

  /// First header of that name, in any case of letters; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  /// First query member of that name, or nothing.
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const noexcept;
  /// Value of a cookie, empty when it was not sent.
  [[nodiscard]] std::string_view cookie(std::string_view name) const noexcept;
};

/// An answer without end (server-sent events). Handed to whoever feeds it; any thread may send. The client may go away at
/// any time: send() then answers false, and the object is of no further use.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Queues a piece. False, and the stream ends, when the client is gone or has more than the limit waiting.
  virtual bool send(std::string piece) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual bool is_open() const noexcept = 0;
};

struct Response {
  unsigned status = 200;
  HeaderList headers = {};
  std::string body = {};
  /// Body that someone keeps (files of the console); used instead of `body` when set.
  std::shared_ptr<const std::string> shared_body = {};
  /// When set the answer has no length: after the header this is called with the open stream.
  std::function<void(std::shared_ptr<Stream>)> stream = {};

  Response& with(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

/// Answers one request. Called from the server's worker threads, several at once; may block.
using Handler = std::function<Response(const Request&)>;

/// %41 to A; '+' stays unless `is_query`. Nothing when an escape is broken or gives NUL.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool is_query);
/// "/a%20b?x=1&y" into path and members. False when it is no origin-form target or an escape is broken.
[[nodiscard]] bool split_target(std::string_view target, std::string* path, HeaderList* query);

}  // namespace hd
