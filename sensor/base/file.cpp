// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace hd {
namespace {

namespace fs = std::filesystem;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Error system_error(std::string_view act, std::string_view path, int number) {
  const bool permission = number == EACCES || number == EPERM || number == EROFS;
  return {.code = permission ? ErrorCode::E4002 : ErrorCode::E4001,
          .what = "cannot " + std::string(act) + " " + std::string(path) + ": " +
                  std::generic_category().message(number)};
}

Result<std::string> read_file(const std::string& path, std::size_t length_max) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(system_error("read", path, errno));
  std::string content;
  std::array<char, 65536> block{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(system_error("read", path, errno));
    if (got == 0) return content;
    if (content.size() + static_cast<std::size_t>(got) > length_max) {
      return fail({.code = ErrorCode::E4001,
                   .what = "cannot read " + path + ": it is longer than " + std::to_string(length_max) + " bytes"});
    }
    content.append(block.data(), static_cast<std::size_t>(got));
  }
}

Result<void> write_all(int fd, std::string_view content, std::string_view path_for_errors) {
  while (!content.empty()) {
    const ssize_t wrote = ::write(fd, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return fail(system_error("write", path_for_errors, errno));
    content.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<void> write_file_atomic(const std::string& path, std::string_view content, std::uint32_t mode) {
  std::string temporary = path + ".XXXXXX";
  UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return fail(system_error("create", temporary, errno));
  auto written = write_all(fd.get(), content, temporary);
  if (written && ::fchmod(fd.get(), mode) != 0) written = fail(system_error("set the mode of", temporary, errno));
  if (written && ::fsync(fd.get()) != 0) written = fail(system_error("sync", temporary, errno));
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = fail(system_error("write", path, errno));
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return sync_folder(folder_of(path));
}

Result<void> make_folders(const std::string& path, std::uint32_t mode) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at < path.size() && path[at] != '/') continue;
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), mode) == 0) continue;
    const int number = errno;
    std::error_code ignored;
    if (!fs::is_directory(part, ignored)) return fail(system_error("make the folder", part, number));
  }
  return {};
}

Result<void> sync_folder(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail(system_error("open", path, errno));
  if (::fsync(fd.get()) != 0) return fail(system_error("sync", path, errno));
  return {};
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
  std::error_code error;
  fs::directory_iterator at(path, error);
  std::vector<std::string> names;
  for (; !error && at != fs::directory_iterator(); at.increment(error)) names.push_back(at->path().filename().string());
  if (error) return fail(system_error("list", path, error.value()));
  std::sort(names.begin(), names.end());
  return names;
}

bool file_exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Result<void> remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return fail(system_error("remove", path, error.value()));
  return {};
}

}  // namespace hd
