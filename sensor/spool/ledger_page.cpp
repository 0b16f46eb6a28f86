// SPDX-License-Identifier: Apache-2.0
#include "sensor/spool/ledger_page.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "sensor/base/file.hpp"

namespace hd {
namespace {

constexpr std::uint64_t kMagic = 0x3150474C44484448;  // "HDHDLGP1"

}  // namespace

struct LedgerPage::Layout {
  std::uint64_t magic = kMagic;
  std::atomic<std::uint32_t> which{0};
  std::array<SpoolMarks, 2> marks{};
  std::array<RaiseCounters, kWorkersMax> workers{};
};

void LedgerPage::Unmap::operator()(Layout* layout) const noexcept {
  if (is_mapped) ::munmap(layout, sizeof(Layout));
  else delete layout;
}

LedgerPage LedgerPage::in_memory() {
  return LedgerPage(std::unique_ptr<Layout, Unmap>(new Layout(), Unmap{.is_mapped = false}));
}

Result<LedgerPage> LedgerPage::open(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) return fail(system_error("open", path, errno));
  if (::ftruncate(fd.get(), sizeof(Layout)) != 0) return fail(system_error("make room in", path, errno));
  void* memory = ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return fail(system_error("map", path, errno));
  std::uint64_t magic = 0;
  std::memcpy(&magic, memory, sizeof magic);
  Layout* layout = magic == kMagic ? std::launder(static_cast<Layout*>(memory)) : new (memory) Layout();
  return LedgerPage(std::unique_ptr<Layout, Unmap>(layout, Unmap{.is_mapped = true}));
}

SpoolMarks LedgerPage::marks() const noexcept { return layout_->marks[layout_->which.load(std::memory_order_acquire) & 1]; }

std::array<std::uint64_t, 4> LedgerPage::raised() const noexcept {
  std::array<std::uint64_t, 4> sum{};
  for (const RaiseCounters& worker : layout_->workers) {
    for (std::size_t n = 0; n < sum.size(); ++n) sum[n] += worker.raised[n].load(std::memory_order_relaxed);
  }
  return sum;
}

std::array<std::uint64_t, 4> LedgerPage::lost() const noexcept {
  std::array<std::uint64_t, 4> sum{};
  for (const RaiseCounters& worker : layout_->workers) {
    for (std::size_t n = 0; n < sum.size(); ++n) sum[n] += worker.lost[n].load(std::memory_order_relaxed);
  }
  return sum;
}

void LedgerPage::begin_run() noexcept {
  SpoolMarks fresh = marks();
  fresh.accounted = {};
  for (RaiseCounters& worker : layout_->workers) {
    for (auto& count : worker.raised) count.store(0, std::memory_order_relaxed);
    for (auto& count : worker.lost) count.store(0, std::memory_order_relaxed);
  }
  set_marks(fresh);
}

// Into the copy that is not shown, then shown by one store: a kill between leaves the old one whole.
void LedgerPage::set_marks(const SpoolMarks& marks) noexcept {
  const std::uint32_t next = layout_->which.load(std::memory_order_relaxed) + 1;
  layout_->marks[next & 1] = marks;
  layout_->which.store(next, std::memory_order_release);
}

RaiseCounters& LedgerPage::worker(std::size_t index) noexcept {
  HD_ASSERT(index < kWorkersMax);
  return layout_->workers[index];
}

}  // namespace hd
