// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/store_adapter.hpp"

#include <algorithm>

namespace hd {
namespace {

StoredRecord row_of(const RecordView& record) {
  const RecordHeader& header = record.header;
  StoredRecord row{.kind = static_cast<StoredKind>(header.kind), .number = header.number, .last = header.last, .severity = header.severity, .packet_time = {header.time.ns}, .wseq = header.wseq,
                   .replay_cursor = header.replay_cursor, .body = as_chars(record.body)};
  ShedNote note;
  if (header.kind == RecordKind::shed && decode_shed(record.body, &note)) {
    row.reason = name_of(note.reason);
    row.counts = note.counts;
    row.from = {note.from.ns};
    row.to = {note.to.ns};
  }
  return row;
}

CommitBatch rows_of(const IngestBatch& batch) {
  CommitBatch rows{.sensor = batch.sensor, .epoch = batch.lane.epoch, .lane = batch.lane.lane, .first = batch.first, .last = batch.last, .chain_after = batch.after, .head = batch.head,
                   .owner_token = batch.owner_token, .closes_lane = batch.closes_lane, .received = batch.received, .clock_offset = batch.clock_offset, .clock_error = batch.clock_error};
  rows.records.reserve(batch.records.size());
  for (const RecordView& record : batch.records) rows.records.push_back(row_of(record));
  return rows;
}

}  // namespace

std::optional<SensorSession> StoreAdapter::open_session(const SensorId& sensor) {
  auto token = store_.take_sensor(sensor);
  auto lanes = store_.lanes(sensor);
  if (!token || !lanes) return std::nullopt;
  SensorSession session{.is_ok = true, .token = *token};
  for (const StoredLane& lane : *lanes) session.lanes.push_back({{lane.epoch, lane.lane}, lane.cursor, lane.chain, lane.head_seen, lane.is_closed});
  return session;
}

CommitResult StoreAdapter::commit(const std::vector<const IngestBatch*>& batches) {
  std::vector<CommitBatch> rows;
  rows.reserve(batches.size());
  for (const IngestBatch* batch : batches) rows.push_back(rows_of(*batch));
  const CommitAnswer answer = store_.commit(rows);
  CommitResult result{.batch = answer.batch, .text = answer.text};
  switch (answer.status) {
    case CommitStatus::committed: result.outcome = CommitOutcome::committed; break;
    case CommitStatus::full: result.outcome = CommitOutcome::full; break;
    case CommitStatus::io_error: result.outcome = CommitOutcome::io_error; break;
    case CommitStatus::unknown: result.outcome = CommitOutcome::unknown; break;
    case CommitStatus::lease_lost: result.lease_lost = true; [[fallthrough]];
    case CommitStatus::cursor_moved: {
      result.outcome = CommitOutcome::cursor_moved;
      const IngestBatch& refused = *batches[answer.batch];
      result.actual.lane = refused.lane;
      if (const auto lanes = cursors(refused.sensor); lanes) {
        const auto lane = std::find_if(lanes->begin(), lanes->end(), [&](const LaneCursor& one) { return one.lane == refused.lane; });
        if (lane != lanes->end()) result.actual = *lane;
      }
      break;
    }
  }
  return result;
}

std::optional<std::vector<LaneCursor>> StoreAdapter::cursors(const SensorId& sensor) {
  auto lanes = store_.lanes(sensor);
  if (!lanes) return std::nullopt;
  std::vector<LaneCursor> result;
  for (const StoredLane& lane : *lanes) result.push_back({{lane.epoch, lane.lane}, lane.cursor, lane.chain});
  return result;
}

ChainPoint StoreAdapter::chain_at(const SensorId& sensor, LaneKey lane, std::uint64_t number) {
  const auto found = store_.chain_at(sensor, lane.epoch, lane.lane, number);
  return found ? ChainPoint{found->number, found->chain} : ChainPoint{};
}

void StoreAdapter::observe_heads(const SensorId& sensor, const std::vector<LaneHead>& heads, bool are_final) {
  for (const LaneHead& head : heads) (void)store_.observe_head(sensor, head.lane.epoch, head.lane.lane, head.head, are_final);
}

}  // namespace hd
