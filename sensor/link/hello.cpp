// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/hello.hpp"

#include "sensor/base/json.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr std::size_t kTextMax = 256;

tl::unexpected<Error> malformed(std::string what) { return fail(ErrorCode::E6003, std::move(what)); }

Result<JsonDocument> parsed(std::string_view json) {
  return JsonDocument::parse(json, {.depth_max = kJsonDepthMax, .length_max = kJsonBodyMax});
}

bool hex_member(JsonView view, std::string_view key, std::uint64_t* value) {
  return hex64_of(view.get(key).as_string(), value);
}

bool chain_member(JsonView view, std::string_view key, Chain* chain) {
  return from_hex(view.get(key).as_string(), *chain);
}

std::string text_member(JsonView view, std::string_view key) {
  return std::string(view.get(key).as_string().substr(0, kTextMax));
}

bool read_epoch(JsonView view, HelloEpoch* epoch) {
  if (!hex_member(view, "epoch", &epoch->epoch)) return false;
  epoch->reason = text_member(view, "reason");
  epoch->closed = view.get("closed").as_bool();
  std::size_t lane = 0;
  for (const JsonView at : view.get("lanes").elements()) {
    if (lane == kLaneCount) return false;
    HelloLane& out = epoch->lanes[lane++];
    out.acked = at.get("acked").as_uint(UINT64_MAX);
    out.head = at.get("head").as_uint(UINT64_MAX);
    out.lowest = at.get("lowest").as_uint(UINT64_MAX);
    if (!chain_member(at, "chain_acked", &out.chain_acked)) return false;
    const bool is_plausible = out.head < INT64_MAX && out.acked <= out.head && out.lowest <= out.head + 1;
    if (!is_plausible) return false;
  }
  return lane == kLaneCount;
}

}  // namespace

std::string to_json(const HelloBody& body) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("versions").begin_array().value(body.version_min).value(body.version_max).end_array();
  json.key("features").begin_array().end_array();
  json.field("sensor_id", uuid_text(body.sensor)).field("instance", uuid_text(body.instance));
  json.field("boot_id", uuid_text(body.boot)).field("machine_id_hash", body.machine);
  json.field("software", body.software).field("nonce", hex64(body.nonce));
  json.field("store", uuid_text(body.store)).field("store_gen", body.store_generation).field("sync", body.sync);
  json.field("epochs_more", body.epochs_more);
  json.key("epochs").begin_array();
  for (const HelloEpoch& epoch : body.epochs) {
    json.begin_object().field("epoch", hex64(epoch.epoch)).field("reason", epoch.reason);
    json.field("closed", epoch.closed).key("lanes").begin_array();
    for (const HelloLane& lane : epoch.lanes) {
      json.begin_object().field("acked", lane.acked).field("head", lane.head).field("lowest", lane.lowest);
      json.field("chain_acked", to_hex(lane.chain_acked)).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return out;
}

Result<HelloBody> hello_of(std::string_view text) {
  auto document = parsed(text);
  if (!document) return malformed("HELLO: " + document.error().what);
  const JsonView json = document->root();
  HelloBody body;
  body.version_min = static_cast<std::uint32_t>(json.get("versions").at(0).as_uint(0) & UINT32_MAX);
  body.version_max = static_cast<std::uint32_t>(json.get("versions").at(1).as_uint(0) & UINT32_MAX);
  const bool has_names = uuid_of(json.get("sensor_id").as_string(), &body.sensor) &&
                         uuid_of(json.get("instance").as_string(), &body.instance) &&
                         uuid_of(json.get("boot_id").as_string(), &body.boot) &&
                         uuid_of(json.get("store").as_string(), &body.store) && hex_member(json, "nonce", &body.nonce);
  if (!has_names) return malformed("HELLO without sensor_id, instance, boot_id, store or nonce");
  body.machine = text_member(json, "machine_id_hash");
  body.software = text_member(json, "software");
  body.store_generation = json.get("store_gen").as_uint();
  body.sync = text_member(json, "sync");
  body.epochs_more = json.get("epochs_more").as_bool();
  for (const JsonView epoch : json.get("epochs").elements()) {
    if (body.epochs.size() == kHelloEpochsMax) return malformed("HELLO with too many epochs");
    if (!read_epoch(epoch, &body.epochs.emplace_back())) return malformed("HELLO with a malformed epoch");
  }
  return body;
}

std::string to_json(const WelcomeBody& body) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("version", body.version).key("features").begin_array().end_array();
  json.field("session", hex64(body.session)).field("nonce", hex64(body.nonce)).field("collector", body.collector);
  json.field("store", uuid_text(body.store)).field("store_gen", body.store_generation);
  json.key("limits").begin_object().field("batch_bytes_max", body.batch_bytes_max).end_object();
  json.field("credit", body.credit).key("cursors").begin_array();
  for (const LaneCursor& at : body.cursors) {
    json.begin_object().field("epoch", hex64(at.lane.epoch)).field("lane", at.lane.lane).field("c", at.cursor);
    json.field("chain", to_hex(at.chain)).end_object();
  }
  json.end_array().end_object();
  return out;
}

Result<WelcomeBody> welcome_of(std::string_view text) {
  auto document = parsed(text);
  if (!document) return malformed("WELCOME: " + document.error().what);
  const JsonView json = document->root();
  WelcomeBody body;
  body.version = static_cast<std::uint32_t>(json.get("version").as_uint(0) & UINT32_MAX);
  const bool has_names = hex_member(json, "session", &body.session) && hex_member(json, "nonce", &body.nonce) &&
                         uuid_of(json.get("store").as_string(), &body.store);
  if (!has_names) return malformed("WELCOME without session, nonce or store");
  body.collector = text_member(json, "collector");
  body.store_generation = json.get("store_gen").as_uint();
  const std::uint64_t batch = json.get("limits").get("batch_bytes_max").as_uint();
  body.batch_bytes_max = static_cast<std::uint32_t>(std::min<std::uint64_t>(batch, UINT32_MAX));
  body.credit = json.get("credit").as_uint();
  for (const JsonView at : json.get("cursors").elements()) {
    if (body.cursors.size() == kEntriesMax) return malformed("WELCOME with too many cursors");
    LaneCursor& cursor = body.cursors.emplace_back();
    const std::uint64_t lane = at.get("lane").as_uint(kLaneCount);
    if (lane >= kLaneCount || !hex_member(at, "epoch", &cursor.lane.epoch) || !chain_member(at, "chain", &cursor.chain) ||
        !at.get("c").is(JsonKind::integer)) {
      return malformed("WELCOME with a malformed cursor");
    }
    cursor.lane.lane = static_cast<std::uint8_t>(lane);
    cursor.cursor = at.get("c").as_uint();
  }
  return body;
}

}  // namespace hd
