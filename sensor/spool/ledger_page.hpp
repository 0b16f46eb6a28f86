// SPDX-License-Identifier: Apache-2.0
// A page of /run (tmpfs, shared memory): what was raised, and what the spool had of it. It outlives kill -9, not the
// machine; after a crash the difference is known exactly.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "sensor/base/result.hpp"
#include "sensor/spool/segment_store.hpp"

namespace hd {

inline constexpr std::size_t kWorkersMax = 64;

/// Counters of one worker, written by it alone: no lock, two plain stores an alert. `severity` 1, 2, 3, 4 (and more).
struct alignas(64) RaiseCounters {
  std::array<std::atomic<std::uint64_t>, 4> raised = {};
  std::array<std::atomic<std::uint64_t>, 4> lost = {};  ///< raised, but there was no room in the ring

  /// The alert has its number now; before it is put anywhere.
  void raise(std::uint8_t severity) noexcept { add(raised, severity); }
  void lose(std::uint8_t severity) noexcept { add(lost, severity); }

 private:
  static void add(std::array<std::atomic<std::uint64_t>, 4>& counts, std::uint8_t severity) noexcept {
    auto& count = counts[lane_of_severity(severity) - 1u];
    // One writer; the readers need no order between counters.
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

/// What the spool says of itself; written as a whole, one of two copies at a time.
struct SpoolMarks {
  HeadMarks heads{};
  std::array<std::uint64_t, kLaneCount> accounted{};  ///< of this run: alerts that have a number in a lane, by lane
};

class LedgerPage {
 public:
  /// Makes or opens the page. What another version or another machine's life left is cleared.
  [[nodiscard]] static Result<LedgerPage> open(const std::string& path);
  /// A page without a file, for a spool that need not survive its process.
  [[nodiscard]] static LedgerPage in_memory();

  /// What the last process left.
  [[nodiscard]] SpoolMarks marks() const noexcept;
  [[nodiscard]] std::array<std::uint64_t, 4> raised() const noexcept;
  [[nodiscard]] std::array<std::uint64_t, 4> lost() const noexcept;

  /// A new process begins to count: workers' counters go to 0. `heads` stay as they are.
  void begin_run() noexcept;
  void set_marks(const SpoolMarks& marks) noexcept;
  [[nodiscard]] RaiseCounters& worker(std::size_t index) noexcept;

 private:
  struct Layout;
  struct Unmap {
    bool is_mapped = false;
    void operator()(Layout* layout) const noexcept;
  };
  explicit LedgerPage(std::unique_ptr<Layout, Unmap> layout) : layout_(std::move(layout)) {}
  std::unique_ptr<Layout, Unmap> layout_;
};

}  // namespace hd
