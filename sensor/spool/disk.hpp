// SPDX-License-Identifier: Apache-2.0
// The few things that the spool asks of a file system. One real implementation; the simulation has another, which
// fails, tears and forgets as disks do. Every act answers an errno, 0 for success.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sensor/base/bytes.hpp"

namespace hd {

/// An open file; closed with the last owner.
class DiskFile {
 public:
  virtual ~DiskFile() = default;
  /// Up to out.size() bytes; *got less than that means the end of the file.
  [[nodiscard]] virtual int read(std::uint64_t offset, std::span<std::uint8_t> out, std::size_t* got) = 0;
  /// All bytes, or an error after any part of them.
  [[nodiscard]] virtual int write(std::uint64_t offset, Bytes bytes) = 0;
  /// Room for `length` bytes, all zero.
  [[nodiscard]] virtual int allocate(std::uint64_t length) = 0;
  /// fdatasync. May be called by a second thread beside the others.
  [[nodiscard]] virtual int sync() = 0;
  [[nodiscard]] virtual int length(std::uint64_t* bytes) = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  enum class Open : std::uint8_t { existing, create_new };
  [[nodiscard]] virtual int open(const std::string& path, Open how, std::shared_ptr<DiskFile>* file) = 0;
  [[nodiscard]] virtual int make_folder(const std::string& path) = 0;   ///< 0 also when it is there
  [[nodiscard]] virtual int remove_folder(const std::string& path) = 0; ///< an empty one
  [[nodiscard]] virtual int rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual int unlink(const std::string& path) = 0;
  [[nodiscard]] virtual int sync_folder(const std::string& path) = 0;
  /// Names in the folder, sorted.
  [[nodiscard]] virtual int list(const std::string& path, std::vector<std::string>* names) = 0;
  /// Bytes that may still be written.
  [[nodiscard]] virtual int free_bytes(const std::string& path, std::uint64_t* bytes) = 0;
};

/// The machine's own.
class PosixDisk final : public Disk {
 public:
  [[nodiscard]] int open(const std::string& path, Open how, std::shared_ptr<DiskFile>* file) override;
  [[nodiscard]] int make_folder(const std::string& path) override;
  [[nodiscard]] int remove_folder(const std::string& path) override;
  [[nodiscard]] int rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] int unlink(const std::string& path) override;
  [[nodiscard]] int sync_folder(const std::string& path) override;
  [[nodiscard]] int list(const std::string& path, std::vector<std::string>* names) override;
  [[nodiscard]] int free_bytes(const std::string& path, std::uint64_t* bytes) override;
};

}  // namespace hd
