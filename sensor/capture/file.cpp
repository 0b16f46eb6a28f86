// SPDX-License-Identifier: Apache-2.0
// Capture files: pcap (micro- and nanoseconds, both byte orders) and pcapng. The file is mapped, packets are views into
// the mapping: about half the time of libpcap's reader (detection.md 5). A damaged file is read as far as it goes.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "sensor/base/bytes.hpp"
#include "sensor/capture/filter.hpp"
#include "sensor/capture/source.hpp"

namespace hd {
namespace {

constexpr std::uint32_t kLengthMax = 256 * 1024 * 1024 / 4;  // longer records are nonsense

/// A file in memory: mapped, or read when it is a pipe.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::string& path) {
    MappedFile file;
    const int fd = path == "-" ? dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(ErrorCode::E5001, "cannot open " + path + ": " + std::strerror(errno));
    struct stat info {};
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
      file.size_ = static_cast<std::size_t>(info.st_size);
      if (file.size_ > 0) {
        file.data_ = mmap(nullptr, file.size_, PROT_READ, MAP_PRIVATE, fd, 0);
        if (file.data_ == MAP_FAILED) {
          file.data_ = nullptr;
          close(fd);
          return fail(ErrorCode::E5001, "cannot map " + path + ": " + std::strerror(errno));
        }
        (void)madvise(file.data_, file.size_, MADV_SEQUENTIAL);
      }
    } else {
      std::array<std::uint8_t, 65536> block{};
      ssize_t got = 0;
      while ((got = read(fd, block.data(), block.size())) > 0) file.copy_.insert(file.copy_.end(), block.begin(), block.begin() + got);
      file.size_ = file.copy_.size();
    }
    close(fd);
    return file;
  }
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(other.size_), copy_(std::move(other.copy_)) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile() {
    if (data_ != nullptr) munmap(data_, size_);
  }
  [[nodiscard]] Bytes bytes() const { return {data_ != nullptr ? static_cast<const std::uint8_t*>(data_) : copy_.data(), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::vector<std::uint8_t> copy_ = {};
};

/// Numbers in the byte order of the file.
struct Order {
  bool is_swapped = false;
  [[nodiscard]] std::uint16_t u16(const std::uint8_t* at) const { return is_swapped ? load_be16(at) : load_le16(at); }
  [[nodiscard]] std::uint32_t u32(const std::uint8_t* at) const { return is_swapped ? load_be32(at) : load_le32(at); }
};

struct Interface {
  std::uint16_t link = link_type::ethernet;
  std::uint32_t snaplen = 0;
  std::uint64_t units_per_second = 1'000'000;
  std::int64_t offset_seconds = 0;
};

std::int64_t to_nanoseconds(std::uint64_t units, const Interface& from) {
  const std::uint64_t seconds = units / from.units_per_second;
  const std::uint64_t rest = units % from.units_per_second;
  const long double fraction = static_cast<long double>(rest) * 1e9L / static_cast<long double>(from.units_per_second);
  return (static_cast<std::int64_t>(seconds) + from.offset_seconds) * kSecond + static_cast<std::int64_t>(fraction);
}

std::string looks_like(Bytes head) {
  const auto starts = [&](std::string_view text) { return head.size() >= text.size() && as_chars(head.first(text.size())) == text; };
  if (head.empty()) return "it is empty";
  std::string digits;
  for (std::size_t i = 0; i < std::min<std::size_t>(4, head.size()); ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    digits += (i > 0 ? " " : "");
    digits += kDigits[head[i] >> 4];
    digits += kDigits[head[i] & 15];
  }
  if (starts("PK\x03\x04")) return "it starts with " + digits + ": a ZIP archive";
  if (starts("\x1f\x8b")) return "it starts with " + digits + ": gzip; unpack it first";
  if (starts("\x28\xb5\x2f\xfd")) return "it starts with " + digits + ": zstd; unpack it first";
  if (starts("\xfd" "7zXZ")) return "it starts with " + digits + ": xz; unpack it first";
  if (starts("\x7f" "ELF")) return "it starts with " + digits + ": a program";
  return "it starts with " + digits;
}

class FileSource final : public Source {
 public:
  FileSource(std::string path, MappedFile file, CaptureOptions options) : path_(std::move(path)), file_(std::move(file)), options_(std::move(options)) {}

  Result<void> begin() {
    const Bytes all = file_.bytes();
    if (all.size() >= 24) {
      const std::uint32_t magic = load_le32(all.data());
      switch (magic) {
        case 0xa1b2c3d4: return begin_pcap(false, 1'000'000);
        case 0xd4c3b2a1: return begin_pcap(true, 1'000'000);
        case 0xa1b23c4d: return begin_pcap(false, 1'000'000'000);
        case 0x4d3cb2a1: return begin_pcap(true, 1'000'000'000);
        case 0xa1b2cd34: record_header_ = 24; return begin_pcap(false, 1'000'000);  // Kuznetzov's
        case 0x0a0d0d0a: is_ng_ = true; return {};
        default: break;
      }
    }
    return fail({.code = ErrorCode::E5001, .what = path_ + ": not a pcap or pcapng file (" + looks_like(all) + ")"});
  }

  SourceState next_batch(RawBatch& batch, int) override {
    batch.count = 0;
    while (batch.count < RawBatch::kMax && !is_over_) {
      RawPacket packet;
      if (!(is_ng_ ? next_ng(packet) : next_pcap(packet))) continue;
      ++stats_.received;
      packet.number = ++number_;
      if (options_.snaplen != 0) packet.caplen = std::min(packet.caplen, options_.snaplen);
      if (!options_.filter.empty() && !accepts(packet)) {
        ++stats_.filtered;
        continue;
      }
      batch.packets[batch.count++] = packet;
    }
    return batch.count > 0 ? SourceState::packets : SourceState::end;
  }
  SourceStats stats() override { return stats_; }
  std::string name() const override { return path_; }

 private:
  Result<void> begin_pcap(bool is_swapped, std::uint64_t units) {
    order_.is_swapped = is_swapped;
    const std::uint8_t* header = file_.bytes().data();
    interfaces_ = {Interface{.link = static_cast<std::uint16_t>(order_.u32(header + 20) & 0xffff), .units_per_second = units}};
    at_ = 24;
    return {};
  }

  bool cut(const char* why) {
    is_over_ = true;
    if (at_ < file_.bytes().size()) {
      stats_.is_truncated = true;
      stats_.cut_at_byte = at_;
      stats_.remark = why;
    }
    return false;
  }

  bool next_pcap(RawPacket& packet) {
    const Bytes all = file_.bytes();
    if (all.size() - at_ < record_header_) return cut("the last record is cut");
    const std::uint8_t* header = all.data() + at_;
    const std::uint32_t caplen = order_.u32(header + 8);
    if (caplen > kLengthMax) return cut("a record has an impossible length");
    const std::size_t left = all.size() - at_ - record_header_;
    if (caplen > left) return cut("the last packet is cut");
    packet.data = header + record_header_;
    packet.caplen = caplen;
    packet.wirelen = std::max(order_.u32(header + 12), caplen);
    const std::uint64_t fraction = order_.u32(header + 4) * (kSecond / static_cast<std::int64_t>(interfaces_[0].units_per_second));
    packet.time = {std::int64_t{order_.u32(header)} * kSecond + static_cast<std::int64_t>(fraction)};
    packet.link = interfaces_[0].link;
    at_ += record_header_ + caplen;
    return true;
  }

  // One block; true when it was a packet.
  bool next_ng(RawPacket& packet) {
    const Bytes all = file_.bytes();
    if (all.size() - at_ < 12) return cut("the last block is cut");
    const std::uint8_t* block = all.data() + at_;
    if (load_le32(block) == 0x0a0d0d0a) order_.is_swapped = load_le32(block + 8) != 0x1a2b3c4d;
    const std::uint32_t type = order_.u32(block);
    const std::uint32_t length = order_.u32(block + 4);
    if (length < 12 || length % 4 != 0 || length > all.size() - at_) return cut("a block is cut, or has an impossible length");
    const Bytes body{block + 8, length - 12};
    at_ += length;
    switch (type) {
      case 0x0a0d0d0a: interfaces_.clear(); return false;
      case 1: interface_block(body); return false;
      case 2: return old_packet(body, packet);
      case 3: return simple_packet(body, packet);
      case 6: return enhanced_packet(body, packet);
      default: return false;
    }
  }

  void interface_block(Bytes body) {
    Interface made;
    if (body.size() >= 8) {
      made.link = order_.u16(body.data());
      made.snaplen = order_.u32(body.data() + 4);
      std::size_t at = 8;
      while (at + 4 <= body.size()) {
        const std::uint16_t code = order_.u16(body.data() + at);
        const std::size_t length = order_.u16(body.data() + at + 2);
        if (code == 0 || length > body.size() - at - 4) break;
        const std::uint8_t* value = body.data() + at + 4;
        if (code == 9 && length >= 1) made.units_per_second = resolution(value[0]);
        if (code == 14 && length >= 8) made.offset_seconds = static_cast<std::int64_t>(order_.is_swapped ? load_be64(value) : load_le64(value));
        at += 4 + (length + 3) / 4 * 4;
      }
    }
    interfaces_.push_back(made);
  }

  static std::uint64_t resolution(std::uint8_t code) {
    if ((code & 0x80) != 0) return std::uint64_t{1} << std::min(code & 0x7f, 62);
    std::uint64_t result = 1;
    for (int i = 0; i < std::min<int>(code, 18); ++i) result *= 10;
    return result;
  }

  bool fill(RawPacket& packet, std::uint32_t interface_number, std::uint64_t units, Bytes data, std::uint32_t caplen, std::uint32_t wirelen) {
    if (caplen > data.size() || interface_number >= interfaces_.size()) {
      stats_.remark = "a packet block makes no sense";
      return false;
    }
    const Interface& from = interfaces_[interface_number];
    packet.data = data.data();
    packet.caplen = caplen;
    packet.wirelen = std::max(wirelen, caplen);
    packet.time = {to_nanoseconds(units, from)};
    packet.link = from.link;
    return true;
  }
  std::uint64_t units(const std::uint8_t* at) const { return std::uint64_t{order_.u32(at)} << 32 | order_.u32(at + 4); }

  bool enhanced_packet(Bytes body, RawPacket& packet) {
    if (body.size() < 20) return false;
    const std::uint8_t* p = body.data();
    return fill(packet, order_.u32(p), units(p + 4), body.subspan(20), order_.u32(p + 12), order_.u32(p + 16));
  }
  bool old_packet(Bytes body, RawPacket& packet) {
    if (body.size() < 20) return false;
    const std::uint8_t* p = body.data();
    return fill(packet, order_.u16(p), units(p + 4), body.subspan(20), order_.u32(p + 12), order_.u32(p + 16));
  }
  bool simple_packet(Bytes body, RawPacket& packet) {
    if (body.size() < 4 || interfaces_.empty()) return false;
    const std::uint32_t wirelen = order_.u32(body.data());
    std::uint32_t caplen = std::min<std::uint32_t>(wirelen, static_cast<std::uint32_t>(body.size() - 4));
    if (interfaces_[0].snaplen != 0) caplen = std::min(caplen, interfaces_[0].snaplen);
    return fill(packet, 0, 0, body.subspan(4), caplen, wirelen);
  }

  bool accepts(const RawPacket& packet) {
    for (const auto& [link, filter] : filters_) {
      if (link == packet.link) return filter.accepts(packet);
    }
    auto made = PacketFilter::compile(options_.filter, packet.link, 0);
    if (!made) {
      stats_.remark = "the filter does not fit a link type of this capture";
      return false;
    }
    filters_.emplace_back(packet.link, std::move(*made));
    return filters_.back().second.accepts(packet);
  }

  std::string path_;
  MappedFile file_;
  CaptureOptions options_;
  Order order_ = {};
  std::vector<Interface> interfaces_ = {};
  std::vector<std::pair<std::uint16_t, PacketFilter>> filters_ = {};
  std::size_t at_ = 0;
  std::size_t record_header_ = 16;
  std::uint32_t number_ = 0;
  bool is_ng_ = false;
  bool is_over_ = false;
  SourceStats stats_ = {};
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
      if (current_->next_batch(batch, wait_ms) == SourceState::packets) return SourceState::packets;
      add(done_, current_->stats());
      current_ = nullptr;
    }
    return SourceState::end;
  }
  SourceStats stats() override {
    SourceStats sum = done_;
    if (current_ != nullptr) add(sum, current_->stats());
    return sum;
  }
  std::string name() const override { return path_; }

 private:
  static void add(SourceStats& sum, const SourceStats& one) {
    sum.received += one.received;
    sum.filtered += one.filtered;
    sum.is_truncated |= one.is_truncated;
    if (!one.remark.empty()) sum.remark = one.remark;
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
  if (auto filter = PacketFilter::compile(options.filter, link_type::ethernet, 0); !filter) return fail(std::move(filter.error()));
  auto file = MappedFile::open(path);
  if (!file) return fail(std::move(file.error()));
  auto source = std::make_unique<FileSource>(path, std::move(*file), options);
  if (auto begun = source->begin(); !begun) return fail(std::move(begun.error()));
  return std::unique_ptr<Source>(std::move(source));
}

Result<std::unique_ptr<Source>> open_capture_folder(const std::string& path, const CaptureOptions& options) {
  std::error_code problem;
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path, problem)) {
    const std::string extension = entry.path().extension().string();
    if (entry.is_regular_file(problem) && (extension == ".pcap" || extension == ".pcapng" || extension == ".cap")) files.push_back(entry.path().string());
  }
  if (problem) return fail(ErrorCode::E5001, "cannot read the folder " + path + ": " + problem.message());
  if (files.empty()) return fail(ErrorCode::E5001, "the folder " + path + " has no .pcap, .pcapng or .cap file");
  std::sort(files.begin(), files.end());
  return std::unique_ptr<Source>(std::make_unique<FolderSource>(path, std::move(files), options));
}

}  // namespace hd
