// SPDX-License-Identifier: Apache-2.0
// Requests: line, what follows from the headers, and what lies behind.
#include <algorithm>

#include "sensor/protocols/http/parser.hpp"

namespace hd::protocol::http {

Run::Next Run::request_line() noexcept {
  if (side_.step == Step::idle) {
    side_.tx = open();
    if (side_.tx == nullptr) return Next::failed;
    side_.step = Step::line;
  }
  const std::size_t length = line_length(false);
  if (length == 0) return is_too_long(rest().size()) ? Next::failed : Next::more;
  if (is_too_long(length)) return Next::failed;
  const Bytes line = without_line_end(rest().first(length));
  if (line.empty()) {  // RFC 9112 2.2: empty lines before a request are passed over
    use(length);
    return Next::again;
  }
  message().line = keep(line);
  parse_request_line(message().line);
  use(length);
  advance(progress::line);
  side_.step = tx().is_old_request ? Step::old_or_not : Step::headers;
  return Next::again;
}

// Method, target, protocol. The target may hold spaces: the last one is in front of the protocol.
void Run::parse_request_line(Bytes line) noexcept {
  HttpTx& its = tx();
  std::size_t at = 0;
  while (at < line.size() && is_space(line[at])) ++at;
  if (at > 0) event(Event::event_request_line_leading_whitespace);
  const std::size_t method_begin = at;
  while (at < line.size() && !is_space(line[at])) ++at;
  its.method_text = line.subspan(method_begin, at - method_begin);
  its.method = method_of(its.method_text);
  bool is_odd = false;
  for (; at < line.size() && is_space(line[at]); ++at) is_odd = is_odd || line[at] != ' ';
  if (is_odd) event(Event::event_method_delim_non_compliant);
  if (at == line.size()) {
    its.is_old_request = true;
    its.messages[0].version = Version::v0_9;
    event(its.method == Method::unknown ? Event::event_request_line_invalid : Event::event_request_line_incomplete);
    return;
  }
  const Bytes target = line.subspan(at);
  std::size_t end = target.size();
  while (end > 0 && is_space(target[end - 1])) --end;
  std::size_t split = end;
  while (split > 0 && target[split - 1] != ' ') --split;
  if (split == 0) {
    split = end;
    while (split > 0 && !is_space(target[split - 1])) --split;
  }
  std::size_t uri_end = split == 0 ? end : split;
  while (uri_end > 0 && is_space(target[uri_end - 1])) --uri_end;
  for (std::size_t i = 0; i < split; ++i) {
    if (target[i] == ' ' || !is_space(target[i])) continue;
    event(Event::event_uri_delim_non_compliant);
    break;
  }
  its.uri_raw = target.first(uri_end);
  if (split > 0) {
    its.messages[0].protocol = target.subspan(split, end - split);
    its.messages[0].version = version_of(its.messages[0].protocol);
  } else {
    its.is_old_request = true;
    its.messages[0].version = Version::v0_9;
  }
  read_target();
}

// Normal form, host and port of the target.
void Run::read_target() noexcept {
  HttpTx& its = tx();
  const UriParts parts = its.method == Method::connect ? UriParts{} : split_uri(its.uri_raw);
  const Normalised normal = normalise(parts, state_.settings.http_double_decode_path, state_.settings.http_double_decode_query,
                                      side_.tx->arena);
  its.uri = its.method == Method::connect ? its.uri_raw : normal.uri;
  its.path = normal.path;
  if (normal.is_double_encoded) event(Event::event_double_encoded_uri);
  if (its.method == Method::connect) {
    const HostPort target_host = split_host(its.uri_raw);
    its.uri_host = target_host.host;
    its.port = target_host.port;
    if (target_host.is_port_invalid) event(Event::event_invalid_authority_port);
  } else if (!parts.host.empty()) {
    its.uri_host = parts.host;
    std::int64_t port = 0;
    bool is_plain = true;
    if (!parts.port.empty()) {
      port = content_length(parts.port, is_plain);
      its.port = is_plain && port > 0 && port < 65536 ? static_cast<std::int32_t>(port) : -1;
      if (its.port < 0) event(Event::event_invalid_server_port_in_request);
    }
  }
  if (its.port >= 0 && its.method != Method::connect && out_.server_port != its.port) {
    event(Event::event_request_server_port_tcp_port_mismatch);
  }
}

// A line without protocol is a whole HTTP/0.9 request, unless more than a few line ends follow: then the protocol was
// left out, and headers come.
Run::Next Run::old_or_not() noexcept {
  constexpr std::size_t kJunkMax = 16;
  const bool has_more = rest().size() > kJunkMax || std::any_of(rest().begin(), rest().end(), [](std::uint8_t c) { return !is_space(c); });
  if (has_more) {
    event(Event::event_request_line_missing_protocol);
    tx().is_old_request = false;
    side_.step = Step::headers;
    return Next::again;
  }
  if (!out_.is_end) return Next::more;
  advance(progress::headers);
  complete();
  side_.step = Step::ignore;
  return Next::again;
}

Run::Next Run::request_headers_end() noexcept {
  HttpTx& its = tx();
  Message& request = its.messages[0];
  const Field* encoding = request.headers.find("transfer-encoding");
  const Field* length = request.headers.find("content-length");
  find_host();
  check_authorization();
  advance(progress::headers);
  if (encoding != nullptr) {
    if (!says(encoding->value, "chunked")) {
      event(Event::event_invalid_transfer_encoding_value_in_request);
      if (!contains_word(encoding->value, "chunked")) return Next::failed;
    } else if (request.version < Version::v1_1) {
      event(Event::event_invalid_transfer_encoding_value_in_request);
    }
    side_.step = Step::chunk_length;
  } else if (length != nullptr) {
    bool is_plain = false;
    const std::int64_t count = content_length(length->value, is_plain);
    if (count < 0) {
      event(Event::event_invalid_content_length_field_in_request);
      return Next::failed;
    }
    side_.left = static_cast<std::uint64_t>(count);
    side_.step = count > 0 ? Step::body_known : Step::after;
  } else {
    side_.step = its.method == Method::connect ? Step::wait : Step::after;
    if (its.method == Method::connect) {
      request.is_complete = true;
      advance(progress::complete);
      out_.flush_raw(direction_);
      return Next::again;
    }
  }
  if (side_.step != Step::after) {
    if (const Field* coding = request.headers.find("content-encoding"); coding != nullptr) add_layers(*coding);
    prepare_upload();
  }
  return Next::again;
}

void Run::find_host() noexcept {
  HttpTx& its = tx();
  const Field* field = its.messages[0].headers.find("host");
  const auto small = [&](Bytes host) {
    std::uint8_t* copy = side_.tx->arena.allocate(host.size());
    if (copy == nullptr || host.empty()) return Bytes{};
    std::transform(host.begin(), host.end(), copy, to_small);
    return Bytes{copy, host.size()};
  };
  if (!its.uri_host.empty()) {
    its.host_raw = its.uri_host;
    its.host = small(its.uri_host);
    if (!split_host(its.uri_host).is_host_valid) event(Event::event_request_uri_host_invalid);
  }
  if (field == nullptr) {
    if (its.messages[0].version >= Version::v1_1) event(Event::event_missing_host_header);
    return;
  }
  const HostPort parsed = split_host(field->value);
  if (!parsed.is_host_valid || parsed.is_port_invalid) event(Event::event_request_header_host_invalid);
  if (its.uri_host.empty()) {
    its.host_raw = field->value;
    its.host = small(parsed.host);
    if (its.port < 0) its.port = parsed.port;
    if (parsed.port >= 0 && parsed.port != out_.server_port) event(Event::event_request_server_port_tcp_port_mismatch);
    return;
  }
  const bool is_other_port = parsed.port >= 0 && its.port >= 0 && parsed.port != its.port;
  if (!equal_caseless(parsed.host, its.uri_host) || is_other_port) event(Event::event_host_header_ambiguous);
}

// RFC 7617 and its neighbours: a scheme that is known, with something behind it.
void Run::check_authorization() noexcept {
  const Field* field = tx().messages[0].headers.find("authorization");
  if (field == nullptr) return;
  const Bytes value = trimmed(field->value);
  std::size_t end = 0;
  while (end < value.size() && !is_space(value[end])) ++end;
  const Bytes scheme = value.first(end);
  if (says(scheme, "basic") || says(scheme, "digest") || says(scheme, "bearer")) return;
  event(Event::event_request_auth_unrecognized);
}

void Run::prepare_upload() noexcept {
  HttpTx& its = tx();
  if (its.method != Method::post && its.method != Method::put) return;
  const Field* type = its.messages[0].headers.find("content-type");
  if (its.method == Method::post && type != nullptr && contains_word(type->value, "multipart/form-data")) {
    its.boundary = parameter(type->value, "boundary");
    if (its.boundary.empty()) event(Event::event_multipart_generic_error);
    else its.messages[0].body.keep_all();
    return;
  }
  its.file_count = 1;
  its.files[0] = {};
}

Run::Next Run::after_request() noexcept {
  if (rest().empty()) {
    complete();
    return Next::more;
  }
  // Bytes that are no request belong to the body, as far as they are here already.
  std::size_t begin = 0;
  while (begin < rest().size() && is_space(rest()[begin])) ++begin;
  std::size_t end = begin;
  while (end < rest().size() && !is_space(rest()[end]) && end - begin < 64) ++end;
  const std::string_view text = as_chars(rest());
  const std::size_t line_end = text.find('\n');
  if (end > begin && line_end != std::string_view::npos && line_end >= end &&
      method_of(rest().subspan(begin, end - begin)) == Method::unknown) {
    event(Event::event_request_body_unexpected);
    const std::size_t length = line_end + 1;
    body(rest().first(length));
    use(length);
    return Next::again;
  }
  complete();
  return Next::again;
}

}  // namespace hd::protocol::http
