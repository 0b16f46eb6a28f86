// SPDX-License-Identifier: Apache-2.0
// Responses: which request they answer, status line, what follows from the headers, upgrades.
#include <algorithm>

#include "sensor/protocols/http/parser.hpp"

namespace hd::protocol::http {

Transaction* Run::waiting_for_response() noexcept {
  for (Transaction* tx = out_.oldest(); tx != nullptr; tx = tx->next) {
    if (tx->id >= state_.next_response) return tx;
  }
  return nullptr;
}

Run::Next Run::response_idle() noexcept {
  side_.tx = waiting_for_response();
  if (side_.tx == nullptr) {
    side_.tx = open();
    if (side_.tx == nullptr) return Next::failed;
    HttpTx& its = tx();
    its.is_request_seen = false;
    its.uri_raw = its.uri = its.path = as_bytes("/libhtp::request_uri_not_seen");
    its.messages[0].is_complete = true;
    event(Event::event_unable_to_match_response_to_request);
    out_.advance(*side_.tx, Direction::to_server, progress::complete);
  }
  state_.next_response = side_.tx->id + 1;
  side_.step = Step::line;
  // HTTP/0.9 answers with the body alone.
  if (tx().is_old_request && is_body_line(rest())) side_.step = Step::body_rest;
  return Next::again;
}

Run::Next Run::response_line() noexcept {
  const std::size_t length = line_length(true);
  if (length == 0) {
    if (!is_too_long(rest().size())) return Next::more;
    if (!is_body_line(rest())) return Next::failed;
    side_.step = Step::body_rest;
    return Next::again;
  }
  const Bytes line = without_line_end(rest().first(length));
  if (line.empty()) {
    use(length);
    return Next::again;
  }
  if (is_body_line(line)) {  // browsers show it; a status line may still follow
    body(rest().first(length));
    use(length);
    if (rest().empty()) side_.step = Step::body_rest;
    return Next::again;
  }
  if (is_too_long(length)) return Next::failed;
  message().line = keep(line);
  parse_response_line(message().line);
  use(length);
  advance(progress::line);
  side_.step = Step::headers;
  return Next::again;
}

void Run::parse_response_line(Bytes line) noexcept {
  HttpTx& its = tx();
  std::size_t at = 0;
  const auto skip = [&] { while (at < line.size() && is_space(line[at])) ++at; };
  const auto word = [&] {
    const std::size_t begin = at;
    while (at < line.size() && !is_space(line[at])) ++at;
    return line.subspan(begin, at - begin);
  };
  skip();
  its.messages[1].protocol = word();
  its.messages[1].version = version_of(its.messages[1].protocol);
  if (its.messages[1].version == Version::invalid) event(Event::event_response_invalid_protocol);
  skip();
  its.status_text = word();
  bool is_plain = false;
  const std::int64_t status = content_length(its.status_text, is_plain);
  if (is_plain && status >= 100 && status <= 999) its.status = static_cast<std::uint16_t>(status);
  else event(Event::event_response_invalid_status);
  skip();
  its.message_text = line.subspan(at);
}

Run::Next Run::response_headers_end() noexcept {
  HttpTx& its = tx();
  Message& response = its.messages[1];
  const bool has_length = response.headers.find("content-length") != nullptr;
  const bool has_coding = response.headers.find("transfer-encoding") != nullptr;
  if (its.status == 100 && !has_length && !has_coding) {
    if (its.continues++ > 0) event(Event::event_100_continue_already_seen);
    response = Message{};
    its.status = 0;
    its.status_text = its.message_text = {};
    side_.step = Step::line;
    return Next::again;
  }
  if (its.method == Method::connect && its.status >= 200 && its.status <= 299) {
    advance(progress::headers);
    const std::int32_t port = its.port;
    complete();
    state_.sides[0].step = Step::ignore;
    state_.sides[0].tx = nullptr;
    side_.step = Step::ignore;
    out_.recognise_again(static_cast<std::uint16_t>(port > 0 ? port : 0));
    return Next::handed_on;
  }
  if (its.method == Method::connect && state_.sides[0].step == Step::wait) {
    state_.sides[0].step = Step::idle;
    state_.sides[0].tx = nullptr;
  }
  if (its.status == 101 && !has_length && !has_coding) return upgraded();
  advance(progress::headers);
  name_response_file();
  if (its.method == Method::head) {
    side_.step = Step::after;
    return Next::again;
  }
  const bool is_without = (its.status >= 100 && its.status <= 199) || its.status == 204 || its.status == 304;
  if (is_without && !has_length && !has_coding) {
    side_.step = Step::after;
    return Next::again;
  }
  prepare_codings();
  return response_body();
}

void Run::prepare_codings() noexcept {
  side_.layer_count = 0;
  if (const Field* coding = message().headers.find("content-encoding"); coding != nullptr) add_layers(*coding);
}

// RFC 9112 6.3, with what browsers make of the rest.
Run::Next Run::response_body() noexcept {
  Message& response = message();
  if (const Field* encoding = response.headers.find("transfer-encoding");
      encoding != nullptr && contains_word(encoding->value, "chunked")) {
    if (!says(encoding->value, "chunked")) event(Event::event_response_abnormal_transfer_encoding);
    if (response.version < Version::v1_1) event(Event::event_response_chunked_old_proto);
    side_.step = Step::chunk_length;
    return Next::again;
  }
  if (const Field* length = response.headers.find("content-length"); length != nullptr) {
    bool is_plain = false;
    const std::int64_t count = content_length(length->value, is_plain);
    if (count < 0) {
      event(Event::event_invalid_content_length_field_in_response);
      return Next::failed;
    }
    side_.left = static_cast<std::uint64_t>(count);
    side_.step = count > 0 ? Step::body_known : Step::after;
    return Next::again;
  }
  if (const Field* type = response.headers.find("content-type"); type != nullptr && contains_word(type->value, "multipart/byteranges")) {
    event(Event::event_response_multipart_byteranges);
  }
  side_.step = Step::body_rest;
  return Next::again;
}

// 101: to a protocol that is known here, or to something that nobody parses.
Run::Next Run::upgraded() noexcept {
  const Field* to = message().headers.find("upgrade");
  const bool is_h2 = to != nullptr && contains_word(to->value, "h2c");
  const bool is_websocket = to != nullptr && contains_word(to->value, "websocket");
  if (!is_h2 && !is_websocket && to != nullptr) event(Event::event_failed_protocol_change);
  advance(progress::headers);
  complete();
  Side& request = state_.sides[0];
  if (request.tx != nullptr) out_.advance(*request.tx, Direction::to_server, progress::complete);
  request.tx = nullptr;
  request.step = side_.step = Step::ignore;
  return Next::again;
}

void Run::name_response_file() noexcept {
  HttpTx& its = tx();
  its.response_file_name = its.path;
  const Field* disposition = message().headers.find("content-disposition");
  if (disposition == nullptr) return;
  const Bytes name = parameter(disposition->value, "filename");
  if (!name.empty()) its.response_file_name = name;
  if (name.size() > 2048) event(Event::event_file_name_too_long);
}

Run::Next Run::after_response() noexcept {
  if (rest().empty()) {
    complete();
    return Next::more;
  }
  const std::size_t length = line_length(false);
  if (length == 0 && is_body_line(rest()) && rest().size() < 4096) return Next::more;
  const std::size_t count = length == 0 ? rest().size() : length;
  const Bytes line = rest().first(count);
  if (is_body_line(line) && !without_line_end(line).empty()) {
    body(line);
    use(count);
    return Next::again;
  }
  complete();
  return Next::again;
}

}  // namespace hd::protocol::http
