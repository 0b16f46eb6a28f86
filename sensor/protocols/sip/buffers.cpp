// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/sip/buffers.hpp"

#include "sensor/protocols/sip/message.hpp"

namespace hd::protocol::sip {
namespace {

constexpr std::array<std::uint8_t, 2> kDone = {1, 1};
constexpr auto kServer = Directions::to_server;
constexpr auto kClient = Directions::to_client;

bool give(Bytes bytes, Buffer& out) noexcept {
  out.bytes = bytes;
  return !bytes.empty();
}
template <Bytes Message::* Member>
bool get(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const Message& its = tx.part<Message>();
  return its.direction == at.direction && give(its.*Member, out);
}
template <Header Which>
bool get_header(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const Message& its = tx.part<Message>();
  return its.direction == at.direction && give(its.find(Which, at.instance), out);
}
template <char Kind, bool IsMedium = false>
bool get_sdp(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const Message& its = tx.part<Message>();
  return its.direction == at.direction && give(its.find_sdp(static_cast<std::uint8_t>(Kind), IsMedium, at.instance), out);
}

}  // namespace

constinit const BufferSpec kBufferRows[] = {
    {.name = "sip.method", .directions = kServer, .progress = kDone, .summary = "method of the request", .get = get<&Message::method>},
    {.name = "sip.uri", .directions = kServer, .progress = kDone, .summary = "target of the request", .get = get<&Message::uri>},
    {.name = "sip.protocol", .progress = kDone, .summary = "protocol word of the first line", .get = get<&Message::protocol>},
    {.name = "sip.stat_code", .directions = kClient, .progress = kDone, .summary = "status code of the response",
     .get = get<&Message::status>},
    {.name = "sip.stat_msg", .directions = kClient, .progress = kDone, .summary = "reason of the response", .get = get<&Message::reason>},
    {.name = "sip.request_line", .directions = kServer, .progress = kDone, .summary = "first line of the request",
     .get = get<&Message::line>},
    {.name = "sip.response_line", .directions = kClient, .progress = kDone, .summary = "first line of the response",
     .get = get<&Message::line>},
    {.name = "sip.from", .progress = kDone, .is_multi = true, .summary = "each From, compact too", .get = get_header<Header::from>},
    {.name = "sip.to", .progress = kDone, .is_multi = true, .summary = "each To, compact too", .get = get_header<Header::to>},
    {.name = "sip.via", .progress = kDone, .is_multi = true, .summary = "each Via, compact too", .get = get_header<Header::via>},
    {.name = "sip.user_agent", .progress = kDone, .is_multi = true, .summary = "each User-Agent", .get = get_header<Header::user_agent>},
    {.name = "sip.content_type", .progress = kDone, .is_multi = true, .summary = "each Content-Type, compact too",
     .get = get_header<Header::content_type>},
    {.name = "sip.content_length", .progress = kDone, .is_multi = true, .summary = "each Content-Length, compact too",
     .get = get_header<Header::content_length>},
    {.name = "sdp.session_name", .progress = kDone, .summary = "s= of the session", .get = get_sdp<'s'>},
    {.name = "sdp.session_info", .progress = kDone, .summary = "i= of the session", .get = get_sdp<'i'>},
    {.name = "sdp.origin", .progress = kDone, .summary = "o= of the session", .get = get_sdp<'o'>},
    {.name = "sdp.uri", .progress = kDone, .summary = "u= of the session", .get = get_sdp<'u'>},
    {.name = "sdp.email", .progress = kDone, .summary = "e= of the session", .get = get_sdp<'e'>},
    {.name = "sdp.phone_number", .progress = kDone, .summary = "p= of the session", .get = get_sdp<'p'>},
    {.name = "sdp.connection_data", .progress = kDone, .summary = "c= of the session", .get = get_sdp<'c'>},
    {.name = "sdp.bandwidth", .progress = kDone, .is_multi = true, .summary = "each b= of the session", .get = get_sdp<'b'>},
    {.name = "sdp.time", .progress = kDone, .is_multi = true, .summary = "each t=", .get = get_sdp<'t'>},
    {.name = "sdp.repeat_time", .progress = kDone, .is_multi = true, .summary = "each r=", .get = get_sdp<'r'>},
    {.name = "sdp.timezone", .progress = kDone, .summary = "z= of the session", .get = get_sdp<'z'>},
    {.name = "sdp.encryption_key", .progress = kDone, .summary = "k= of the session", .get = get_sdp<'k'>},
    {.name = "sdp.attribute", .progress = kDone, .is_multi = true, .summary = "each a= of the session", .get = get_sdp<'a'>},
    {.name = "sdp.media.media", .progress = kDone, .is_multi = true, .summary = "each m=", .get = get_sdp<'m', true>},
    {.name = "sdp.media.media_info", .progress = kDone, .is_multi = true, .summary = "i= of each medium", .get = get_sdp<'i', true>},
    {.name = "sdp.media.connection_data", .progress = kDone, .is_multi = true, .summary = "c= of each medium",
     .get = get_sdp<'c', true>},
    {.name = "sdp.media.encryption_key", .progress = kDone, .is_multi = true, .summary = "k= of each medium",
     .get = get_sdp<'k', true>},
};

constinit const EventSpec kEventRows[] = {
#define HD_SIP_EVENT(name, summary) {#name, summary},
#include "sensor/protocols/sip/events.def"
#undef HD_SIP_EVENT
};

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const Message& its = tx.part<Message>();
  const auto put = [&sink](std::string_view key, Bytes value) {
    if (!value.empty()) sink.text(key, value);
  };
  put("method", its.method);
  put("uri", its.uri);
  put("version", its.protocol);
  if (!its.method.empty()) put("request_line", its.line);
  put("code", its.status);
  put("reason", its.reason);
  if (!its.status.empty()) put("response_line", its.line);
}

}  // namespace hd::protocol::sip
