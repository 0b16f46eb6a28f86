// SPDX-License-Identifier: Apache-2.0
// Hyperscan behind a narrow door: many literals looked for at once in one buffer (docs: detection 3).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "sensor/base/bytes.hpp"
#include "sensor/base/result.hpp"
#include "sensor/match/literal_set.hpp"

namespace hd {

class LiteralDatabase;

/// Working memory of one worker for all its databases, and what its scans cost. Not shared between threads.
class LiteralScratch {
 public:
  LiteralScratch();
  ~LiteralScratch();
  LiteralScratch(const LiteralScratch&) = delete;
  LiteralScratch& operator=(const LiteralScratch&) = delete;
  LiteralScratch(LiteralScratch&& other) noexcept;
  LiteralScratch& operator=(LiteralScratch&& other) noexcept;

  /// Grows it for `database`. At load only: allocates. Error: E4001. A database it was not grown for finds nothing,
  /// which is counted in `refused`.
  [[nodiscard]] Result<void> fit(const LiteralDatabase& database);
  [[nodiscard]] std::size_t size_bytes() const;

  std::uint64_t calls = 0;       ///< scans that reached Hyperscan
  std::uint64_t bytes = 0;       ///< bytes of these
  std::uint64_t hits = 0;        ///< literals found
  std::uint64_t limit_hits = 0;  ///< scans ended by kHitsMax (literal_hits)
  std::uint64_t refused = 0;     ///< scans that Hyperscan refused; always 0 unless fit() was forgotten

 private:
  friend class LiteralDatabase;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Immutable; shared by all workers. Block mode: each scan stands alone. Each literal is reported once a scan.
class LiteralDatabase {
 public:
  /// Hits of one scan beyond which it ends (security.md: work of one packet is bounded).
  static constexpr std::uint32_t kHitsMax = 10'000;

  /// In: may be empty, then no scan does anything. Error: Hyperscan's word with the literal (E2201), or E4001.
  /// Cost: about 25 µs a literal.
  [[nodiscard]] static Result<std::shared_ptr<const LiteralDatabase>> build(const LiteralSet& set);
  /// From the bytes that serialize() made, of the same set, library and kind of processor.
  [[nodiscard]] static Result<std::shared_ptr<const LiteralDatabase>> load(const LiteralSet& set, Bytes serialized);
  ~LiteralDatabase();
  LiteralDatabase(const LiteralDatabase&) = delete;
  LiteralDatabase& operator=(const LiteralDatabase&) = delete;
  LiteralDatabase(LiteralDatabase&&) = delete;
  LiteralDatabase& operator=(LiteralDatabase&&) = delete;

  /// Calls on_hit(literal number, end offset) for each literal that occurs in `buffer`, at its first end, each once, in
  /// no promised order. Bytes are not copied, nothing is allocated. A buffer shorter than every literal costs a compare.
  template <class F>
    requires std::is_nothrow_invocable_v<F&, std::uint32_t, std::size_t>
  void scan(Bytes buffer, LiteralScratch& scratch, F&& on_hit) const noexcept {
    if (buffer.size() < length_min_ || length_min_ == 0) return;
    run(
        buffer, scratch,
        [](void* context, std::uint32_t literal, std::size_t end) noexcept {
          (*static_cast<std::remove_reference_t<F>*>(context))(literal, end);
        },
        const_cast<void*>(static_cast<const void*>(&on_hit)));
  }

  [[nodiscard]] std::size_t literal_count() const noexcept { return numbers_.size(); }
  [[nodiscard]] std::size_t length_min() const noexcept { return length_min_; }
  [[nodiscard]] std::size_t size_bytes() const noexcept { return size_bytes_; }
  /// The compiled form for the cache; empty for an empty set.
  [[nodiscard]] Result<std::vector<std::uint8_t>> serialize() const;

 private:
  LiteralDatabase();
  using OnHit = void (*)(void* context, std::uint32_t literal, std::size_t end) noexcept;
  void run(Bytes buffer, LiteralScratch& scratch, OnHit on_hit, void* context) const noexcept;
  void describe(const LiteralSet& set);
  friend class LiteralScratch;
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::vector<std::uint32_t> numbers_ = {};  ///< number of the literal at each rank of LiteralSet::sorted()
  std::size_t length_min_ = 0;
  std::size_t size_bytes_ = 0;
};

/// Whether Hyperscan runs on this processor (E4001 with a sentence if not). Asked once at start.
[[nodiscard]] Result<void> check_literal_platform();
/// What a compiled database depends on beside its literals: library, version, processor features. For the cache's key.
[[nodiscard]] std::string literal_platform();

}  // namespace hd
