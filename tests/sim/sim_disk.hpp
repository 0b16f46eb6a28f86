// SPDX-License-Identifier: Apache-2.0
// A disk as bad as disks may be: page cache and medium apart, folders with a journal, sectors that tear at a power
// loss, errors on request, and, to show that the simulation can fail, syncs that lie.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sensor/base/time.hpp"
#include "sensor/spool/disk.hpp"

namespace hd::sim {

struct DiskFaults {
  double write_error = 0;  ///< probability of EIO, with part of the bytes written
  double sync_error = 0;   ///< what was to be synced may be lost, and is not tried again
  double meta_error = 0;   ///< open, rename, unlink, folder sync
  bool lies = false;       ///< sync answers success and does nothing
  std::uint64_t capacity = UINT64_MAX;
};

class SimDisk final : public Disk {
 public:
  explicit SimDisk(SeededRandom& random) : random_(random) {}

  DiskFaults faults = {};
  /// The process is gone, the machine stays: nothing is lost.
  void kill() {}
  /// What was not synced is kept, lost or torn, sector by sector; folders go back to some point of their journal.
  void lose_power();
  /// A copy of all that an image of the (consistent) disk would hold now, and its way back.
  struct Image;
  [[nodiscard]] std::shared_ptr<const Image> image() const;
  void restore(const Image& image);
  [[nodiscard]] std::uint64_t used() const;

  int open(const std::string& path, Open how, std::shared_ptr<DiskFile>* file) override;
  int make_folder(const std::string& path) override;
  int remove_folder(const std::string& path) override;
  int rename(const std::string& from, const std::string& to) override;
  int unlink(const std::string& path) override;
  int sync_folder(const std::string& path) override;
  int list(const std::string& path, std::vector<std::string>* names) override;
  int free_bytes(const std::string& path, std::uint64_t* bytes) override;

  struct Inode {
    std::vector<std::uint8_t> now;      // as any process sees it
    std::vector<std::uint8_t> durable;  // as a power loss leaves it
    std::set<std::size_t> dirty;        // sectors of `now` that are not on the medium
    bool is_length_dirty = false;
  };

 private:
  friend class SimFile;
  using InodePtr = std::shared_ptr<Inode>;
  struct Change {  // of a folder, not yet durable
    std::string name;
    InodePtr inode;  // null: the name goes
    bool is_folder = false;
  };
  struct Folder {
    std::map<std::string, InodePtr> now;  // null inode: a folder
    std::map<std::string, InodePtr> durable;
    std::vector<Change> changes;
  };
  [[nodiscard]] bool fails(double probability);
  [[nodiscard]] Folder* folder_of(const std::string& path, std::string* name);
  void change(Folder& folder, Change change);
  static void apply(std::map<std::string, InodePtr>& names, const Change& change);

  SeededRandom& random_;
  std::map<std::string, Folder> folders_ = {{"", {}}};
};

}  // namespace hd::sim
