// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/record.hpp"

#include <cstring>

#include "sensor/base/hash.hpp"

namespace hd {
namespace {

std::uint32_t lane_seed(LaneKey lane) noexcept {
  std::array<std::uint8_t, 12> bytes{};
  store(bytes.data(), lane.epoch);
  store(bytes.data() + 8, std::uint32_t{lane.lane});
  return crc32c(bytes);
}

bool is_kind(std::uint8_t kind) noexcept { return kind >= 1 && kind <= 4; }

constexpr std::size_t kShedChainOffset = 56;

}  // namespace

void append_record(LaneKey lane, const RecordHeader& header, Bytes body, std::vector<std::uint8_t>* out) {
  HD_ASSERT(!body.empty() && body.size() <= kRecordBodyMax);
  const std::size_t begin = out->size();
  out->resize(begin + record_size(body.size()));
  std::uint8_t* at = out->data() + begin;
  store(at + 4, static_cast<std::uint32_t>(body.size()));
  store(at + 8, header.number);
  store(at + 16, header.last);
  store(at + 24, header.time.ns);
  store(at + 32, header.wseq);
  store(at + 40, header.run);
  store(at + 44, header.worker);
  at[46] = static_cast<std::uint8_t>(header.kind);
  at[47] = header.severity;
  store(at + 48, header.replay_cursor);
  std::memcpy(at + kRecordHeaderSize, body.data(), body.size());
  store(at, crc32c({at + 4, kRecordHeaderSize - 4 + body.size()}, lane_seed(lane)));
}

bool read_record(LaneKey lane, Bytes bytes, RecordView* view) noexcept {
  if (bytes.size() < kRecordHeaderSize) return false;
  const std::uint8_t* at = bytes.data();
  const std::uint32_t length = load_le32(at + 4);
  if (length == 0 || length > kRecordBodyMax || bytes.size() < record_size(length)) return false;
  const Bytes whole = bytes.first(kRecordHeaderSize + length);
  if (load_le32(at) != crc32c(whole.subspan(4), lane_seed(lane))) return false;
  if (!is_kind(at[46])) return false;
  RecordHeader& header = view->header;
  header.number = load_le64(at + 8);
  header.last = load_le64(at + 16);
  header.time = {load<std::int64_t>(at + 24)};
  header.wseq = load_le64(at + 32);
  header.run = load_le32(at + 40);
  header.worker = load_le16(at + 44);
  header.kind = static_cast<RecordKind>(at[46]);
  header.severity = at[47];
  header.replay_cursor = load_le64(at + 48);
  view->bytes = whole;
  view->body = whole.subspan(kRecordHeaderSize);
  const bool is_note = header.kind == RecordKind::shed;
  if (header.number == 0 || header.last < header.number || (!is_note && header.last != header.number)) return false;
  ShedNote ignored;
  return !is_note || decode_shed(view->body, &ignored);
}

std::string_view name_of(ShedReason reason) noexcept {
  switch (reason) {
    case ShedReason::ring_full: return "ring_full";
    case ShedReason::crash: return "crash";
    case ShedReason::spool_full: return "spool_full";
    case ShedReason::damaged: return "damaged";
    case ShedReason::recovered_gap: return "recovered_gap";
    case ShedReason::lost_by_store: return "lost_by_store";
    case ShedReason::before_store: return "before_store";
    case ShedReason::spool_replaced: return "spool_replaced";
    case ShedReason::volatile_lost: return "volatile_lost";
    case ShedReason::too_big: return "too_big";
  }
  return "unknown";
}

std::array<std::uint8_t, kShedBodySize> encode_shed(const ShedNote& note) noexcept {
  std::array<std::uint8_t, kShedBodySize> out{};
  std::uint8_t* at = out.data();
  store(at, static_cast<std::uint32_t>(note.reason));
  store(at + 4, note.flags);
  for (std::size_t i = 0; i < note.counts.size(); ++i) store(at + 8 + 8 * i, note.counts[i]);
  store(at + 40, note.from.ns);
  store(at + 48, note.to.ns);
  std::memcpy(at + kShedChainOffset, note.chain_last.data(), note.chain_last.size());
  return out;
}

bool decode_shed(Bytes body, ShedNote* note) noexcept {
  if (body.size() != kShedBodySize) return false;
  const std::uint8_t* at = body.data();
  const std::uint32_t reason = load_le32(at);
  if (reason < 1 || reason > static_cast<std::uint32_t>(ShedReason::too_big)) return false;
  note->reason = static_cast<ShedReason>(reason);
  note->flags = load_le32(at + 4);
  for (std::size_t i = 0; i < note->counts.size(); ++i) note->counts[i] = load_le64(at + 8 + 8 * i);
  note->from = {load<std::int64_t>(at + 40)};
  note->to = {load<std::int64_t>(at + 48)};
  std::memcpy(note->chain_last.data(), at + kShedChainOffset, note->chain_last.size());
  return (note->flags & ~kShedInPlace) == 0;
}

Chain append_shed(LaneKey lane, std::uint64_t first, std::uint64_t last, const Chain& before, ShedNote note,
                  std::vector<std::uint8_t>* out) {
  HD_ASSERT(first > 0 && last >= first);
  note.counts = {};
  if (lane.lane != kLaneJournal) note.counts[lane.lane - 1u] = last - first + 1;
  const RecordHeader header{.number = first, .last = last, .time = note.from, .wseq = note.wseq, .run = note.run,
                            .worker = note.worker, .kind = RecordKind::shed, .severity = lane.lane};
  if ((note.flags & kShedInPlace) != 0) {
    note.chain_last = {};
    std::vector<std::uint8_t> blank;
    append_record(lane, header, encode_shed(note), &blank);
    note.chain_last = blake2b_128(before, Bytes(blank).first(kRecordHeaderSize + kShedBodySize));
  }
  append_record(lane, header, encode_shed(note), out);
  return note.chain_last;
}

Chain chain_after(const Chain& before, const RecordView& record) noexcept {
  if (record.header.kind != RecordKind::shed) return blake2b_128(before, record.bytes);
  ShedNote note;
  HD_ASSERT(decode_shed(record.body, &note));  // read_record has looked
  return note.chain_last;
}

bool read_run(LaneKey lane, Bytes bytes, std::uint64_t first, const Chain& before, std::size_t items_max,
              RecordRun* run) {
  run->records.clear();
  run->first = first;
  run->chain = before;
  std::uint64_t next = first;
  while (!bytes.empty()) {
    RecordView record;
    if (run->records.size() == items_max || next == 0 || !read_record(lane, bytes, &record)) return false;
    if (record.header.number != next) return false;
    const std::size_t size = record_size(record.body.size());
    const Bytes padding = bytes.subspan(record.bytes.size(), size - record.bytes.size());
    for (const std::uint8_t byte : padding) {
      if (byte != 0) return false;
    }
    run->chain = chain_after(run->chain, record);
    next = record.header.last + 1;  // 0 after the last number there is, which ends the loop above
    run->records.push_back(record);
    bytes = bytes.subspan(size);
  }
  if (run->records.empty()) return false;
  run->last = run->records.back().header.last;
  return true;
}

}  // namespace hd
