// SPDX-License-Identifier: Apache-2.0
// IngestServer: the port on which a sensor with an invitation becomes known.
#include "collector/ingest/ingest_server.hpp"
#include "sensor/base/json.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr std::size_t kAddressesMax = 10'000;
constexpr std::size_t kEnrolMax = 4096;

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

void IngestServer::read_enrol(Now at) {
  for (std::size_t n = 0; n < 16; ++n) {
    const auto incoming = enrol_.receive();
    if (!incoming) return;
    const auto answer = [&](FrameType type, const std::string& json) {
      const FrameHeader header{.type = type, .sent_ns = at.wall.ns};
      static_cast<void>(enrol_.send(codec_.encode(header, as_bytes(json), PayloadCodec::Compress::never), incoming->peer));
    };
    const auto refuse = [&](std::string_view why) {
      ++enrol_refused_;
      std::string json;
      JsonWriter(json).begin_object().field("why", why).end_object();
      answer(FrameType::refused, json);
    };
    FrameHeader header;
    Payload payload;
    PublicKey key{};
    const bool is_formed = incoming->frames == 2 && incoming->payload.size() <= kEnrolMax &&
                           decode_frame(incoming->header, &header) == WireError::none && header.length <= kEnrolMax &&
                           codec_.decode(header, incoming->payload, &payload) == WireError::none &&
                           header.type == FrameType::enrol && from_z85(incoming->user_id, &key);
    auto request = is_formed ? request_of(as_chars(payload)) : Result<EnrolRequest>(fail(ErrorCode::E6003, "malformed"));
    if (!request) {
      refuse("malformed request");
      continue;
    }
    request->key = key;
    // Guesses are counted by address; a key that was let in before does not guess.
    const std::int64_t minute = at.ticks.ns / (60 * kSecond);
    if (enrol_tries_.size() >= kAddressesMax) enrol_tries_.clear();
    auto& [tried, count] = enrol_tries_[incoming->address];
    if (tried != minute) {
      tried = minute;
      count = 0;
    }
    if (count >= options_.enrol_tries_max) {
      refuse("too many tries from this address; wait a minute");
      continue;
    }
    const EnrolAnswer result = registry_.enrol(*request);
    if (result.state == EnrolState::refused) {
      ++count;
      log_.warning("enrolment from {} refused: {}", incoming->address, result.why);
      refuse(result.why);
      continue;
    }
    std::string json;
    JsonWriter writer(json);
    writer.begin_object().field("sensor_id", uuid_text(result.sensor)).field("name", result.name);
    writer.field("fingerprint", fingerprint_of(key)).end_object();
    if (result.state == EnrolState::accepted) log_.info("sensor {} enrolled from {}", result.name, incoming->address);
    answer(result.state == EnrolState::accepted ? FrameType::accepted : FrameType::pending, json);
  }
}

}  // namespace hd
