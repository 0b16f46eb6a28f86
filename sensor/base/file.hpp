// SPDX-License-Identifier: Apache-2.0
// Files of people and programs: whole reads, atomic writes, folders, descriptors that close themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sensor/base/result.hpp"

namespace hd {

/// Owns a file descriptor. -1 is none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  ~UniqueFd() { reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

/// An Error (E4001, or E4002 for permissions) from errno: "cannot <act> <path>: <reason>".
[[nodiscard]] Error system_error(std::string_view act, std::string_view path, int number);

/// The whole file. More than `length_max` bytes is an error, not a cut.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t length_max = 256u << 20);

/// Writes a new file beside `path`, syncs it, renames it over `path` and syncs the folder: after a crash the old or the
/// new content is there, never a mixture.
[[nodiscard]] Result<void> write_file_atomic(const std::string& path, std::string_view content,
                                             std::uint32_t mode = 0644);

/// All bytes to an open descriptor, however many writes that takes.
[[nodiscard]] Result<void> write_all(int fd, std::string_view content, std::string_view path_for_errors);

/// The folder and those above it; nothing if it is there.
[[nodiscard]] Result<void> make_folders(const std::string& path, std::uint32_t mode = 0755);

/// fsync of a folder: makes the creation, renaming or removal of names in it durable.
[[nodiscard]] Result<void> sync_folder(const std::string& path);

/// Names in a folder without "." and "..", sorted by bytes.
[[nodiscard]] Result<std::vector<std::string>> list_folder(const std::string& path);

[[nodiscard]] bool file_exists(const std::string& path);

/// Removes a file or a whole folder; nothing if it is not there.
[[nodiscard]] Result<void> remove_tree(const std::string& path);

}  // namespace hd
