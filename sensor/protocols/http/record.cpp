// SPDX-License-Identifier: Apache-2.0
// The EVE object "http".
#include "sensor/protocols/http/buffers.hpp"
#include "sensor/protocols/http/tx.hpp"

namespace hd::protocol::http {
namespace {

void put_field(RecordSink& sink, const Message& message, std::string_view header, std::string_view key) noexcept {
  const Field* field = message.headers.find(header);
  if (field != nullptr) sink.text(key, field->value);
}

}  // namespace

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const HttpTx& its = tx.part<HttpTx>();
  const Message& request = its.messages[0];
  const Message& response = its.messages[1];
  if (!its.host.empty()) sink.text("hostname", its.host);
  if (its.port >= 0) sink.number("http_port", static_cast<std::uint64_t>(its.port));
  if (!its.uri_raw.empty()) sink.text("url", its.uri_raw);
  put_field(sink, request, "user-agent", "http_user_agent");
  put_field(sink, request, "x-forwarded-for", "xff");
  if (const Field* type = response.headers.find("content-type"); type != nullptr) {
    const std::size_t end = as_chars(type->value).find_first_of(";, ");
    sink.text("http_content_type", type->value.first(end == std::string_view::npos ? type->value.size() : end));
  }
  put_field(sink, request, "referer", "http_refer");
  if (!its.method_text.empty()) sink.text("http_method", its.method_text);
  if (!request.protocol.empty()) sink.text("protocol", request.protocol);
  if (its.status > 0) sink.number("status", its.status);
  if (its.status >= 300 && its.status < 400) put_field(sink, response, "location", "redirect");
  sink.number("length", response.length);
}

}  // namespace hd::protocol::http
