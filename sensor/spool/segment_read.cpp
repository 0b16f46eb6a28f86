// SPDX-License-Identifier: Apache-2.0
// SegmentStore: reading records and chains back.
#include <algorithm>

#include "sensor/spool/segment_store.hpp"
#include "sensor/spool/segment_walk.hpp"

namespace hd {
namespace {

// One more record of a piece, padded to the size that it takes.
void append_to_piece(const RecordView& record, std::size_t size, Piece* piece, Payload* bytes) {
  if (piece->items++ == 0) {
    piece->first = record.header.number;
    piece->from = record.header.time;
  }
  bytes->insert(bytes->end(), record.bytes.begin(), record.bytes.end());
  bytes->resize(bytes->size() + size - record.bytes.size());
  piece->last = record.header.last;
  piece->to = record.header.time;
}

}  // namespace

// The segment open and at the number before `from`, or at its start when reading does not go on where it was.
bool SegmentStore::open_reading(Lane& lane, const Segment& segment, const spool_action::Read& action) {
  if (lane.reading != nullptr && lane.reading_name == segment.name && lane.read_number + 1 == action.from) return true;
  lane.reading.reset();
  if (disk_.open(lane_folder(action.lane) + "/" + segment.name, Disk::Open::existing, &lane.reading) != 0) return false;
  lane.reading_name = segment.name;
  lane.read_offset = kSegmentHeaderSize;
  lane.read_number = segment.first - 1;
  lane.read_chain = segment.before;
  lane.is_read_chain_known = true;
  return true;
}

spool_event::ReadDone SegmentStore::read(const spool_action::Read& action) {
  spool_event::ReadDone done{.lane = action.lane, .from = action.from, .bad_through = action.through};
  Lane* lane = find(action.lane);
  if (lane == nullptr) return done;
  // The last segment that begins at or before the number.
  std::size_t index = lane->segments.size();
  while (index > 0 && lane->segments[index - 1].first > action.from) --index;
  if (index == 0) {
    if (!lane->segments.empty()) done.bad_through = std::min(action.through, lane->segments.front().first - 1);
    return done;
  }
  Segment& segment = lane->segments[index - 1];
  std::uint64_t through = action.through;
  if (index < lane->segments.size()) through = std::min(through, lane->segments[index].first - 1);
  if (segment.last != 0) through = std::min(through, segment.last);
  done.bad_through = std::max(action.from, through);
  if (segment.last != 0 && action.from > segment.last) {
    done.bad_through = index < lane->segments.size() ? lane->segments[index].first - 1 : action.through;
    return done;
  }
  if (!open_reading(*lane, segment, action)) return done;
  auto bytes = std::make_shared<Payload>();
  Piece& piece = done.piece;
  piece.lane = action.lane;
  SegmentWalk walk(*lane->reading, action.lane, lane->read_offset, lane->read_number);
  for (;;) {
    const SegmentWalk::Step step = walk.next();
    if (step == SegmentWalk::Step::end || step == SegmentWalk::Step::io_error) break;
    const RecordView& record = walk.record();
    if (step == SegmentWalk::Step::hole) segment.is_damaged = true;
    if (step == SegmentWalk::Step::hole && record.header.number <= action.from) lane->is_read_chain_known = false;
    if (step == SegmentWalk::Step::hole && record.header.number > action.from) {
      // Damage where the caller wants to read: what comes before it is the answer, or nothing.
      done.bad_through = std::min(done.bad_through, record.header.number - 1);
      break;
    }
    if (record.header.last > through) break;
    if (record.header.last >= action.from) {
      const std::size_t size = record_size(record.body.size());
      if (piece.items > 0 && (bytes->size() + size > action.bytes_max || piece.items == kBatchItemsMax)) break;
      if (piece.items == 0) {
        piece.before = lane->read_chain;
        piece.is_chain_known = lane->is_read_chain_known;
      }
      append_to_piece(record, size, &piece, bytes.get());
    }
    lane->read_chain = chain_after(lane->read_chain, record);
    lane->read_offset = walk.offset_end();
    lane->read_number = record.header.last;
  }
  if (piece.items == 0) {
    segment.is_damaged = true;
    lane->reading.reset();
    return done;
  }
  piece.after = lane->read_chain;
  piece.bytes = std::move(bytes);
  done.ok = true;
  return done;
}

spool_event::ChainIs SegmentStore::chain_at(const spool_action::ChainAt& action) {
  spool_event::ChainIs answer{.lane = action.lane, .number = action.number};
  Lane* lane = find(action.lane);
  if (lane == nullptr) return answer;
  for (std::size_t n = lane->segments.size(); n > 0; --n) {
    const Segment& segment = lane->segments[n - 1];
    if (segment.first > action.number) continue;
    std::shared_ptr<DiskFile> file;
    if (disk_.open(lane_folder(action.lane) + "/" + segment.name, Disk::Open::existing, &file) != 0) return answer;
    SegmentWalk walk(*file, action.lane, kSegmentHeaderSize, segment.first - 1);
    Chain chain = segment.before;
    while (walk.next() == SegmentWalk::Step::record && walk.record().header.last <= action.number) {
      chain = chain_after(chain, walk.record());
      if (walk.record().header.last != action.number) continue;
      answer.found = true;
      answer.chain = chain;
      break;
    }
    return answer;
  }
  return answer;
}

void SegmentStore::walk_back(LaneKey key, const std::function<void(const RecordView&)>& visit,
                             const std::function<bool(const SegmentHeader&)>& more) {
  Lane* lane = find(key);
  if (lane == nullptr) return;
  for (std::size_t n = lane->segments.size(); n > 0; --n) {
    const Segment& segment = lane->segments[n - 1];
    std::shared_ptr<DiskFile> file;
    std::array<std::uint8_t, kSegmentHeaderSize> bytes{};
    std::size_t got = 0;
    SegmentHeader header;
    if (disk_.open(lane_folder(key) + "/" + segment.name, Disk::Open::existing, &file) != 0 ||
        file->read(0, bytes, &got) != 0 || !decode_segment(Bytes(bytes).first(got), &header)) {
      continue;
    }
    std::uint64_t last = segment.last;
    if (n < lane->segments.size()) last = last == 0 ? lane->segments[n].first - 1 : std::min(last, lane->segments[n].first - 1);
    SegmentWalk walk(*file, key, kSegmentHeaderSize, segment.first - 1);
    for (SegmentWalk::Step step = walk.next(); step == SegmentWalk::Step::record || step == SegmentWalk::Step::hole;
         step = walk.next()) {
      if (last != 0 && walk.record().header.last > last) break;
      visit(walk.record());
    }
    if (!more(header)) return;
  }
}

}  // namespace hd
