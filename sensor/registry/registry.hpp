// SPDX-License-Identifier: Apache-2.0
// Every word of the rule language by its names: keywords that are files, buffers and fields that are rows of
// protocols, transforms. Built once from the generated lists; immutable afterwards.
#pragma once

#include "sensor/app/protocol.hpp"
#include "sensor/base/result.hpp"
#include "sensor/lang/keyword.hpp"
#include "sensor/lang/transform.hpp"
#include "sensor/registry/tables.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hd::registry {

/// One name of the language and what it leads to.
struct Word {
  enum class Kind : std::uint8_t {
    keyword,       ///< a file of sensor/keywords
    packet_buffer, ///< sticky buffer over the packet
    buffer,        ///< sticky buffer of a protocol
    modifier,      ///< old spelling that moves the content before it into a protocol's buffer
    field,         ///< number of a protocol
    transform,
  } kind = Kind::keyword;
  std::string_view name = {};      ///< as it is looked up
  std::string_view canonical = {}; ///< the name to go by
  const KeywordSpec* keyword = nullptr;
  const PacketBufferSpec* packet_buffer = nullptr;
  const BufferSpec* buffer = nullptr;
  const FieldSpec* field = nullptr;
  const TransformSpec* transform = nullptr;
  const ProtocolSpec* protocol = nullptr; ///< of buffer, modifier and field: the first that has it
};

/// Text of a word for people: `haidang-sensor keywords NAME`, the reference page.
struct WordText {
  std::string_view name, kind, summary, syntax, example, source;
  std::vector<std::string_view> aliases = {};
};

class Registry {
public:
  /// From the generated lists. A name that two rows claim goes to the keyword file, else to the first row.
  Registry();
  /// From other lists, for tests.
  Registry(std::span<const KeywordTable* const> keywords, std::span<const TransformTable* const> transforms,
           std::span<const ProtocolSpec* const> protocols);

  /// The word of a name, an alias or a modifier; case does not count. nullptr: not known.
  [[nodiscard]] const Word* find(std::string_view name) const;
  /// The known name that is most like it, empty when none is near.
  [[nodiscard]] std::string_view nearest(std::string_view name) const;
  [[nodiscard]] std::span<const ProtocolSpec* const> protocols() const { return protocols_; }
  [[nodiscard]] const ProtocolSpec* find_protocol(std::string_view name) const;
  /// Every word once, sorted by name, with its texts.
  [[nodiscard]] std::vector<WordText> texts() const;

private:
  void add(Word word);
  void add_rows(const ProtocolSpec& protocol);

  std::span<const ProtocolSpec* const> protocols_;
  std::unordered_map<std::string_view, Word> words_ = {};
  std::vector<std::string_view> names_ = {};
};

/// Applies one option of a rule. Errors have their place (the option's when the keyword gave none).
[[nodiscard]] Result<void> compile_option(const Word& word, const Args& args, RuleBuilder& rule);

} // namespace hd::registry
