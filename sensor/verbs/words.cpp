// SPDX-License-Identifier: Apache-2.0
// keywords, protocols: what this build supports, from the registry.
#include <algorithm>
#include <memory>

#include "sensor/base/json_writer.hpp"
#include "sensor/registry/registry.hpp"
#include "sensor/verbs/command_line.hpp"

namespace hd {
namespace {

constexpr char kKeywordExamples[] =
    "  haidang-sensor keywords\n"
    "  haidang-sensor keywords http.uri\n"
    "  haidang-sensor keywords --json | jq -r '.keywords[].name'";
constexpr char kProtocolExamples[] =
    "  haidang-sensor protocols\n"
    "  haidang-sensor protocols http";

void put_word(JsonWriter& json, const registry::WordText& word) {
  json.begin_object().field("name", word.name).field("kind", word.kind).field("summary", word.summary);
  json.field("syntax", word.syntax).field("example", word.example).field("source", word.source).key("aliases").begin_array();
  for (const std::string_view alias : word.aliases) json.value(alias);
  json.end_array().end_object();
}

std::string page_of(const registry::WordText& word) {
  std::string out = std::string(word.name) + "  (" + std::string(word.kind) + ")\n  " + std::string(word.summary) + "\n";
  const auto line = [&out](const char* label, std::string_view text) {
    if (!text.empty()) out += "  " + std::string(label) + std::string(text) + "\n";
  };
  line("form     ", word.syntax);
  line("example  ", word.example);
  std::string aliases;
  for (const std::string_view alias : word.aliases) aliases += (aliases.empty() ? "" : ", ") + std::string(alias);
  line("also     ", aliases);
  line("source   ", word.source);
  return out;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string result(text);
  if (result.size() < width) result.resize(width, ' ');
  return result;
}

Exit unknown(const CommandLine& command, const std::string& what, const std::string& name, std::string_view near) {
  Error error{.code = ErrorCode::E1001, .what = "there is no " + what + " \"" + name + "\""};
  if (!near.empty()) error.hint = "did you mean \"" + std::string(near) + "\"?";
  return command.fail_with(error);
}

Exit keywords(const CommandLine& command, const std::string& name) {
  const registry::Registry registry;
  std::vector<registry::WordText> words = registry.texts();
  if (!name.empty()) {
    const registry::Word* word = registry.find(name);
    if (word == nullptr) return unknown(command, "keyword", name, registry.nearest(name));
    std::erase_if(words, [&](const registry::WordText& text) { return text.name != word->canonical; });
  }
  std::string out;
  if (command.json) {
    JsonWriter json(out);
    json.begin_object().field("schema", "haidang.keywords/1").key("keywords").begin_array();
    for (const registry::WordText& word : words) put_word(json, word);
    json.end_array().end_object();
    out += "\n";
  } else {
    for (const registry::WordText& word : words) {
      out += name.empty() ? padded(word.name, 30) + " " + padded(word.kind, 14) + " " + std::string(word.summary) + "\n" : page_of(word);
    }
  }
  (void)print(out);
  return Exit::good;
}

void put_protocol(JsonWriter& json, const ProtocolSpec& protocol) {
  const auto names = [&json](const char* key, const auto& rows) {
    json.key(key).begin_array();
    for (const auto& row : rows) json.value(row.name);
    json.end_array();
  };
  json.begin_object().field("name", protocol.name).field("tcp", (protocol.transports & transport::tcp) != 0);
  json.field("udp", (protocol.transports & transport::udp) != 0);
  names("buffers", protocol.buffers);
  names("fields", protocol.fields);
  names("events", protocol.events);
  json.end_object();
}

std::string page_of(const ProtocolSpec& protocol) {
  std::string out = std::string(protocol.name) + "\n";
  const auto section = [&out](const char* title, const auto& rows) {
    if (!rows.empty()) out += std::string("  ") + title + "\n";
    for (const auto& row : rows) out += "    " + padded(row.name, 30) + " " + std::string(row.summary) + "\n";
  };
  section("buffers", protocol.buffers);
  section("fields", protocol.fields);
  section("events", protocol.events);
  return out;
}

Exit protocols(const CommandLine& command, const std::string& name) {
  const registry::Registry registry;
  if (!name.empty() && registry.find_protocol(name) == nullptr) return unknown(command, "protocol", name, "");
  std::string out;
  JsonWriter json(out);
  if (command.json) json.begin_object().field("schema", "haidang.protocols/1").key("protocols").begin_array();
  for (const ProtocolSpec* protocol : registry.protocols()) {
    if (!name.empty() && protocol->name != name) continue;
    if (command.json) {
      put_protocol(json, *protocol);
    } else if (!name.empty()) {
      out += page_of(*protocol);
    } else {
      out += padded(protocol->name, 16) + " " + std::to_string(protocol->buffers.size()) + " buffers, " +
             std::to_string(protocol->fields.size()) + " fields, " + std::to_string(protocol->events.size()) + " events\n";
    }
  }
  if (command.json) {
    json.end_array().end_object();
    out += "\n";
  }
  (void)print(out);
  return Exit::good;
}

}  // namespace

void add_keywords(CLI::App& app, CommandLine& command) {
  CLI::App& verb = add_verb(app, "keywords", "the words of the rule language that are supported", kKeywordExamples);
  auto name = std::make_shared<std::string>();
  verb.add_option("name", *name, "one of them, with its page")->type_name("NAME");
  verb.callback([&command, name] { command.chosen = [&command, name] { return keywords(command, *name); }; });
}

void add_protocols(CLI::App& app, CommandLine& command) {
  CLI::App& verb = add_verb(app, "protocols", "the protocols that are parsed, with what rules can ask of them", kProtocolExamples);
  auto name = std::make_shared<std::string>();
  verb.add_option("name", *name, "one of them, with its page")->type_name("NAME");
  verb.callback([&command, name] { command.chosen = [&command, name] { return protocols(command, *name); }; });
}

}  // namespace hd
