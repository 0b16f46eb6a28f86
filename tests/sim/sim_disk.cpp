// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hd::sim {
namespace {

constexpr std::size_t kSector = 512;

}  // namespace

class SimFile final : public DiskFile {
 public:
  SimFile(SimDisk& disk, std::shared_ptr<SimDisk::Inode> inode) : disk_(disk), inode_(std::move(inode)) {}

  int read(std::uint64_t offset, std::span<std::uint8_t> out, std::size_t* got) override {
    const auto& bytes = inode_->now;
    *got = offset >= bytes.size() ? 0 : std::min<std::size_t>(out.size(), bytes.size() - static_cast<std::size_t>(offset));
    if (*got > 0) std::memcpy(out.data(), bytes.data() + offset, *got);
    return 0;
  }

  int write(std::uint64_t offset, Bytes bytes) override {
    int error = 0;
    const std::size_t end = static_cast<std::size_t>(offset) + bytes.size();
    const std::uint64_t grows = end > inode_->now.size() ? end - inode_->now.size() : 0;
    if (disk_.fails(disk_.faults.write_error)) error = EIO;
    else if (grows > 0 && disk_.used() + grows > disk_.faults.capacity) error = ENOSPC;
    if (error == ENOSPC) return error;
    if (error != 0) bytes = bytes.first(disk_.random_.below(bytes.size() + 1));
    if (bytes.empty()) return error;
    const std::size_t stop = static_cast<std::size_t>(offset) + bytes.size();
    if (stop > inode_->now.size()) {
      inode_->now.resize(stop, 0);
      inode_->is_length_dirty = true;
    }
    std::memcpy(inode_->now.data() + offset, bytes.data(), bytes.size());
    for (std::size_t sector = static_cast<std::size_t>(offset) / kSector; sector <= (stop - 1) / kSector; ++sector) {
      inode_->dirty.insert(sector);
    }
    return error;
  }

  int allocate(std::uint64_t length) override {
    if (disk_.used() + length > disk_.faults.capacity) return ENOSPC;
    inode_->now.assign(static_cast<std::size_t>(length), 0);
    inode_->is_length_dirty = true;
    for (std::size_t sector = 0; sector * kSector < length; ++sector) inode_->dirty.insert(sector);
    return 0;
  }

  int sync() override {
    if (disk_.faults.lies) return 0;
    if (disk_.fails(disk_.faults.sync_error)) {
      // The kernel marks the pages clean all the same: no later sync will write them.
      inode_->dirty.clear();
      return EIO;
    }
    inode_->durable.resize(inode_->now.size(), 0);
    for (const std::size_t sector : inode_->dirty) {
      const std::size_t begin = sector * kSector;
      if (begin >= inode_->now.size()) continue;
      std::memcpy(inode_->durable.data() + begin, inode_->now.data() + begin, std::min(kSector, inode_->now.size() - begin));
    }
    inode_->dirty.clear();
    inode_->is_length_dirty = false;
    return 0;
  }

  int length(std::uint64_t* bytes) override {
    *bytes = inode_->now.size();
    return 0;
  }

 private:
  SimDisk& disk_;
  std::shared_ptr<SimDisk::Inode> inode_;
};

struct SimDisk::Image {
  std::map<std::string, std::map<std::string, std::vector<std::uint8_t>>> files;
};

bool SimDisk::fails(double probability) {
  return probability > 0 && static_cast<double>(random_.below(1'000'000)) < probability * 1e6;
}

SimDisk::Folder* SimDisk::folder_of(const std::string& path, std::string* name) {
  const std::size_t slash = path.rfind('/');
  *name = slash == std::string::npos ? path : path.substr(slash + 1);
  const auto found = folders_.find(slash == std::string::npos ? "" : path.substr(0, slash));
  return found == folders_.end() ? nullptr : &found->second;
}

void SimDisk::apply(std::map<std::string, InodePtr>& names, const Change& change) {
  if (change.inode == nullptr && !change.is_folder) names.erase(change.name);
  else names[change.name] = change.inode;
}

void SimDisk::change(Folder& folder, Change change) {
  apply(folder.now, change);
  folder.changes.push_back(std::move(change));
}

int SimDisk::open(const std::string& path, Open how, std::shared_ptr<DiskFile>* file) {
  std::string name;
  Folder* folder = folder_of(path, &name);
  if (folder == nullptr) return ENOENT;
  const auto found = folder->now.find(name);
  const bool is_there = found != folder->now.end() && found->second != nullptr;
  if (how == Open::existing) {
    if (!is_there) return ENOENT;
    *file = std::make_shared<SimFile>(*this, found->second);
    return 0;
  }
  if (is_there) return EEXIST;
  if (fails(faults.meta_error)) return EIO;
  auto inode = std::make_shared<Inode>();
  change(*folder, {.name = name, .inode = inode});
  *file = std::make_shared<SimFile>(*this, inode);
  return 0;
}

int SimDisk::make_folder(const std::string& path) {
  std::string name;
  Folder* folder = folder_of(path, &name);
  if (folder == nullptr) return ENOENT;
  if (folders_.contains(path)) return 0;
  if (fails(faults.meta_error)) return EIO;
  change(*folder, {.name = name, .inode = nullptr, .is_folder = true});
  folders_[path];
  return 0;
}

