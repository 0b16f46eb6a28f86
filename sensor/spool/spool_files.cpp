// SPDX-License-Identifier: Apache-2.0
#include "sensor/spool/spool_files.hpp"

#include <cerrno>
#include <cstring>

#include "sensor/base/hash.hpp"
#include "sensor/base/json.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {

int replace_file(Disk& disk, const std::string& folder, const std::string& name, Bytes content) {
  const std::string path = folder + "/" + name;
  const std::string temporary = path + ".tmp";
  std::shared_ptr<DiskFile> file;
  int error = disk.open(temporary, Disk::Open::create_new, &file);
  if (error == EEXIST) {
    // Left over by a crash.
    if ((error = disk.unlink(temporary)) != 0) return error;
    error = disk.open(temporary, Disk::Open::create_new, &file);
  }
  if (error != 0) return error;
  error = file->write(0, content);
  if (error == 0) error = file->sync();
  if (error == 0) error = disk.rename(temporary, path);
  if (error != 0) {
    static_cast<void>(disk.unlink(temporary));
    return error;
  }
  return disk.sync_folder(folder);
}

int read_small_file(Disk& disk, const std::string& path, std::size_t length_max, Payload* content) {
  std::shared_ptr<DiskFile> file;
  if (const int error = disk.open(path, Disk::Open::existing, &file)) return error;
  content->resize(length_max + 1);
  std::size_t got = 0;
  if (const int error = file->read(0, *content, &got)) return error;
  content->resize(got);
  return got > length_max ? E2BIG : 0;
}

std::string to_json(const SpoolState& state) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("version", 1).field("current", hex64(state.current)).field("clean", state.clean);
  json.field("boot", uuid_text(state.boot));
  json.field("migrating_from", hex64(state.migrating_from)).field("migrating_to", hex64(state.migrating_to));
  json.key("finals").begin_array();
  for (const SpoolState::Final& final : state.finals) {
    json.begin_object().field("epoch", hex64(final.epoch)).key("heads").begin_array();
    for (const std::uint64_t head : final.heads) json.value(head);
    json.end_array().end_object();
  }
  json.end_array().key("gone").begin_array();
  for (const SpoolState::Gone& gone : state.gone) {
    json.begin_object().field("epoch", hex64(gone.epoch)).field("carried", gone.is_carried).key("heads").begin_array();
    for (const std::uint64_t head : gone.heads) json.value(head);
    json.end_array().end_object();
  }
  json.end_array().end_object();
  out += '\n';
  return out;
}

bool state_of(std::string_view text, SpoolState* state) {
  auto document = JsonDocument::parse(text, {.depth_max = 8, .length_max = 1u << 20});
  if (!document) return false;
  const JsonView json = document->root();
  const auto hex = [](JsonView view, std::string_view key, std::uint64_t* value) {
    return hex64_of(view.get(key).as_string(), value);
  };
  if (json.get("version").as_uint() != 1 || !hex(json, "current", &state->current) ||
      !hex(json, "migrating_from", &state->migrating_from) || !hex(json, "migrating_to", &state->migrating_to) ||
      !uuid_of(json.get("boot").as_string(), &state->boot)) {
    return false;
  }
  state->clean = json.get("clean").as_bool();
  for (const JsonView at : json.get("finals").elements()) {
    SpoolState::Final& final = state->finals.emplace_back();
    if (!hex(at, "epoch", &final.epoch)) return false;
    std::size_t lane = 0;
    for (const JsonView head : at.get("heads").elements()) {
      if (lane < kLaneCount) final.heads[lane++] = head.as_uint();
    }
  }
  for (const JsonView at : json.get("gone").elements()) {
    SpoolState::Gone& gone = state->gone.emplace_back();
    if (!hex(at, "epoch", &gone.epoch)) return false;
    gone.is_carried = at.get("carried").as_bool();
    std::size_t lane = 0;
    for (const JsonView head : at.get("heads").elements()) {
      if (lane < kLaneCount) gone.heads[lane++] = head.as_uint();
    }
  }
  return true;
}

// A slot: "HDCURSR1", generation, store, store generation, count, zero, then entries of 40 bytes; CRC32C at its end.
namespace {

constexpr std::string_view kMagic = "HDCURSR1";
constexpr std::size_t kHead = 48;
constexpr std::size_t kEntry = 40;
constexpr std::size_t kCrc = kCursorSlotSize - 4;
static_assert(kHead + kCursorsMax * kEntry <= kCrc);

}  // namespace

Payload encode_cursor_slot(const CursorFile& file) {
  Payload slot(kCursorSlotSize);
  std::uint8_t* at = slot.data();
  const std::size_t count = std::min(file.cursors.size(), kCursorsMax);
  std::memcpy(at, kMagic.data(), kMagic.size());
  store(at + 8, file.generation);
  std::memcpy(at + 16, file.store.data(), file.store.size());
  store(at + 32, file.store_generation);
  store(at + 40, static_cast<std::uint32_t>(count));
  for (std::size_t n = 0; n < count; ++n) {
    std::uint8_t* entry = at + kHead + n * kEntry;
    store(entry, file.cursors[n].lane.epoch);
    store(entry + 8, std::uint64_t{file.cursors[n].lane.lane});
    store(entry + 16, file.cursors[n].cursor);
    std::memcpy(entry + 24, file.cursors[n].chain.data(), sizeof(Chain));
  }
  store(at + kCrc, crc32c(Bytes(slot).first(kCrc)));
  return slot;
}

bool decode_cursor_slot(Bytes slot, CursorFile* file) {
  if (slot.size() != kCursorSlotSize || as_chars(slot.first(kMagic.size())) != kMagic) return false;
  const std::uint8_t* at = slot.data();
  if (load_le32(at + kCrc) != crc32c(slot.first(kCrc))) return false;
  const std::uint32_t count = load_le32(at + 40);
  if (count > kCursorsMax) return false;
  file->generation = load_le64(at + 8);
  std::memcpy(file->store.data(), at + 16, file->store.size());
  file->store_generation = load_le64(at + 32);
  file->cursors.assign(count, {});
  for (std::size_t n = 0; n < count; ++n) {
    const std::uint8_t* entry = at + kHead + n * kEntry;
    LaneCursor& cursor = file->cursors[n];
    const std::uint64_t lane = load_le64(entry + 8);
    if (lane >= kLaneCount) return false;
    cursor.lane = {.epoch = load_le64(entry), .lane = static_cast<std::uint8_t>(lane)};
    cursor.cursor = load_le64(entry + 16);
    std::memcpy(cursor.chain.data(), entry + 24, sizeof(Chain));
  }
  return true;
}

}  // namespace hd
