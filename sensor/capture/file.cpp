// SPDX-License-Identifier: Apache-2.0
// Captures as files. A file is mapped and its packets are views into the mapping: about half the time of
// libpcap's reader (docs: detection.md 5). A damaged file is read as far as it goes. Standard input and pipes
// are read as they come, so that `tcpdump -w - | haidang-sensor` is live.
#include "sensor/base/file.hpp"

#include "sensor/base/bytes.hpp"
#include "sensor/capture/filter.hpp"
#include "sensor/capture/reader.hpp"
#include "sensor/capture/source.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace hd {
namespace {

constexpr std::size_t kKeepMapped = std::size_t{32}
                                    << 20;  // of what was read; the rest is given back to the kernel
constexpr std::size_t kStreamBuffer = std::size_t{4} << 20;

/// A regular file in memory.
class Mapping {
 public:
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (data_ != nullptr) munmap(data_, size_);
  }
  [[nodiscard]] bool map(int fd, std::size_t size) {
    size_ = size;
    if (size == 0) return true;
    void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) return false;
    data_ = data;
    (void)madvise(data_, size_, MADV_SEQUENTIAL);
    return true;
  }
  /// Gives pages before `end` back; they would come again from the file if anyone asked.
  void forget(std::size_t end) {
    if (end < forgotten_ + kKeepMapped) return;
    const std::size_t page_end = end / 4096 * 4096;
    (void)madvise(static_cast<std::uint8_t*>(data_) + forgotten_, page_end - forgotten_, MADV_DONTNEED);
    forgotten_ = page_end;
  }
  [[nodiscard]] Bytes bytes() const { return {static_cast<const std::uint8_t*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t forgotten_ = 0;  // a whole number of pages
};

/// What mapped files and streams have in common: the form, the filter, the counts.
class CaptureSource : public Source {
 public:
  CaptureSource(std::string path, CaptureOptions options)
      : path_(std::move(path)), options_(std::move(options)) {}
  SourceStats stats() override { return stats_; }
  [[nodiscard]] std::string name() const override { return path_; }

 protected:
  [[nodiscard]] Result<void> begin(Bytes head) {
    const auto used = reader_.begin(head);
    if (!used) return fail(used.error().code, path_ + ": " + used.error().what);
    at_ = *used;
    remark_link();
    return {};
  }
  /// Takes the record at the front of `rest` into the batch; answers what it was.
  CaptureRecord take(Bytes rest, RawBatch& batch) {
    RawPacket packet;
    const CaptureRecord record = reader_.next(rest, packet);
    if (record.why != nullptr && record.kind == CaptureRecord::Kind::other) stats_.remark = record.why;
    if (record.kind == CaptureRecord::Kind::other) remark_link();
    if (record.kind != CaptureRecord::Kind::packet) return record;
    ++stats_.received;
    packet.number = ++number_;
    if (options_.snaplen != 0) packet.caplen = std::min(packet.caplen, options_.snaplen);
    if (!options_.filter.empty() && !accepts(packet))
      ++stats_.filtered;
    else
      batch.packets[batch.count++] = packet;
    return record;
  }
  void end_at(std::size_t byte, const char* why) {
    stats_.is_truncated = true;
    stats_.cut_at_byte = byte;
    stats_.remark = why;
  }

  std::size_t at_ = 0;  // bytes that were read

 private:
  void remark_link() {
    if (reader_.unknown_link() >= 0)
      stats_.remark = "link type " + std::to_string(reader_.unknown_link()) +
                      " is not decoded; its packets are counted only [E5003]";
  }
  bool accepts(const RawPacket& packet) {
    for (const auto& [link, filter] : filters_) {
      if (link == packet.link) return filter.accepts(packet);
    }
    auto made = PacketFilter::compile(options_.filter, packet.link, 0);
    if (!made) {  // it was compiled for Ethernet at the start: this link type has no such field
      stats_.remark =
          "the filter does not fit link type " + std::to_string(packet.link) + "; those packets are left out";
      made = PacketFilter::nothing();
    }
    filters_.emplace_back(packet.link, std::move(*made));
    return filters_.back().second.accepts(packet);
  }

  std::string path_;
  CaptureOptions options_;
  CaptureReader reader_;
  std::vector<std::pair<std::uint16_t, PacketFilter>> filters_ = {};
  std::uint32_t number_ = 0;
  SourceStats stats_ = {};
};

class FileSource final : public CaptureSource {
 public:
  using CaptureSource::CaptureSource;
  [[nodiscard]] Result<void> open(int fd, std::size_t size) {
    if (!mapping_.map(fd, size))
      return fail(ErrorCode::E5001, "cannot map " + name() + ": " + std::strerror(errno));
    return begin(mapping_.bytes());
  }
  SourceState next_batch(RawBatch& batch, int) override {
    batch.count = 0;
    const Bytes all = mapping_.bytes();
    mapping_.forget(at_);
    while (batch.count < RawBatch::kMax && at_ < all.size() && !is_over_) {
      const CaptureRecord record = take(all.subspan(at_), batch);
      is_over_ = record.kind == CaptureRecord::Kind::cut || record.kind == CaptureRecord::Kind::damaged;
      if (is_over_)
        end_at(at_, record.why);
      else
        at_ += record.size;
    }
    return batch.count > 0 ? SourceState::packets : SourceState::end;
  }

 private:
  Mapping mapping_;
  bool is_over_ = false;
};

/// A pipe. The buffer keeps what was not read to its end; packets lie in it until the next call.
class StreamSource final : public CaptureSource {
 public:
  StreamSource(std::string path, CaptureOptions options, UniqueFd fd)
      : CaptureSource(std::move(path), std::move(options)), fd_(std::move(fd)), buffer_(kStreamBuffer) {}

  [[nodiscard]] Result<void> open() {
    while (end_ < CaptureReader::kHeadSize && fill(-1)) {
    }
    auto begun = begin({buffer_.data(), end_});
    begin_ = at_;
    return begun;
  }
  SourceState next_batch(RawBatch& batch, int wait_ms) override {
    batch.count = 0;
    make_room();
    while (batch.count < RawBatch::kMax && !is_over_) {
      const CaptureRecord record = take(Bytes(buffer_).subspan(begin_, end_ - begin_), batch);
      if (record.kind == CaptureRecord::Kind::damaged) {
        is_over_ = true;
        end_at(at_, record.why);
      } else if (record.kind == CaptureRecord::Kind::cut) {
        if (batch.count > 0) break;  // the buffer must not move now
        needed_ = record.size;
        make_room();
        if (fill(wait_ms)) continue;
        if (!is_over_) return SourceState::idle;
        if (end_ > begin_) end_at(at_, record.why);
      } else {
        begin_ += record.size;
        at_ += record.size;
      }
    }
    if (batch.count > 0) return SourceState::packets;
    return is_over_ ? SourceState::end : SourceState::idle;
  }

 private:
  // Moves what is left to the front when the record that begins there does not fit behind.
  void make_room() {
    if (begin_ > 0 && (begin_ == end_ || begin_ + std::max(needed_, kStreamBuffer / 2) > buffer_.size())) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (needed_ > buffer_.size()) buffer_.resize(needed_);
  }
  // Reads once; false: nothing came in time, or the other side has closed.
  bool fill(int wait_ms) {
    pollfd wait{fd_.get(), POLLIN, 0};
    const int ready = poll(&wait, 1, wait_ms);
    if (ready == 0 || (ready < 0 && errno == EINTR)) return false;
    const ssize_t got = read(fd_.get(), buffer_.data() + end_, buffer_.size() - end_);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    if (got <= 0) {
      is_over_ = true;
      return false;
    }
    end_ += static_cast<std::size_t>(got);
    return true;
  }

  UniqueFd fd_;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what was read from the pipe and not yet taken
  std::size_t needed_ = 0;
  bool is_over_ = false;
};

class FolderSource final : public Source {
 public:
  FolderSource(std::string path, std::vector<std::string> files, CaptureOptions options)
      : path_(std::move(path)), files_(std::move(files)), options_(std::move(options)) {}

  SourceState next_batch(RawBatch& batch, int wait_ms) override {
    batch.count = 0;
    while (current_ != nullptr || next_ < files_.size()) {
      if (current_ == nullptr) {
        auto opened = open_capture_file(files_[next_++], options_);
        if (!opened) {
          done_.remark = to_text(opened.error());
          continue;
        }
        current_ = std::move(*opened);
      }
      if (current_->next_batch(batch, wait_ms) == SourceState::packets) {
        // Numbers go on from file to file.
        for (RawPacket& packet : std::span(batch.packets).first(batch.count))
          packet.number += static_cast<std::uint32_t>(done_.received);
        return SourceState::packets;
      }
      add(done_, *current_);
      current_ = nullptr;
    }
    return SourceState::end;
  }
  SourceStats stats() override {
    SourceStats sum = done_;
    if (current_ != nullptr) add(sum, *current_);
    return sum;
  }
  [[nodiscard]] std::string name() const override { return path_; }

 private:
  static void add(SourceStats& sum, Source& source) {
    const SourceStats one = source.stats();
    sum.received += one.received;
    sum.filtered += one.filtered;
    if (one.is_truncated) {
      sum.is_truncated = true;
      sum.cut_at_byte = one.cut_at_byte;
    }
    if (!one.remark.empty()) sum.remark = source.name() + ": " + one.remark;
  }
  std::string path_;
  std::vector<std::string> files_;
  CaptureOptions options_;
  std::size_t next_ = 0;
  std::unique_ptr<Source> current_ = nullptr;
  SourceStats done_ = {};
};

}  // namespace

