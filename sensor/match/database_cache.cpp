// SPDX-License-Identifier: Apache-2.0
// A file: 56 bytes of header, 32 bytes of keyed checksum over header and body, body.
//
//   0  8  "HDHSDB\r\n"           16  8  length of the body, little-endian
//   8  4  format, little-endian  24 32  SHA-256 of what the database was made from
//  12  4  zero                   56 32  BLAKE2b-256(secret, header, body)
//
// The library runs a serialized database without looking at each of its bytes, so nobody else may write one: the folder
// is ours alone, and the checksum is keyed with a secret that lies in it (security.md 7).
#include "sensor/match/database_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <tuple>
#include <vector>

#include "sensor/base/crypto.hpp"
#include "sensor/base/file.hpp"

namespace hd {
namespace {

constexpr std::string_view kMagic = "HDHSDB\r\n";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kHeaderLength = 56, kChecksumLength = 32, kSecretLength = 32;
constexpr std::size_t kFileMax = 512u << 20;
constexpr std::string_view kSuffix = ".hsdb";
constexpr char kSecretName[] = "secret";

/// Everything that the compiled bytes depend on, in one text without a second reading: lengths stand before bytes.
Digest256 key_of(const LiteralSet& set) {
  Hasher hasher(HashKind::sha256);
  hasher.begin();
  const auto add = [&hasher](std::string_view text) {
    std::array<std::uint8_t, 8> length = {};
    store<std::uint64_t>(length.data(), text.size());
    hasher.add(length);
    hasher.add(as_bytes(text));
  };
  add("haidang literal database " + std::to_string(kFormat) + " block singlematch");
  add(literal_platform());
  for (const std::uint32_t number : set.sorted()) {
    const LiteralSet::Literal& literal = set.at(number);
    add(literal.letters == LetterCase::folded ? "folded" : "exact");
    add(literal.bytes);
  }
  Digest256 result = {};
  const Bytes digest = hasher.finish();
  std::ranges::copy(digest, result.begin());
  return result;
}

std::string header_of(const Digest256& key, std::size_t body_length) {
  std::string header(kHeaderLength, '\0');
  auto* at = reinterpret_cast<std::uint8_t*>(header.data());
  std::memcpy(at, kMagic.data(), kMagic.size());
  store<std::uint32_t>(at + 8, kFormat);
  store<std::uint64_t>(at + 16, body_length);
  std::memcpy(at + 24, key.data(), key.size());
  return header;
}

}  // namespace

struct DatabaseCache::Impl {
  std::string folder = {};
  std::string secret = {};
  std::atomic<std::uint64_t> loaded = 0, built = 0, damaged = 0, not_written = 0;  // counts only: relaxed

