// SPDX-License-Identifier: Apache-2.0
// Parts of a multipart body (RFC 2046 5.1, RFC 7578) in bytes that grow.
#pragma once

#include <cstdint>

#include "sensor/base/bytes.hpp"

namespace hd {

/// One part, by offsets in the body.
struct Part {
  std::uint64_t begin = 0;      ///< of its data
  std::uint64_t end = 0;        ///< of what is known of its data; rises until is_over
  std::uint64_t name_begin = 0; ///< of the file name in its Content-Disposition
  std::uint64_t name_end = 0;   ///< equal: no file name
  bool is_over = false;
};

/// Walks through a body that is kept from its first byte on. Linear: no byte is looked at more than a few times.
class MultipartReader {
 public:
  enum class Found : std::uint8_t {
    nothing,   ///< more bytes are needed, or all is over
    part,      ///< a new part began
    progress,  ///< the part goes on, or ended (Part::is_over)
    bad_header,
    no_begin,  ///< the body does not begin with the boundary
    cut,       ///< the body is over inside a part
  };

  /// Looks at `body` (all of it so far). Call again until `nothing`. `part` is that of the last `part` answer.
  [[nodiscard]] Found next(Bytes body, Bytes boundary, bool is_body_over, Part& part) noexcept;

  static constexpr std::size_t kHeadMax = 8192;  ///< header lines of one part

 private:
  enum class Step : std::uint8_t { before, head, data, over };
  [[nodiscard]] Found head(Bytes body, bool is_body_over, Part& part) noexcept;
  [[nodiscard]] Found data(Bytes body, Bytes boundary, bool is_body_over, Part& part) noexcept;

  std::uint64_t at_ = 0;
  std::uint64_t line_ = 0;     // of a part's head: begin of the first line that was not whole yet
  Part fresh_ = {};            // … what its lines said so far
  bool is_bad_ = false;        // … one of them was no header
  Step step_ = Step::before;
};

/// The value of a parameter of a header value: parameter(`form-data; name="a"`, "name") is `a`. Empty when there is none.
/// Quotes are taken off.
[[nodiscard]] Bytes parameter(Bytes value, std::string_view name) noexcept;

}  // namespace hd
