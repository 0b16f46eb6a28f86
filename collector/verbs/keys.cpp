// SPDX-License-Identifier: Apache-2.0
// keys show: the collector's key, for comparing and for sensors that are set up by hand.
#include "collector/verbs/command.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr const char* kExamples = "  haidang-collector keys show\n  haidang-collector keys show --json";

CollectorExit show(const CollectorCommand& command) {
  const auto settings = command.settings();
  if (!settings) return command.fail_with(settings.error());
  const auto keys = load_curve_keys(settings->key);
  if (!keys) return command.fail_with(keys.error());
  std::string out;
  if (command.json) {
    JsonWriter json(out);
    json.begin_object().field("schema", "haidang.keys/1").field("file", settings->key).field("public", to_z85(keys->public_key));
    json.field("fingerprint", fingerprint_of(keys->public_key)).end_object();
    out += "\n";
  } else {
    out = "file         " + settings->key + "\npublic       " + to_z85(keys->public_key) + "\nfingerprint  " + fingerprint_of(keys->public_key) + "\n";
  }
  say(out);
  return CollectorExit::good;
}

}  // namespace

void add_keys(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "keys", "the collector's own keys", kExamples);
  verb.require_subcommand(1);
  CLI::App* showing = verb.add_subcommand("show", "public key and fingerprint; the pair is made at the first start");
  showing->fallthrough();
  showing->callback([&command] { command.chosen = [&command] { return show(command); }; });
}

}  // namespace hd
