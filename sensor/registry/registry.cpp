// SPDX-License-Identifier: Apache-2.0
#include "sensor/registry/registry.hpp"

#include "sensor/base/text.hpp"
#include "sensor/lang/field.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace hd::registry {
namespace {

constexpr std::size_t kNameMax = 64;

// Most names are small letters already: only others are copied.
std::string_view lower(std::string_view name, std::array<char, kNameMax>& room) {
  if (std::none_of(name.begin(), name.end(), [](unsigned char c) { return std::isupper(c) != 0; }))
    return name;
  if (name.size() > room.size()) return name;
  std::transform(name.begin(), name.end(), room.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return {room.data(), name.size()};
}

std::string_view text_of(Word::Kind kind) {
  switch (kind) {
  case Word::Kind::keyword:
    return "keyword";
  case Word::Kind::packet_buffer:
    return "packet buffer";
  case Word::Kind::buffer:
    return "sticky buffer";
  case Word::Kind::modifier:
    return "content modifier";
  case Word::Kind::field:
    return "number";
  case Word::Kind::transform:
    return "transform";
  }
  return {};
}

Result<void> with_place(Result<void> result, const Args& args) {
  if (!result && result.error().place.line == 0) result.error().place = args.place();
  return result;
}

// In rules on request and response together a buffer of both may name its side: file.data:to_client;
Result<void> select_buffer(const Word& word, const Args& args, RuleBuilder& rule) {
  if (auto done = rule.select_app(word.canonical, AppProtocol::unknown); !done || args.is_empty())
    return done;
  if (args.text() == "to_server") return rule.restrict_selection(args, Directions::to_server);
  if (args.text() == "to_client") return rule.restrict_selection(args, Directions::to_client);
  return args.none();
}

Result<void> compile(const Word& word, const Args& args, RuleBuilder& rule) {
  switch (word.kind) {
  case Word::Kind::keyword:
    return word.keyword->compile(args, rule);
  case Word::Kind::packet_buffer:
    if (auto none = args.none(); !none) return none;
    return rule.select_packet(*word.packet_buffer);
  case Word::Kind::buffer:
    return select_buffer(word, args, rule);
  case Word::Kind::modifier:
    if (auto none = args.none(); !none) return none;
    return rule.move_last_content_to(word.canonical, AppProtocol::unknown);
  case Word::Kind::field:
    return compile_field(args, rule, *word.protocol, *word.field);
  case Word::Kind::transform: {
    TransformUse use{.spec = word.transform, .data = {}};
    if (word.transform->compile == nullptr) {
      if (auto none = args.none(); !none) return none;
    } else {
      auto data = word.transform->compile(args);
      if (!data) return fail(std::move(data.error()));
      use.data = std::move(*data);
    }
    return rule.add_transform(std::move(use));
  }
  }
  return {};
}

} // namespace

Registry::Registry() : Registry(k_keyword_tables, k_transform_tables, k_protocol_tables) {}

Registry::Registry(std::span<const KeywordTable* const> keywords,
                   std::span<const TransformTable* const> transforms,
                   std::span<const ProtocolSpec* const> protocols)
    : protocols_(protocols) {
  for (const KeywordTable* table : keywords) {
    for (const KeywordSpec& spec : table->keywords) {
      add({.kind = Word::Kind::keyword, .name = spec.name, .canonical = spec.name, .keyword = &spec});
      for (const std::string_view alias : spec.aliases)
        add({.kind = Word::Kind::keyword, .name = alias, .canonical = spec.name, .keyword = &spec});
    }
    for (const PacketBufferSpec& spec : table->buffers) {
      add({.kind = Word::Kind::packet_buffer,
           .name = spec.name,
           .canonical = spec.name,
           .packet_buffer = &spec});
      for (const std::string_view alias : spec.aliases) {
        add({.kind = Word::Kind::packet_buffer,
             .name = alias,
             .canonical = spec.name,
             .packet_buffer = &spec});
      }
    }
  }
  for (const TransformTable* table : transforms) {
    for (const TransformSpec& spec : table->transforms)
      add({.kind = Word::Kind::transform, .name = spec.name, .canonical = spec.name, .transform = &spec});
  }
  for (const ProtocolSpec* protocol : protocols)
    add_rows(*protocol);
  for (const auto& [name, word] : words_)
    names_.push_back(name);
  std::sort(names_.begin(), names_.end());
}

// A modifier's name goes before an alias: http_uri changes the content before it, whatever else it is called.
void Registry::add_rows(const ProtocolSpec& protocol) {
  for (const BufferSpec& spec : protocol.buffers) {
    add({.kind = Word::Kind::buffer,
         .name = spec.name,
         .canonical = spec.name,
         .buffer = &spec,
         .protocol = &protocol});
    if (!spec.modifier.empty())
      add({.kind = Word::Kind::modifier,
           .name = spec.modifier,
           .canonical = spec.name,
           .buffer = &spec,
           .protocol = &protocol});
    for (const std::string_view alias : spec.aliases) {
      add({.kind = Word::Kind::buffer,
           .name = alias,
           .canonical = spec.name,
           .buffer = &spec,
           .protocol = &protocol});
    }
  }
  for (const FieldSpec& spec : protocol.fields) {
    add({.kind = Word::Kind::field,
         .name = spec.name,
         .canonical = spec.name,
         .field = &spec,
         .protocol = &protocol});
    for (const std::string_view alias : spec.aliases) {
      add({.kind = Word::Kind::field,
           .name = alias,
           .canonical = spec.name,
           .field = &spec,
           .protocol = &protocol});
    }
  }
}

void Registry::add(Word word) {
  words_.emplace(word.name, word);
}

const Word* Registry::find(std::string_view name) const {
  std::array<char, kNameMax> room;
  const auto at = words_.find(lower(name, room));
  return at == words_.end() ? nullptr : &at->second;
}

std::string_view Registry::nearest(std::string_view name) const {
  std::array<char, kNameMax> room;
  return nearest_name(lower(name, room), names_);
}

const ProtocolSpec* Registry::find_protocol(std::string_view name) const {
  const auto at = std::find_if(protocols_.begin(), protocols_.end(),
                               [name](const ProtocolSpec* one) { return one->name == name; });
  return at == protocols_.end() ? nullptr : *at;
}

std::vector<WordText> Registry::texts() const {
  std::vector<WordText> result;
  for (const std::string_view name : names_) {
    const Word& word = words_.at(name);
    const bool is_modifier = word.kind == Word::Kind::modifier;
    if (word.name != word.canonical && !is_modifier) continue;
    WordText text{.name = word.name,
                  .kind = text_of(word.kind),
                  .summary = {},
                  .syntax = {},
                  .example = {},
                  .source = {}};
    std::span<const std::string_view> aliases;
    if (word.keyword != nullptr) {
      text.summary = word.keyword->summary;
      text.syntax = word.keyword->syntax;
      text.example = word.keyword->example;
      text.source = word.keyword->source;
      aliases = word.keyword->aliases;
    } else if (word.packet_buffer != nullptr) {
      text.summary = word.packet_buffer->summary;
      aliases = word.packet_buffer->aliases;
    } else if (word.buffer != nullptr) {
      text.summary = word.buffer->summary;
      if (!is_modifier) aliases = word.buffer->aliases;
    } else if (word.field != nullptr) {
      text.summary = word.field->summary;
      aliases = word.field->aliases;
    } else if (word.transform != nullptr) {
      text.summary = word.transform->summary;
      text.syntax = word.transform->syntax;
      text.example = word.transform->example;
    }
    text.aliases.assign(aliases.begin(), aliases.end());
    result.push_back(std::move(text));
  }
  return result;
}

Result<void> compile_option(const Word& word, const Args& args, RuleBuilder& rule) {
  return with_place(compile(word, args, rule), args);
}

} // namespace hd::registry
