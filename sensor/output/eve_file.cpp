// SPDX-License-Identifier: Apache-2.0
// EVE lines to a file that is appended to and rotated by size, and to stdout.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "sensor/base/file.hpp"
#include "sensor/output/eve_out.hpp"

namespace hd {
namespace {

constexpr std::size_t kBufferBytes = 256u << 10;

class FdOut : public EveOut {
 public:
  FdOut(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) { buffer_.reserve(kBufferBytes + (1u << 17)); }

  void write(const EveLine& line) override {
    buffer_ += line.text;
    buffer_ += '\n';
    ++waiting_;
    if (buffer_.size() >= kBufferBytes) flush();
  }

  void flush() override {
    if (buffer_.empty()) return;
    const auto written = fd_ ? write_all(fd_.get(), buffer_, path_) : Result<void>(fail(ErrorCode::E4001, trouble_));
    if (written) {
      counters_.written += waiting_;
      bytes_ += buffer_.size();
      trouble_.clear();
    } else {
      // A full disk costs these lines here; the spool has its own place and its own ledger.
      counters_.dropped += waiting_;
      trouble_ = written.error().what;
    }
    buffer_.clear();
    waiting_ = 0;
  }

  [[nodiscard]] std::string name() const override { return path_; }

 protected:
  std::string path_;
  UniqueFd fd_;
  std::uint64_t bytes_ = 0;  // in the file

 private:
  std::string buffer_ = {};
  std::uint64_t waiting_ = 0;
};

class FileOut final : public FdOut {
 public:
  FileOut(EveFileOptions options, UniqueFd fd, std::uint64_t bytes) : FdOut(options.path, std::move(fd)), options_(std::move(options)) { bytes_ = bytes; }
  ~FileOut() override { FdOut::flush(); }

  static UniqueFd open(const std::string& path, std::uint64_t* bytes) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    struct stat state = {};
    *bytes = fd && ::fstat(fd.get(), &state) == 0 ? static_cast<std::uint64_t>(state.st_size) : 0;
    return fd;
  }

  void flush() override {
    FdOut::flush();
    if (options_.rotate_bytes != 0 && bytes_ >= options_.rotate_bytes) rotate();
  }

  void reopen() override {
    FdOut::flush();
    fd_ = open(path_, &bytes_);
    if (!fd_) trouble_ = system_error("open", path_, errno).what;
  }

 private:
  void rotate() {
    for (std::uint32_t n = options_.rotate_keep; n > 0; --n) {
      const std::string from = n == 1 ? path_ : path_ + "." + std::to_string(n - 1);
      (void)std::rename(from.c_str(), (path_ + "." + std::to_string(n)).c_str());  // one that is not there yet is no error
    }
    if (options_.rotate_keep == 0) (void)::unlink(path_.c_str());
    fd_ = open(path_, &bytes_);
    if (!fd_) trouble_ = system_error("open", path_, errno).what;
  }

  EveFileOptions options_;
};

}  // namespace

Result<std::unique_ptr<EveOut>> open_eve_file(EveFileOptions options) {
  const std::size_t slash = options.path.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    if (auto made = make_folders(options.path.substr(0, slash)); !made) return fail(std::move(made.error()));
  }
  std::uint64_t bytes = 0;
  UniqueFd fd = FileOut::open(options.path, &bytes);
  if (!fd) return fail(system_error("write", options.path, errno));
  return std::unique_ptr<EveOut>(std::make_unique<FileOut>(std::move(options), std::move(fd), bytes));
}

std::unique_ptr<EveOut> open_eve_stdout() { return std::make_unique<FdOut>("stdout", UniqueFd(::dup(STDOUT_FILENO))); }

}  // namespace hd
