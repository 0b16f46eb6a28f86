// SPDX-License-Identifier: Apache-2.0
// Sticky buffers. Formats as rule writers know them: http.header is "Name: value\r\n" of each header without cookies,
// http.header_names is "\r\nName\r\n...\r\n\r\n", http.start is the first line and all headers with an empty line.
#include "sensor/protocols/http/buffers.hpp"

#include <algorithm>

#include "sensor/protocols/http/tx.hpp"

namespace hd::protocol::http {
namespace {

constexpr auto kServer = Directions::to_server;
constexpr auto kClient = Directions::to_client;
constexpr std::array<std::uint8_t, 2> kLine = {progress::line, progress::line};
constexpr std::array<std::uint8_t, 2> kHeaders = {progress::headers, progress::headers};
constexpr std::array<std::uint8_t, 2> kBody = {progress::body, progress::body};

bool give(Bytes bytes, Buffer& out) noexcept {
  if (bytes.data() == nullptr) return false;
  out.bytes = bytes;
  return true;
}

bool give_field(Transaction& tx, Direction direction, std::string_view name, Buffer& out) noexcept {
  const Field* field = tx.part<HttpTx>().message(direction).headers.find(name);
  if (field == nullptr) return false;
  out.bytes = field->value;
  return true;
}

bool get_uri(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<HttpTx>().uri, out); }
bool get_uri_raw(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<HttpTx>().uri_raw, out); }
bool get_method(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<HttpTx>().method_text, out); }
bool get_host(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<HttpTx>().host, out); }
bool get_host_raw(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<HttpTx>().host_raw, out); }
bool get_stat_code(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<HttpTx>().status_text, out); }
bool get_stat_msg(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<HttpTx>().message_text, out); }
bool get_protocol(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  return give(tx.part<HttpTx>().message(at.direction).protocol, out);
}
bool get_line(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  return give(tx.part<HttpTx>().message(at.direction).line, out);
}
bool get_header_raw(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  return give(tx.part<HttpTx>().message(at.direction).raw.bytes(), out);
}

template <const char* const* Name>
bool get_field(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  return give_field(tx, at.direction, *Name, out);
}
constexpr const char* kAccept = "accept";
constexpr const char* kAcceptLang = "accept-language";
constexpr const char* kAcceptEnc = "accept-encoding";
constexpr const char* kConnection = "connection";
constexpr const char* kContentLen = "content-length";
constexpr const char* kContentType = "content-type";
constexpr const char* kLocation = "location";
constexpr const char* kServerName = "server";
constexpr const char* kReferer = "referer";
constexpr const char* kUserAgent = "user-agent";

bool get_cookie(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  return give_field(tx, at.direction, at.direction == Direction::to_server ? "cookie" : "set-cookie", out);
}

/// Appends without asking: the room was counted before.
void put(std::uint8_t*& to, Bytes bytes) noexcept { to = std::copy(bytes.begin(), bytes.end(), to); }
void put(std::uint8_t*& to, std::string_view text) noexcept { put(to, as_bytes(text)); }

enum Composed : std::size_t { header_text, name_text, start_text };

std::size_t room_for(const Message& message) noexcept {
  std::size_t room = message.line.size() + 8;
  for (const Field* one = message.headers.first; one != nullptr; one = one->next) room += one->name.size() + one->value.size() + 4;
  return room;
}

