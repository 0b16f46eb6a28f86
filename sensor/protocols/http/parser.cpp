// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/http/parser.hpp"

#include <algorithm>

namespace hd::protocol::http {

Progress Run::take() noexcept {
  for (;;) {
    switch (step()) {
      case Next::again: continue;
      case Next::more:
        // A line that is not over yet: what was looked at needs no second look.
        return {.used = at_, .status = Progress::Status::more};
      case Next::failed: return {.used = at_, .status = Progress::Status::failed};
      case Next::handed_on: return {.used = at_, .status = Progress::Status::handed_on};
      case Next::done: return {.used = bytes_.size(), .status = Progress::Status::done};
    }
  }
}

Run::Next Run::step() noexcept {
  if (rest().empty() && side_.step != Step::after) return Next::more;
  switch (side_.step) {
    case Step::idle:
    case Step::line: return is_request() ? request_line() : side_.step == Step::idle ? response_idle() : response_line();
    case Step::old_or_not: return old_or_not();
    case Step::headers:
    case Step::trailer: return headers();
    case Step::body_known: return body_known();
    case Step::body_rest: return body_rest();
    case Step::chunk_length: return chunk_length();
    case Step::chunk: return chunk();
    case Step::chunk_end: return chunk_end();
    case Step::after: return is_request() ? after_request() : after_response();
    case Step::wait: return Next::more;
    case Step::ignore: use(rest().size()); return Next::more;
  }
  return Next::more;
}

Transaction* Run::open() noexcept {
  Transaction* tx = out_.open_transaction<HttpTx>();
  if (tx == nullptr) return nullptr;
  HttpTx& part = tx->part<HttpTx>();
  const ParserSettings& s = state_.settings;
  part.settings_request_min = s.http_request_inspect_min;
  part.settings_request_window = s.http_request_inspect_window;
  part.settings_request_limit = s.http_request_body_limit;
  part.settings_response_min = s.http_response_inspect_min;
  part.settings_response_window = s.http_response_inspect_window;
  part.settings_response_limit = s.http_response_body_limit;
  return tx;
}

Bytes Run::keep(Bytes bytes) noexcept {
  const Bytes copy = side_.tx->arena.copy(bytes);
  if (copy.size() != bytes.size()) {
    out_.count_memory_limit();
    event(Event::event_limit_reached);
  }
  return copy;
}

std::size_t Run::line_length(bool cr_ends) noexcept {
  const std::string_view text = as_chars(rest());
  for (std::size_t at = side_.scanned; at < text.size(); ++at) {
    at = cr_ends ? text.find_first_of("\r\n", at) : text.find('\n', at);
    if (at == std::string_view::npos) break;
    if (text[at] == '\n') return at + 1;
    if (at + 1 == text.size()) {
      side_.scanned = at;
      return out_.is_end ? text.size() : 0;
    }
    if (text[at + 1] != '\n') return at + 1;
  }
  side_.scanned = text.size();
  return out_.is_end ? text.size() : 0;
}

bool Run::is_too_long(std::size_t length) noexcept {
  if (length > kFieldWarn && side_.tx != nullptr) event(Event::event_request_field_too_long, Event::event_response_field_too_long);
  return length > kFieldMax;
}

void Run::complete() noexcept {
  Message& its = message();
  its.is_complete = true;
  end_body();
  advance(progress::complete);
  out_.flush_raw(direction_);
  side_.tx = nullptr;
  side_.step = Step::idle;
  side_.left = 0;
}

bool Run::gap(std::uint64_t length) noexcept {
  side_.scanned = 0;
  if (side_.tx == nullptr) return is_request() ? false : (side_.step = Step::ignore, true);
  switch (side_.step) {
    case Step::body_known:
      if (length > side_.left) break;
      side_.left -= length;
      message().length += length;
      if (side_.left == 0) side_.step = Step::after;
      return true;
    case Step::chunk:
      if (length > side_.left) break;
      side_.left -= length;
      message().length += length;
      if (side_.left == 0) side_.step = Step::chunk_end;
      return true;
    case Step::body_rest:
    case Step::ignore: return true;
    default: break;
  }
  // Lines were lost: where the next message begins nobody knows.
  end_body();
  side_.step = Step::ignore;
  return true;
}

void Run::finish() noexcept {
  if (side_.tx == nullptr) return;
  if (side_.step == Step::headers || side_.step == Step::trailer) {
    end_folding();
    if (side_.step == Step::headers) {
      if (is_request()) {
        static_cast<void>(request_headers_end());
      } else {
        advance(progress::headers);
        prepare_codings();
      }
    }
  }
  if (side_.tx != nullptr) complete();
  side_.step = Step::ignore;
}

}  // namespace hd::protocol::http
