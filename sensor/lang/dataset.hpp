// SPDX-License-Identifier: Apache-2.0
// Sets of values that rules ask (dataset, datarep) and change (dataset:set, dataset:unset). What was loaded from a
// file is immutable; what rules add or take away lies in a table of fixed size beside it, without locks, so that
// any number of workers may use it at once.
#pragma once

#include "sensor/base/bytes.hpp"
#include "sensor/base/hash.hpp"
#include "sensor/base/pages.hpp"
#include "sensor/base/result.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hd {

enum class DatasetType : std::uint8_t { string, md5, sha256, ip4, ip };

/// What rules added and removed since the start. Bounded: when its slots or bytes are used up nothing more is taken,
/// and the refusals are counted.
class ChangedValues {
public:
  static constexpr std::size_t kSlots = std::size_t{1} << 17;
  static constexpr std::size_t kBytes = std::size_t{32} << 20;
  static constexpr unsigned kProbes = 64;      ///< slots looked at for one value
  static constexpr std::size_t kValueMax = 16384; ///< longer values are not taken

  explicit ChangedValues(HashKey key);

  enum class State : std::uint32_t { unknown, present, removed };
  [[nodiscard]] State state_of(Bytes value) const noexcept;
  /// Makes it `state` and answers what it was before; nothing when there is no room.
  [[nodiscard]] std::optional<State> change(Bytes value, State state) noexcept;
  /// Back to the start. Only while nobody else uses it.
  void forget() noexcept;
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
  /// All values that are present, and those removed, for saving.
  void each(const auto& visit) const {
    for (std::size_t i = 0; i < kSlots; ++i) {
      const Slot& slot = slots()[i];
      if (slot.tag.load(std::memory_order_acquire) > kBusy) visit(bytes_of(slot), slot.state.load());
    }
  }

private:
  struct Slot {
    std::atomic<std::uint64_t> tag; // 0 free, 1 being written, else the hash
    std::uint32_t offset;
    std::uint32_t length;
    std::atomic<State> state;
  };
  static constexpr std::uint64_t kBusy = 1;
  [[nodiscard]] Slot* slots() noexcept { return static_cast<Slot*>(pages_.data()); }
  [[nodiscard]] const Slot* slots() const noexcept { return static_cast<const Slot*>(pages_.data()); }
  [[nodiscard]] const std::uint8_t* pool() const noexcept { return static_cast<const std::uint8_t*>(pool_.data()); }
  [[nodiscard]] Bytes bytes_of(const Slot& slot) const noexcept { return {pool() + slot.offset, slot.length}; }
  [[nodiscard]] std::uint64_t tag_of(Bytes value) const noexcept { return hash_bytes(value, key_) | 2; }

  HashKey key_;
  Pages pages_, pool_;
  std::atomic<std::uint64_t> used_ = 0; // of the pool
  std::atomic<std::uint64_t> refused_ = 0;
};

/// A set by name.
class Dataset {
public:
  Dataset(std::string name, DatasetType type, HashKey key) : name_(std::move(name)), type_(type), key_(key) {}

  /// Adds a value while the set is being made (not while it is used).
  void load(Bytes value, std::uint16_t reputation);
  /// Rules change it from now on.
  void allow_changes();
  void allow_changes(std::shared_ptr<ChangedValues> kept) { changes_ = std::move(kept); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] DatasetType type() const noexcept { return type_; }
  [[nodiscard]] std::size_t loaded() const noexcept { return entries_.size(); }
  [[nodiscard]] const std::shared_ptr<ChangedValues>& changes() const { return changes_; }
  /// File into which the set is written when the sensor ends (state, save); empty: none.
  std::string save_path = {};

  /// Whether a buffer may be a value of the type at all (lengths of digests and addresses).
  [[nodiscard]] bool fits(Bytes value) const noexcept;
  [[nodiscard]] bool contains(Bytes value) const noexcept;
  /// contains(), of the value or of what begins at one of its dots.
  [[nodiscard]] bool contains_suffix(Bytes value) const noexcept;
  /// True when the value was not in it before.
  [[nodiscard]] bool add(Bytes value) noexcept;
  /// True when the value was in it.
  [[nodiscard]] bool remove(Bytes value) noexcept;
  [[nodiscard]] std::optional<std::uint16_t> reputation_of(Bytes value) const noexcept;
  /// The state after loading. Only while nobody else uses it.
  void forget() noexcept;
  /// The set as a file of its type.
  [[nodiscard]] std::string to_file() const;

private:
  struct Entry {
    std::uint32_t offset = 0, length = 0;
    std::uint16_t reputation = 0;
  };
  [[nodiscard]] const Entry* find(Bytes value) const noexcept;
  void grow();

  std::string name_;
  DatasetType type_;
  HashKey key_;
  std::string pool_ = {};
  std::vector<Entry> entries_ = {};
  std::vector<std::uint32_t> slots_ = {}; // index + 1 into entries_; 0 free
  std::shared_ptr<ChangedValues> changes_ = {};
};

enum class DatasetFormat : std::uint8_t { csv, json, ndjson };
struct DatasetFile {
  std::string path = {};
  DatasetFormat format = DatasetFormat::csv;
  std::string value_key = {}, array_key = {}; ///< JSON: members, with dots between levels
  bool has_reputation = false;                ///< csv: value,reputation
};
/// Reads values of a file into a set. Errors name the line.
[[nodiscard]] Result<void> load_dataset(Dataset& set, const DatasetFile& file);

/// All sets of the rules, by name. Kept across reloads, so that what rules collected stays.
struct DatasetStore {
  /// The rules are read anew: sets are made again from their files, what rules changed in them stays.
  void begin_reload();

  std::map<std::string, std::shared_ptr<Dataset>, std::less<>> sets = {};
  std::map<std::string, std::shared_ptr<ChangedValues>, std::less<>> kept = {}; ///< of the rules before
  HashKey key = {};
};

/// Writes every set that has a save_path and may change. The first error is the answer; the others are tried.
[[nodiscard]] Result<void> save_datasets(const DatasetStore& store);

} // namespace hd