Result<std::unique_ptr<Source>> open_capture_file(const std::string& path, const CaptureOptions& options) {
  if (auto filter = PacketFilter::compile(options.filter, link_type::ethernet, 0); !filter)
    return fail(std::move(filter.error()));
  const bool is_input = path == "-";
  UniqueFd fd(is_input ? dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::string name = is_input ? "standard input" : path;
  if (!fd) return fail(ErrorCode::E5001, "cannot open " + name + ": " + std::strerror(errno));
  struct stat info{};
  const bool is_known = fstat(fd.get(), &info) == 0;
  if (is_known && S_ISDIR(info.st_mode))
    return fail(ErrorCode::E5001, "cannot open " + name + ": it is a folder");
  if (is_known && S_ISREG(info.st_mode) && lseek(fd.get(), 0, SEEK_CUR) == 0) {
    auto source = std::make_unique<FileSource>(name, options);
    if (auto opened = source->open(fd.get(), static_cast<std::size_t>(info.st_size)); !opened)
      return fail(std::move(opened.error()));
    return std::unique_ptr<Source>(std::move(source));
  }
  auto source = std::make_unique<StreamSource>(name, options, std::move(fd));
  if (auto opened = source->open(); !opened) return fail(std::move(opened.error()));
  return std::unique_ptr<Source>(std::move(source));
}

Result<std::unique_ptr<Source>> open_capture_folder(const std::string& path, const CaptureOptions& options) {
  std::error_code problem;
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path, problem)) {
    const std::string extension = entry.path().extension().string();
    const bool is_capture = extension == ".pcap" || extension == ".pcapng" || extension == ".cap";
    if (is_capture && entry.is_regular_file(problem)) files.push_back(entry.path().string());
  }
  if (problem) return fail(ErrorCode::E5001, "cannot read the folder " + path + ": " + problem.message());
  if (files.empty())
    return fail(ErrorCode::E5001, "the folder " + path + " has no .pcap, .pcapng or .cap file");
  std::sort(files.begin(), files.end());
  return std::unique_ptr<Source>(std::make_unique<FolderSource>(path, std::move(files), options));
}

}  // namespace hd
