// SPDX-License-Identifier: Apache-2.0
// sensors: invite, list, confirm, revoke. All work on the store beside a running collector, which notices within a second.
#include <algorithm>

#include "collector/ingest/registry.hpp"
#include "collector/verbs/command.hpp"
#include "collector/verbs/listening.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr const char* kExamples =
    "  haidang-collector sensors invite tram-bac-01 --ttl 1h\n"
    "  haidang-collector sensors confirm tram-bac-01 \"3f2a 9c01 77de 0b12 5ac4 e810 93fb 2d6e\"\n"
    "  haidang-collector sensors revoke tram-bac-01";
constexpr std::size_t kNameMax = 64;
constexpr std::uint16_t kEnrolPort = 7704, kLinkPort = 7701;

struct InviteOptions {
  std::string name = {}, address = {}, ttl = "1h";
  bool auto_confirm = false, replaces = false;
};

Result<void> check_name(const std::string& name) {
  const bool is_plain = std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; });
  if (!name.empty() && name.size() <= kNameMax && is_plain) return {};
  return fail({.code = ErrorCode::E1001, .what = "\"" + plain_text(name) + "\" is no name for a sensor", .hint = "Up to 64 letters, digits, points, dashes and underlines."});
}

/// "1h", by the words of the configuration file.
Result<Nanos> duration_of(const std::string& text) {
  constexpr Setting kRow[] = {{.key = "ttl", .unit = Unit::duration, .fallback = "1h", .low = kSecond, .high = 30 * 86'400 * kSecond}};
  ConfigErrors errors;
  ConfigTree tree;
  set_config(tree, "ttl", text, "the command line");
  const Section root = check_config(tree, kRow, errors);
  if (!errors.empty()) return fail({.code = ErrorCode::E1001, .what = "--ttl: " + errors.front().what, .hint = "30m, 1h, 7d"});
  return root.duration("ttl");
}

bool is_wildcard(const std::string& host) { return host == "0.0.0.0" || host == "::" || host == "*"; }

/// Where the sensor is sent: what was said, else what the running collector listens on, else what the settings say.
Result<Invitation> places_of(const CollectorSettings& settings, const std::string& address) {
  Invitation invitation;
  const auto running = listening_on(settings);
  ListenAddress enrol{.port = kEnrolPort}, link{.port = kLinkPort};
  (void)parse_endpoint(running ? running->link : settings.link, &link);
  const std::string known = running ? running->enrol : settings.enrol;
  if (address.empty() && known.empty()) return fail({.code = ErrorCode::E7003, .what = "enrolment is closed", .hint = "Set ingest.enrol, and start the collector again."});
  if (!known.empty()) (void)parse_endpoint(known, &enrol);
  if (!settings.address.empty()) enrol.host = settings.address;
  if (!address.empty() && !parse_endpoint(address, &enrol)) return fail({.code = ErrorCode::E1001, .what = "--address: \"" + plain_text(address) + "\" is not tcp://HOST:PORT"});
  if (enrol.host.empty() || is_wildcard(enrol.host)) {
    return fail({.code = ErrorCode::E1001, .what = "the collector listens on every address, and none of them can be told to a sensor", .hint = "Give --address tcp://HOST:" + std::to_string(enrol.port) + ", or set ingest.address."});
  }
  if (enrol.port == 0 || link.port == 0) return fail({.code = ErrorCode::E7003, .what = "the collector's ports are not known", .hint = "They are chosen at start: start the collector first."});
  invitation.host = enrol.host;
  invitation.enrol_port = enrol.port;
  invitation.link_port = link.port;
  return invitation;
}

CollectorExit invite(const CollectorCommand& command, const InviteOptions& options) {
  const auto settings = command.settings();
  if (!settings) return command.fail_with(settings.error());
  if (auto good = check_name(options.name); !good) return command.fail_with(good.error());
  const auto ttl = duration_of(options.ttl);
  if (!ttl) return command.fail_with(ttl.error());
  auto invitation = places_of(*settings, options.address);
  if (!invitation) return command.fail_with(invitation.error());
  const auto keys = collector_keys(*settings);
  if (!keys) return command.fail_with(keys.error());
  SystemClock clock;
  auto store = open_store(*settings, clock);
  if (!store) return command.fail_with(store.error());
  const auto token = SensorRegistry(**store, clock).invite(options.name, *ttl, options.auto_confirm, options.replaces);
  if (!token) return command.fail_with(token.error());
  invitation->collector_key = keys->public_key;
  invitation->token = *token;
  const std::string text = to_text(*invitation);
  if (!command.json) {
    say(text + "\n");
    return CollectorExit::good;
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("schema", "haidang.invitation/1").field("name", options.name).field("invitation", text).field("auto_confirm", options.auto_confirm);
  json.field("until", utc_text(clock.wall() + *ttl)).field("host", invitation->host).field("enrol_port", invitation->enrol_port).field("link_port", invitation->link_port);
  json.field("key", to_z85(keys->public_key)).end_object();
  say(out + "\n");
  return CollectorExit::good;
}

std::string fingerprint_text(const SensorRow& sensor) {
  PublicKey key{};
  return from_z85(sensor.key, &key) ? fingerprint_of(key) : std::string();
}

CollectorExit list(const CollectorCommand& command) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  const auto sensors = (*store)->sensors();
  if (!sensors) return command.fail_with(sensors.error());
  std::string out;
  if (command.json) {
    JsonWriter json(out);
    json.begin_object().field("schema", "haidang.sensors/1").key("sensors").begin_array();
    for (const SensorRow& sensor : *sensors) {
      json.begin_object().field("name", sensor.name).field("id", uuid_text(sensor.id)).field("state", sensor.state).field("fingerprint", fingerprint_text(sensor));
      json.field("software", sensor.software).field("created", utc_text(sensor.created)).field("stored", sensor.stored).field("shed", sensor.shed).field("pending", sensor.pending);
      if (sensor.last_seen.ns != 0) json.field("last_seen", utc_text(sensor.last_seen));
      json.end_object();
    }
    json.end_array().end_object();
    say(out + "\n");
    return CollectorExit::good;
  }
  for (const SensorRow& sensor : *sensors) {
    out += plain_text(sensor.name) + "  " + sensor.state + "  " + (sensor.last_seen.ns == 0 ? "never seen" : "seen " + utc_text(sensor.last_seen)) + "  stored " + std::to_string(sensor.stored) + ", shed " +
           std::to_string(sensor.shed) + ", pending " + std::to_string(sensor.pending) + "\n";
    if (const std::string fingerprint = fingerprint_text(sensor); !fingerprint.empty()) out += "    " + fingerprint + "\n";
  }
  say(out.empty() ? "no sensor is known; haidang-collector sensors invite NAME\n" : out);
  return CollectorExit::good;
}

Result<SensorRow> find(Store& store, const std::string& name) {
  auto sensors = store.sensors();
  if (!sensors) return fail(std::move(sensors.error()));
  for (SensorRow& sensor : *sensors) {
    if (sensor.name == name) return std::move(sensor);
  }
  return fail(ErrorCode::E7003, "there is no sensor " + plain_text(name));
}

/// Hex digits alone: people type blanks, colons, capitals.
std::string bare(std::string_view fingerprint) {
  std::string out;
  for (const char c : fingerprint) {
    if (c >= 'A' && c <= 'F') out += static_cast<char>(c - 'A' + 'a');
    else if (c != ' ' && c != ':' && c != '-') out += c;
  }
  return out;
}

CollectorExit confirm(const CollectorCommand& command, const std::string& name, const std::string& fingerprint) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  const auto sensor = find(**store, name);
  if (!sensor) return command.fail_with(sensor.error());
  if (sensor->state == kSensorAccepted) {
    say(name + " is accepted already\n");
    return CollectorExit::good;
  }
  if (sensor->state != kSensorWaiting) return command.fail_with({.code = ErrorCode::E7003, .what = name + " is " + sensor->state, .hint = "Invite it anew: haidang-collector sensors invite " + name + " --replace"});
  const std::string known = fingerprint_text(*sensor);
  if (bare(fingerprint) != bare(known)) {
    return command.fail_with({.code = ErrorCode::E7003, .what = "the fingerprint is another one", .why = "The sensor that waits under this name has " + known + ".",
                              .hint = "Compare it with what `haidang-sensor keys show` says on the sensor. If it differs there, revoke this one: someone else used the invitation."});
  }
  if (auto done = (*store)->set_sensor_state(name, std::string(kSensorAccepted)); !done) return command.fail_with(done.error());
  say(name + " is accepted\n");
  return CollectorExit::good;
}

CollectorExit revoke(const CollectorCommand& command, const std::string& name) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  const auto sensor = find(**store, name);
  if (!sensor) return command.fail_with(sensor.error());
  if (auto done = (*store)->set_sensor_state(name, std::string(kSensorRevoked)); !done) return command.fail_with(done.error());
  say(name + " is revoked; what it sends from now on is dropped\n");
  return CollectorExit::good;
}

