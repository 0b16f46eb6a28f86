// SPDX-License-Identifier: Apache-2.0
// IngestServer: the port on which a sensor with an invitation becomes known. The link thread reads and answers; the store
// thread asks the registry, so that a slow disk holds up nobody's alerts.
#include "collector/ingest/ingest_server.hpp"
#include "sensor/base/json.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr std::size_t kAddressesMax = 10'000;
constexpr std::size_t kEnrolMax = 4096;
constexpr std::size_t kWaitingMax = 256;

// An IPv4 peer of a socket that speaks both is told as ::ffff:192.0.2.1.
std::string plain_address(const std::string& address) {
  constexpr std::string_view kMapped = "::ffff:";
  return address.starts_with(kMapped) ? address.substr(kMapped.size()) : address;
}

Result<EnrolRequest> request_of(std::string_view text) {
  auto document = JsonDocument::parse(text, {.depth_max = 4, .length_max = kEnrolMax});
  if (!document) return fail(std::move(document.error()));
  EnrolRequest request;
  if (!from_hex(document->get("token").as_string(), request.token)) return fail(ErrorCode::E6003, "ENROL without a token");
  request.machine = std::string(document->get("machine").as_string().substr(0, 256));
  request.software = std::string(document->get("software").as_string().substr(0, 256));
  return request;
}

}  // namespace

Result<EnrolRequest> IngestServer::read_request(const Incoming& incoming) {
  FrameHeader header;
  Payload payload;
  PublicKey key{};
  const bool is_formed = incoming.frames == 2 && incoming.payload.size() <= kEnrolMax && decode_frame(incoming.header, &header) == WireError::none &&
                         header.length <= kEnrolMax && codec_.decode(header, incoming.payload, &payload) == WireError::none &&
                         header.type == FrameType::enrol && from_z85(incoming.user_id, &key);
  if (!is_formed) return fail(ErrorCode::E6003, "malformed");
  auto request = request_of(as_chars(payload));
  if (request) request->key = key;
  return request;
}

// Each request counts until it turned out to be good: guesses cannot be sent faster than they are judged.
bool IngestServer::may_guess(const std::string& address, Now at) {
  const std::int64_t minute = at.ticks.ns / (60 * kSecond);
  if (enrol_tries_.size() >= kAddressesMax) enrol_tries_.clear();
  auto& [tried, count] = enrol_tries_[address];
  if (tried != minute) {
    tried = minute;
    count = 0;
  }
  if (count >= options_.enrol_tries_max) return false;
  ++count;
  return true;
}

void IngestServer::read_enrol(Now at) {
  for (std::size_t n = 0; n < 16; ++n) {
    const auto incoming = enrol_.receive();
    if (!incoming) return;
    auto request = read_request(*incoming);
    if (!request) {
      refuse_enrol(incoming->peer, "malformed request", at);
      continue;
    }
    const std::string address = plain_address(incoming->address);
    if (!may_guess(address, at)) {
      refuse_enrol(incoming->peer, "too many tries from this address; wait a minute", at);
      continue;
    }
    const std::lock_guard guard(lock_);
    if (enrol_asked_.size() >= kWaitingMax) continue;  // the sensor asks again
    enrol_asked_.push_back({.peer = incoming->peer, .address = address, .request = std::move(*request)});
    has_work_.notify_one();
  }
  wake_.signal();
}

void IngestServer::enrol_waiting() {
  std::deque<Enrolment> asked;
  {
    const std::lock_guard guard(lock_);
    asked.swap(enrol_asked_);
  }
  if (asked.empty()) return;
  for (Enrolment& one : asked) one.answer = registry_.enrol(one.request);
  {
    const std::lock_guard guard(lock_);
    for (Enrolment& one : asked) enrol_answered_.push_back(std::move(one));
  }
  wake_.signal();
}

void IngestServer::answer_enrol(Now at) {
  std::deque<Enrolment> answered;
  {
    const std::lock_guard guard(lock_);
    answered.swap(enrol_answered_);
  }
  for (const Enrolment& one : answered) {
    if (one.answer.state == EnrolState::refused) {
      if (alarms_.allow(at.ticks)) log_.warning("enrolment from {} refused: {}", one.address, one.answer.why);
      refuse_enrol(one.peer, one.answer.why, at);
      continue;
    }
    if (auto tries = enrol_tries_.find(one.address); tries != enrol_tries_.end() && tries->second.second > 0) --tries->second.second;
    const bool is_in = one.answer.state == EnrolState::accepted;
    std::string json;
    JsonWriter writer(json);
    writer.begin_object().field("sensor_id", uuid_text(one.answer.sensor)).field("name", one.answer.name).field("fingerprint", fingerprint_of(one.request.key));
    if (const std::string link = link_as_told(); !link.empty()) writer.field("link", link);
    writer.end_object();
    note_enrolment(one);
    send_enrol(one.peer, is_in ? FrameType::accepted : FrameType::pending, json, at);
  }
}

// A sensor that waits asks every few seconds: what it is told is logged when it changes.
void IngestServer::note_enrolment(const Enrolment& one) {
  if (enrol_told_.size() >= kAddressesMax) enrol_told_.clear();
  const auto [told, is_new] = enrol_told_.try_emplace(one.request.key, one.answer.state);
  if (!is_new && told->second == one.answer.state) return;
  told->second = one.answer.state;
  const bool is_in = one.answer.state == EnrolState::accepted;
  log_.info("sensor {} from {}: {}, fingerprint {}", one.answer.name, one.address, is_in ? "accepted" : "waits to be confirmed", fingerprint_of(one.request.key));
}

// Where the link is, when this side can know: a wildcard has no name, and the sensor uses the host that it reached.
std::string IngestServer::link_as_told() const {
  const std::string port = ":" + std::to_string(link_port_);
  if (!options_.link_host.empty()) return "tcp://" + options_.link_host + port;
  const std::string host = options_.link_endpoint.substr(0, options_.link_endpoint.rfind(':'));
  const bool is_wildcard = host == "tcp://0.0.0.0" || host == "tcp://[::]" || host == "tcp://*";
  return is_wildcard ? std::string() : host + port;
}

void IngestServer::send_enrol(const std::string& peer, FrameType type, const std::string& json, Now at) {
  const FrameHeader header{.type = type, .sent_ns = at.wall.ns};
  static_cast<void>(enrol_.send(codec_.encode(header, as_bytes(json), PayloadCodec::Compress::never), peer));
}

void IngestServer::refuse_enrol(const std::string& peer, std::string_view why, Now at) {
  ++enrol_refused_;
  std::string json;
  JsonWriter(json).begin_object().field("why", why).end_object();
  send_enrol(peer, FrameType::refused, json, at);
}

}  // namespace hd