bool get_composed(Transaction& tx, Direction direction, Composed kind, Buffer& out) noexcept {
  Message& message = tx.part<HttpTx>().message(direction);
  Bytes& made = message.composed[kind];
  if (made.data() != nullptr) return give(made, out);
  if (message.line.empty() && message.headers.first == nullptr) return false;
  if (kind != start_text && message.headers.first == nullptr) return false;
  std::uint8_t* const begin = tx.arena.allocate(room_for(message));
  if (begin == nullptr) return false;
  std::uint8_t* to = begin;
  const std::string_view cookie = direction == Direction::to_server ? "cookie" : "set-cookie";
  if (kind == start_text) put(to, message.line);
  if (kind != header_text) put(to, "\r\n");
  for (const Field* one = message.headers.first; one != nullptr; one = one->next) {
    if (kind == header_text && says(one->name, cookie)) continue;
    put(to, one->name);
    if (kind != name_text) {
      put(to, ": ");
      put(to, one->value);
    }
    put(to, "\r\n");
  }
  if (kind != header_text) put(to, "\r\n");
  made = {begin, static_cast<std::size_t>(to - begin)};
  return give(made, out);
}

bool get_header(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return get_composed(tx, at.direction, header_text, out); }
bool get_header_names(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return get_composed(tx, at.direction, name_text, out); }
bool get_start(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return get_composed(tx, at.direction, start_text, out); }

bool get_one_header(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const Field* one = tx.part<HttpTx>().message(at.direction).headers.first;
  for (unsigned i = 0; i < at.instance && one != nullptr; ++i) one = one->next;
  if (one == nullptr || at.scratch == nullptr) return false;
  std::uint8_t* const begin = at.scratch->allocate(one->name.size() + one->value.size() + 2);
  if (begin == nullptr) return false;
  std::uint8_t* to = begin;
  put(to, one->name);
  put(to, ": ");
  put(to, one->value);
  return give({begin, static_cast<std::size_t>(to - begin)}, out);
}

WindowRule rule_of(const HttpTx& tx, Direction direction) noexcept {
  if (direction == Direction::to_server) return {tx.settings_request_limit, tx.settings_request_min, tx.settings_request_window};
  return {tx.settings_response_limit, tx.settings_response_min, tx.settings_response_window};
}

bool give_window(Transaction& tx, const BufferRequest& at, GrowingBody::Reader reader, Buffer& out) noexcept {
  HttpTx& its = tx.part<HttpTx>();
  GrowingBody& body = its.message(at.direction).body;
  const WindowRule rule = rule_of(its, at.direction);
  if (!body.window(reader, rule, at.is_flow_end, out.bytes, out.offset)) return false;
  out.is_final = body.is_over() || at.is_flow_end || body.is_full(rule);
  return true;
}

bool get_body(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  return give_window(tx, at, GrowingBody::Reader::body, out);
}

/// A file in a request: new bytes only, once enough are there or the file is over.
bool get_upload(HttpTx& its, const BufferRequest& at, Buffer& out) noexcept {
  if (at.instance >= its.file_count) return false;
  UploadFile& file = its.files[at.instance];
  const GrowingBody& body = its.messages[0].body;
  const bool is_part = !its.boundary.empty();
  const std::uint64_t begin = is_part ? file.part.begin : 0;
  const std::uint64_t end = is_part ? file.part.end : body.total();
  const bool is_over = at.is_flow_end || body.is_over() || (is_part && file.part.is_over);
  const std::uint64_t size = end - begin;
  if (file.inspected == size) return false;
  const WindowRule rule = rule_of(its, Direction::to_server);
  if (size < rule.minimum && !is_over && !body.is_full(rule)) return false;
  const Bytes all = body.from(begin + file.inspected);
  out.bytes = all.first(std::min<std::uint64_t>(all.size(), size - file.inspected));
  out.offset = file.inspected;
  out.is_final = is_over;
  file.inspected = size;
  return true;
}

bool get_file(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  if (at.direction == Direction::to_server) return get_upload(tx.part<HttpTx>(), at, out);
  return at.instance == 0 && give_window(tx, at, GrowingBody::Reader::file, out);
}

