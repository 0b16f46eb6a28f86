// SPDX-License-Identifier: Apache-2.0
#include "collector/verbs/listening.hpp"

#include "sensor/base/file.hpp"
#include "sensor/base/json.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

std::string path_of(const CollectorSettings& settings) { return settings.store + "/listening.json"; }

}  // namespace

std::string to_json(const Listening& listening) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("schema", "haidang.listening/1").field("link", listening.link).field("enrol", listening.enrol);
  json.field("http", listening.http).field("key", listening.key).end_object();
  return out;
}

Result<void> keep_listening(const CollectorSettings& settings, const Listening& listening) {
  return write_file_atomic(path_of(settings), to_json(listening) + "\n", 0600);
}

void forget_listening(const CollectorSettings& settings) { (void)remove_tree(path_of(settings)); }

std::optional<Listening> listening_on(const CollectorSettings& settings) {
  const auto text = read_file(path_of(settings), 64u << 10);
  if (!text) return std::nullopt;
  const auto document = JsonDocument::parse(*text);
  if (!document) return std::nullopt;
  const auto member = [&](std::string_view key) { return std::string(document->get(key).as_string()); };
  return Listening{.link = member("link"), .enrol = member("enrol"), .http = member("http"), .key = member("key")};
}

}  // namespace hd