  [[nodiscard]] Digest256 checksum(std::string_view header, Bytes body) const;
  [[nodiscard]] std::string path_of(const Digest256& key) const;
  [[nodiscard]] std::shared_ptr<const LiteralDatabase> read(const std::string& path, const Digest256& key,
                                                            const LiteralSet& set);
  void write(const std::string& path, const Digest256& key, const LiteralDatabase& database);
};

Digest256 DatabaseCache::Impl::checksum(std::string_view header, Bytes body) const {
  // A secret in front is a sound key for BLAKE2, which has no length extension.
  std::string all = secret;
  all.append(header).append(as_chars(body));
  return blake2b_256(as_bytes(all));
}

std::string DatabaseCache::Impl::path_of(const Digest256& key) const {
  return folder + "/" + to_hex(key).substr(0, 32).append(kSuffix);
}

std::shared_ptr<const LiteralDatabase> DatabaseCache::Impl::read(const std::string& path, const Digest256& key,
                                                                 const LiteralSet& set) {
  if (!file_exists(path)) return nullptr;
  const auto content = read_file(path, kFileMax);
  if (content && content->size() >= kHeaderLength + kChecksumLength) {
    const std::string_view all = *content;
    const Bytes body = as_bytes(all.substr(kHeaderLength + kChecksumLength));
    const std::string header = header_of(key, body.size());
    if (all.starts_with(header) &&
        equal_secret(as_bytes(all.substr(kHeaderLength, kChecksumLength)), checksum(header, body))) {
      if (auto database = LiteralDatabase::load(set, body)) {
        (void)::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // last use, for prune(); best effort
        return *database;
      }
    }
  }
  damaged.fetch_add(1, std::memory_order_relaxed);
  (void)remove_tree(path);
  return nullptr;
}

void DatabaseCache::Impl::write(const std::string& path, const Digest256& key, const LiteralDatabase& database) {
  const auto body = database.serialize();
  if (body) {
    std::string content = header_of(key, body->size());
    const Digest256 sum = checksum(content, *body);
    content.append(as_chars(sum)).append(as_chars(*body));
    if (write_file_atomic(path, content, 0600)) return;
  }
  not_written.fetch_add(1, std::memory_order_relaxed);
}

DatabaseCache::DatabaseCache() : impl_(std::make_unique<Impl>()) {}
DatabaseCache::~DatabaseCache() = default;
DatabaseCache::DatabaseCache(DatabaseCache&& other) noexcept = default;
DatabaseCache& DatabaseCache::operator=(DatabaseCache&& other) noexcept = default;

Result<DatabaseCache> DatabaseCache::open(const std::string& folder) {
  if (auto made = make_folders(folder, 0700); !made) return fail(std::move(made.error()));
  struct stat found = {};
  if (::lstat(folder.c_str(), &found) != 0) return fail(system_error("look at", folder, errno));
  if (!S_ISDIR(found.st_mode)) {
    return fail({.code = ErrorCode::E4001, .what = "the database cache " + folder + " is not a folder"});
  }
  if (found.st_uid != ::geteuid() || (found.st_mode & 0077) != 0) {
    return fail({.code = ErrorCode::E4002,
                 .what = "the database cache " + folder + " can be entered by others",
                 .why = "Compiled databases are run as they are, so only the sensor's user may write them.",
                 .hint = "chmod 0700 " + folder + ", and let it belong to the user the sensor runs as."});
  }
  DatabaseCache cache;
  cache.impl_->folder = folder;
  const std::string path = folder + "/" + kSecretName;
  auto secret = read_file(path, 4096);
  if (!secret || secret->size() != kSecretLength) {
    std::array<std::uint8_t, kSecretLength> bytes = {};
    random_bytes(bytes);
    secret = std::string(as_chars(bytes));
    if (auto written = write_file_atomic(path, *secret, 0600); !written) return fail(std::move(written.error()));
  }
  cache.impl_->secret = std::move(*secret);
  return cache;
}

bool DatabaseCache::is_on() const noexcept { return !impl_->folder.empty(); }

Result<std::shared_ptr<const LiteralDatabase>> DatabaseCache::get(const LiteralSet& set) {
  if (set.is_empty()) return LiteralDatabase::build(set);
  Digest256 key = {};
  std::string path;
  if (is_on()) {
    key = key_of(set);
    path = impl_->path_of(key);
    if (auto database = impl_->read(path, key, set)) {
      impl_->loaded.fetch_add(1, std::memory_order_relaxed);
      return database;
    }
  }
  auto database = LiteralDatabase::build(set);
  if (!database) return database;
  impl_->built.fetch_add(1, std::memory_order_relaxed);
  if (is_on()) impl_->write(path, key, **database);
  return database;
}

void DatabaseCache::prune(std::uint64_t bytes_max) {
  if (!is_on()) return;
  const auto names = list_folder(impl_->folder);
  if (!names) return;
  struct File {
    std::string path;
    std::int64_t used_s = 0, used_ns = 0;
    std::uint64_t size = 0;
  };
  std::vector<File> files;
  std::uint64_t total = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(kSuffix)) continue;
    File file{.path = impl_->folder + "/" + name};
    struct stat found = {};
    if (::lstat(file.path.c_str(), &found) != 0) continue;
    file.used_s = found.st_mtim.tv_sec;
    file.used_ns = found.st_mtim.tv_nsec;
    file.size = static_cast<std::uint64_t>(found.st_size);
    total += file.size;
    files.push_back(std::move(file));
  }
  std::ranges::sort(files, [](const File& a, const File& b) {
    return std::tie(a.used_s, a.used_ns, a.path) < std::tie(b.used_s, b.used_ns, b.path);
  });
  for (const File& file : files) {
    if (total <= bytes_max) return;
    if (!remove_tree(file.path)) continue;
    total -= file.size;
  }
}

DatabaseCache::Counts DatabaseCache::counts() const {
  return {.loaded = impl_->loaded.load(std::memory_order_relaxed),
          .built = impl_->built.load(std::memory_order_relaxed),
          .damaged = impl_->damaged.load(std::memory_order_relaxed),
          .not_written = impl_->not_written.load(std::memory_order_relaxed)};
}

}  // namespace hd
