// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sensor/base/file.hpp"
#include "sensor/spool/disk.hpp"

namespace hd {
namespace {

class PosixFile final : public DiskFile {
 public:
  explicit PosixFile(UniqueFd fd) : fd_(std::move(fd)) {}

  int read(std::uint64_t offset, std::span<std::uint8_t> out, std::size_t* got) override {
    *got = 0;
    while (*got < out.size()) {
      const ssize_t n = ::pread(fd_.get(), out.data() + *got, out.size() - *got, static_cast<off_t>(offset + *got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno;
      if (n == 0) return 0;
      *got += static_cast<std::size_t>(n);
    }
    return 0;
  }

  int write(std::uint64_t offset, Bytes bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno;
      if (n == 0) return EIO;
      offset += static_cast<std::uint64_t>(n);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return 0;
  }

  // Zeros are written, not only promised: an overwrite syncs several times faster than one that changes extents.
  int allocate(std::uint64_t length) override {
    const int promised = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(length));
    if (promised != 0 && promised != EOPNOTSUPP && promised != EINVAL) return promised;
    const std::vector<std::uint8_t> zeros(std::min<std::uint64_t>(length, 1u << 20), 0);
    for (std::uint64_t at = 0; at < length;) {
      const std::size_t part = std::min<std::uint64_t>(zeros.size(), length - at);
      if (const int error = write(at, Bytes(zeros).first(part))) return error;
      at += part;
    }
    return 0;
  }

  int sync() override { return ::fdatasync(fd_.get()) == 0 ? 0 : errno; }

  int length(std::uint64_t* bytes) override {
    struct stat state {};
    if (::fstat(fd_.get(), &state) != 0) return errno;
    *bytes = static_cast<std::uint64_t>(state.st_size);
    return 0;
  }

 private:
  UniqueFd fd_;
};

}  // namespace

int PosixDisk::open(const std::string& path, Open how, std::shared_ptr<DiskFile>* file) {
  const int flags = O_RDWR | O_CLOEXEC | (how == Open::create_new ? O_CREAT | O_EXCL : 0);
  UniqueFd fd(::open(path.c_str(), flags, 0640));
  // A file on a file system that became read-only can still be sent.
  if (!fd && how == Open::existing && (errno == EROFS || errno == EACCES)) fd.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno;
  *file = std::make_shared<PosixFile>(std::move(fd));
  return 0;
}

int PosixDisk::make_folder(const std::string& path) {
  return ::mkdir(path.c_str(), 0750) == 0 || errno == EEXIST ? 0 : errno;
}
int PosixDisk::remove_folder(const std::string& path) { return ::rmdir(path.c_str()) == 0 ? 0 : errno; }
int PosixDisk::rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}
int PosixDisk::unlink(const std::string& path) { return ::unlink(path.c_str()) == 0 ? 0 : errno; }

int PosixDisk::sync_folder(const std::string& path) {
  const UniqueFd fd(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno;
  return ::fsync(fd.get()) == 0 ? 0 : errno;
}

int PosixDisk::list(const std::string& path, std::vector<std::string>* names) {
  names->clear();
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return errno;
  for (const dirent* entry = ::readdir(folder); entry != nullptr; entry = ::readdir(folder)) {  // NOLINT(concurrency-mt-unsafe)
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names->push_back(name);
  }
  ::closedir(folder);
  std::sort(names->begin(), names->end());
  return 0;
}

int PosixDisk::free_bytes(const std::string& path, std::uint64_t* bytes) {
  struct statvfs state {};
  if (::statvfs(path.c_str(), &state) != 0) return errno;
  *bytes = std::uint64_t{state.f_bavail} * state.f_frsize;
  return 0;
}

}  // namespace hd