bool get_file_name(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  HttpTx& its = tx.part<HttpTx>();
  if (at.direction == Direction::to_client) {
    return at.instance == 0 && its.messages[1].body.total() > 0 && give(its.response_file_name, out);
  }
  if (at.instance >= its.file_count) return false;
  if (its.boundary.empty()) return give(its.path, out);
  const Part& part = its.files[at.instance].part;
  const Bytes all = its.messages[0].body.from(part.name_begin);
  out.is_final = its.messages[0].body.is_over() || at.is_flow_end;  // until then further parts may bring further names
  return give(all.first(std::min<std::uint64_t>(all.size(), part.name_end - part.name_begin)), out);
}

constexpr std::string_view kUriAliases[] = {"http_uri"}, kUriRawAliases[] = {"http_raw_uri"}, kMethodAliases[] = {"http_method"},
                           kProtocolAliases[] = {"http_protocol"}, kRequestLineAliases[] = {"http_request_line"},
                           kResponseLineAliases[] = {"http_response_line"}, kStartAliases[] = {"http_start"},
                           kHeaderAliases[] = {"http_header"}, kHeaderRawAliases[] = {"http_raw_header"},
                           kNamesAliases[] = {"http_header_names"}, kRequestHeaderAliases[] = {"http_request_header"},
                           kResponseHeaderAliases[] = {"http_response_header"}, kAcceptAliases[] = {"http_accept"},
                           kAcceptLangAliases[] = {"http_accept_lang"}, kAcceptEncAliases[] = {"http_accept_enc"},
                           kConnectionAliases[] = {"http_connection"}, kLenAliases[] = {"http_content_len"},
                           kTypeAliases[] = {"http_content_type"}, kCookieAliases[] = {"http_cookie"},
                           kRefererAliases[] = {"http_referer"}, kAgentAliases[] = {"http_user_agent"},
                           kHostAliases[] = {"http_host"}, kHostRawAliases[] = {"http_raw_host"},
                           kRequestBodyAliases[] = {"http_request_body"}, kResponseBodyAliases[] = {"http_response_body"},
                           kCodeAliases[] = {"http_stat_code"}, kMsgAliases[] = {"http_stat_msg"}, kFileAliases[] = {"file_data"};

}  // namespace