void add_invite(CLI::App& verb, CollectorCommand& command) {
  auto options = std::make_shared<InviteOptions>();
  CLI::App* inviting = verb.add_subcommand("invite", "print the one line with which a sensor enrols");
  inviting->fallthrough();
  inviting->add_option("name", options->name, "name of the sensor")->required();
  inviting->add_option("--ttl", options->ttl, "how long it can be used")->capture_default_str()->type_name("TIME");
  inviting->add_flag("--auto-confirm", options->auto_confirm, "no person compares fingerprints: for demonstrations and automation");
  inviting->add_option("--address", options->address, "where the sensor reaches enrolment; default: what the collector listens on")->type_name("tcp://HOST:PORT");
  inviting->add_flag("--replace", options->replaces, "the sensor is there already, and gets a new key");
  inviting->callback([&command, options] { command.chosen = [&command, options] { return invite(command, *options); }; });
}

}  // namespace

void add_sensors(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "sensors", "which sensors may deliver", kExamples);
  verb.require_subcommand(1);
  add_invite(verb, command);
  CLI::App* listing = verb.add_subcommand("list", "all sensors with their state, fingerprint and ledger");
  listing->fallthrough();
  listing->callback([&command] { command.chosen = [&command] { return list(command); }; });
  auto name = std::make_shared<std::string>();
  auto fingerprint = std::make_shared<std::vector<std::string>>();
  CLI::App* confirming = verb.add_subcommand("confirm", "accept a sensor whose fingerprint was compared");
  confirming->fallthrough();
  confirming->add_option("name", *name)->required();
  confirming->add_option("fingerprint", *fingerprint, "as the sensor shows it; with or without blanks")->required()->expected(1, 8);
  confirming->callback([&command, name, fingerprint] {
    command.chosen = [&command, name, fingerprint] {
      std::string whole;
      for (const std::string& part : *fingerprint) whole += part;
      return confirm(command, *name, whole);
    };
  });
  CLI::App* revoking = verb.add_subcommand("revoke", "take nothing more from a sensor");
  revoking->fallthrough();
  revoking->add_option("name", *name)->required();
  revoking->callback([&command, name] { command.chosen = [&command, name] { return revoke(command, *name); }; });
}

}  // namespace hd