int SimDisk::remove_folder(const std::string& path) {
  std::string name;
  Folder* folder = folder_of(path, &name);
  const auto found = folders_.find(path);
  if (folder == nullptr || found == folders_.end()) return ENOENT;
  if (!found->second.now.empty()) return ENOTEMPTY;
  change(*folder, {.name = name, .inode = nullptr});
  folders_.erase(found);
  return 0;
}

int SimDisk::rename(const std::string& from, const std::string& to) {
  std::string name_from;
  std::string name_to;
  Folder* old_folder = folder_of(from, &name_from);
  Folder* new_folder = folder_of(to, &name_to);
  if (old_folder == nullptr || new_folder == nullptr || !old_folder->now.contains(name_from)) return ENOENT;
  if (fails(faults.meta_error)) return EIO;
  const InodePtr inode = old_folder->now[name_from];
  change(*new_folder, {.name = name_to, .inode = inode});
  change(*old_folder, {.name = name_from, .inode = nullptr});
  return 0;
}

int SimDisk::unlink(const std::string& path) {
  std::string name;
  Folder* folder = folder_of(path, &name);
  if (folder == nullptr || !folder->now.contains(name)) return ENOENT;
  if (fails(faults.meta_error)) return EIO;
  change(*folder, {.name = name, .inode = nullptr});
  return 0;
}

int SimDisk::sync_folder(const std::string& path) {
  const auto found = folders_.find(path);
  if (found == folders_.end()) return ENOENT;
  if (faults.lies) return 0;
  if (fails(faults.meta_error)) return EIO;
  for (const Change& one : found->second.changes) apply(found->second.durable, one);
  found->second.changes.clear();
  return 0;
}

int SimDisk::list(const std::string& path, std::vector<std::string>* names) {
  names->clear();
  const auto found = folders_.find(path);
  if (found == folders_.end()) return ENOENT;
  for (const auto& [name, inode] : found->second.now) names->push_back(name);
  return 0;
}

std::uint64_t SimDisk::used() const {
  std::uint64_t bytes = 0;
  for (const auto& [path, folder] : folders_) {
    for (const auto& [name, inode] : folder.now) bytes += inode == nullptr ? 0 : inode->now.size();
  }
  return bytes;
}

int SimDisk::free_bytes(const std::string&, std::uint64_t* bytes) {
  *bytes = faults.capacity == UINT64_MAX ? UINT64_MAX : faults.capacity - std::min(faults.capacity, used());
  return 0;
}

void SimDisk::lose_power() {
  std::set<Inode*> seen;
  const auto settle = [&](Inode& inode) {
    if (!seen.insert(&inode).second) return;
    std::vector<std::uint8_t> after = inode.durable;
    if (inode.is_length_dirty && random_.below(2) == 0) after.resize(inode.now.size(), 0);
    for (const std::size_t sector : inode.dirty) {
      const std::size_t begin = sector * kSector;
      if (random_.below(2) == 0 || begin >= after.size() || begin >= inode.now.size()) continue;
      std::memcpy(after.data() + begin, inode.now.data() + begin,
                  std::min({kSector, inode.now.size() - begin, after.size() - begin}));
    }
    inode.now = inode.durable = std::move(after);
    inode.dirty.clear();
    inode.is_length_dirty = false;
  };
  for (auto& [path, folder] : folders_) {
    // The journal writes changes in order; how far it came is chance.
    const std::size_t count = random_.below(folder.changes.size() + 1);
    for (std::size_t n = 0; n < count; ++n) apply(folder.durable, folder.changes[n]);
    folder.changes.clear();
    folder.now = folder.durable;
    for (auto& [name, inode] : folder.now) {
      if (inode != nullptr) settle(*inode);
    }
  }
  // Folders whose name did not come to the medium are gone with all that was in them.
  for (auto at = folders_.begin(); at != folders_.end();) {
    std::string name;
    if (at->first.empty()) {
      ++at;
      continue;
    }
    Folder* above = folder_of(at->first, &name);
    const bool is_there = above != nullptr && above->now.contains(name);
    at = is_there ? std::next(at) : folders_.erase(at);
  }
  for (auto& [path, folder] : folders_) {
    for (auto at = folder.now.begin(); at != folder.now.end();) {
      const std::string below = path.empty() ? at->first : path + "/" + at->first;
      const bool is_ghost = at->second == nullptr && !folders_.contains(below);
      at = is_ghost ? folder.now.erase(at) : std::next(at);
    }
    folder.durable = folder.now;
  }
}

std::shared_ptr<const SimDisk::Image> SimDisk::image() const {
  auto image = std::make_shared<Image>();
  for (const auto& [path, folder] : folders_) {
    auto& files = image->files[path];
    for (const auto& [name, inode] : folder.now) {
      if (inode != nullptr) files[name] = inode->now;
    }
  }
  return image;
}

void SimDisk::restore(const Image& image) {
  folders_.clear();
  for (const auto& [path, files] : image.files) {
    Folder& folder = folders_[path];
    for (const auto& [name, bytes] : files) {
      auto inode = std::make_shared<Inode>();
      inode->now = inode->durable = bytes;
      folder.now[name] = inode;
    }
  }
  for (const auto& [path, files] : image.files) {
    if (path.empty()) continue;
    std::string name;
    if (Folder* above = folder_of(path, &name)) above->now[name] = nullptr;
  }
  for (auto& [path, folder] : folders_) folder.durable = folder.now;
}

}  // namespace hd::sim