constinit const BufferSpec kBufferRows[] = {
    {.name = "http.uri", .aliases = kUriAliases, .modifier = "http_uri", .directions = kServer, .progress = kLine,
     .summary = "target of the request, percent escapes undone, dots and double slashes removed", .get = get_uri},
    {.name = "http.uri.raw", .aliases = kUriRawAliases, .modifier = "http_raw_uri", .directions = kServer, .progress = kLine,
     .summary = "target of the request as it came", .get = get_uri_raw},
    {.name = "http.method", .aliases = kMethodAliases, .modifier = "http_method", .directions = kServer, .progress = kLine,
     .summary = "method of the request", .get = get_method},
    {.name = "http.protocol", .aliases = kProtocolAliases, .progress = kLine, .summary = "protocol word of the first line",
     .get = get_protocol},
    {.name = "http.request_line", .aliases = kRequestLineAliases, .directions = kServer,
     .progress = kLine, .summary = "first line of the request without its end", .get = get_line},
    {.name = "http.response_line", .aliases = kResponseLineAliases, .directions = kClient,
     .progress = kLine, .summary = "first line of the response without its end", .get = get_line},
    {.name = "http.start", .aliases = kStartAliases, .progress = kHeaders,
     .summary = "first line and headers, ended by an empty line", .get = get_start},
    {.name = "http.header", .aliases = kHeaderAliases, .modifier = "http_header", .progress = kHeaders,
     .summary = "headers as lines of name and value, without cookies", .get = get_header},
    {.name = "http.header.raw", .aliases = kHeaderRawAliases, .modifier = "http_raw_header", .progress = kHeaders,
     .summary = "headers as they came", .get = get_header_raw},
    {.name = "http.header_names", .aliases = kNamesAliases, .progress = kHeaders,
     .summary = "names of the headers, a line each, between empty lines", .get = get_header_names},
    {.name = "http.request_header", .aliases = kRequestHeaderAliases, .directions = kServer, .progress = kHeaders,
     .is_multi = true, .summary = "each request header, name and value", .get = get_one_header},
    {.name = "http.response_header", .aliases = kResponseHeaderAliases, .directions = kClient, .progress = kHeaders,
     .is_multi = true, .summary = "each response header, name and value", .get = get_one_header},
    {.name = "http.accept", .aliases = kAcceptAliases, .directions = kServer, .progress = kHeaders, .summary = "Accept",
     .get = get_field<&kAccept>},
    {.name = "http.accept_lang", .aliases = kAcceptLangAliases, .directions = kServer, .progress = kHeaders,
     .summary = "Accept-Language", .get = get_field<&kAcceptLang>},
    {.name = "http.accept_enc", .aliases = kAcceptEncAliases, .directions = kServer, .progress = kHeaders,
     .summary = "Accept-Encoding", .get = get_field<&kAcceptEnc>},
    {.name = "http.connection", .aliases = kConnectionAliases, .progress = kHeaders, .summary = "Connection",
     .get = get_field<&kConnection>},
    {.name = "http.content_len", .aliases = kLenAliases, .progress = kHeaders, .summary = "Content-Length",
     .get = get_field<&kContentLen>},
    {.name = "http.content_type", .aliases = kTypeAliases, .progress = kHeaders, .summary = "Content-Type",
     .get = get_field<&kContentType>},
    {.name = "http.cookie", .aliases = kCookieAliases, .modifier = "http_cookie", .progress = kHeaders,
     .summary = "Cookie of the request, Set-Cookie of the response", .get = get_cookie},
    {.name = "http.location", .directions = kClient, .progress = kHeaders, .summary = "Location", .get = get_field<&kLocation>},
    {.name = "http.server", .directions = kClient, .progress = kHeaders, .summary = "Server", .get = get_field<&kServerName>},
    {.name = "http.referer", .aliases = kRefererAliases, .directions = kServer, .progress = kHeaders, .summary = "Referer",
     .get = get_field<&kReferer>},
    {.name = "http.user_agent", .aliases = kAgentAliases, .modifier = "http_user_agent", .directions = kServer,
     .progress = kHeaders, .summary = "User-Agent", .get = get_field<&kUserAgent>},
    {.name = "http.host", .aliases = kHostAliases, .modifier = "http_host", .directions = kServer, .progress = kHeaders,
     .is_lowercase = true, .summary = "host of the request in small letters, without port", .get = get_host},
    {.name = "http.host.raw", .aliases = kHostRawAliases, .modifier = "http_raw_host", .directions = kServer,
     .progress = kHeaders, .summary = "host of the request as it came", .get = get_host_raw},
    {.name = "http.request_body", .aliases = kRequestBodyAliases, .modifier = "http_client_body", .directions = kServer,
     .progress = kBody, .is_growing = true, .summary = "body of the request without its codings", .get = get_body},
    {.name = "http.response_body", .aliases = kResponseBodyAliases, .modifier = "http_server_body", .directions = kClient,
     .progress = kBody, .is_growing = true, .summary = "body of the response without its codings", .get = get_body},
    {.name = "http.stat_code", .aliases = kCodeAliases, .modifier = "http_stat_code", .directions = kClient, .progress = kLine,
     .summary = "status of the response", .get = get_stat_code},
    {.name = "http.stat_msg", .aliases = kMsgAliases, .modifier = "http_stat_msg", .directions = kClient, .progress = kLine,
     .summary = "words behind the status", .get = get_stat_msg},
    {.name = "file.data", .aliases = kFileAliases, .progress = kBody, .is_multi = true, .is_growing = true,
     .summary = "bytes of a file: response body, uploaded part, body of PUT and POST", .get = get_file},
    {.name = "file.name", .progress = kBody, .is_multi = true, .is_growing = true, .summary = "name of a file", .get = get_file_name},
};

}  // namespace hd::protocol::http
