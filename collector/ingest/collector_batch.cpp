// SPDX-License-Identifier: Apache-2.0
// CollectorCore: batches, from the wire to the commit and back.
#include <algorithm>

#include "collector/ingest/collector_core.hpp"

namespace hd {
namespace {

// An epoch that opens while a session runs is not in its HELLO; so many at once are an ordinary sensor's.
constexpr std::size_t kLanesMax = 4 * kEpochsMax * kLaneCount;

}  // namespace

CollectorCore::Lane* CollectorCore::lane_for(Sensor& sensor, LaneKey key) {
  const auto found = sensor.lanes.find(key);
  if (found != sensor.lanes.end()) return &found->second;
  const auto open = std::count_if(sensor.lanes.begin(), sensor.lanes.end(),
                                  [](const auto& one) { return !one.second.is_closed && one.second.cursor < one.second.head; });
  if (key.epoch == 0 || static_cast<std::size_t>(open) >= kLanesMax) {
    refuse("epochs");
    return nullptr;
  }
  return &sensor.lanes[key];
}

void CollectorCore::batch(const SensorId& id, Sensor& sensor, ingest_event::Received& event) {
  const FrameHeader& header = event.message.header;
  const LaneKey key{.epoch = header.epoch, .lane = header.lane};
  const std::uint64_t size = event.message.payload.size();
  const auto malformed = [&](WireError code, std::string_view what) {
    refuse(what);
    send_error(sensor.peer, sensor.session, code, std::string(what));
    end(id, sensor, what);
  };
  sensor.received += size;
  if (sensor.received > sensor.credit) return malformed(WireError::credit, "credit");
  if (size > options_.batch_bytes_max && header.items > 1) return malformed(WireError::too_big, "too_big");
  RecordRun run;
  const bool is_formed = header.first > 0 && header.last >= header.first && header.last <= header.head &&
                         read_run(key, event.message.payload, header.first, header.chain, kBatchItemsMax, &run) &&
                         run.last == header.last && run.records.size() == header.items;
  if (!is_formed) return malformed(WireError::frame, "batch");
  if (!testify(id, sensor, key, header.head)) return malformed(WireError::limit, "limit");
  Lane* lane = lane_for(sensor, key);
  if (lane == nullptr) return malformed(WireError::limit, "epochs");
  counters_.batches += 1;
  if (header.last <= lane->tail) {
    counters_.duplicates_trimmed += header.last - header.first + 1;
    lane->told = std::max(lane->told, header.last);
    if (header.last <= lane->cursor) {
      lane->repeated = header.last;
      lane->chain_repeated = run.chain;
    }
    sensor.to_ack.insert(key);
    return;
  }
  if (header.first > lane->tail + 1) {
    counters_.gaps += 1;
    if (sensor.resumed.insert(key).second) {
      send(sensor.peer, sensor.session, FrameType::resume, encode(ResumeBody{.lane = key, .cursor = lane->tail}));
    }
    return;
  }
  sensor.resumed.erase(key);
  // History must be the same where it can be compared: at the tail, if that is a border of the records.
  Chain at_tail = header.chain;
  bool is_comparable = header.first == lane->tail + 1;
  for (const RecordView& record : run.records) {
    if (is_comparable || record.header.last > lane->tail) break;
    at_tail = chain_after(at_tail, record);
    is_comparable = record.header.last == lane->tail;
  }
  // A note that the sensor sends from its middle has nothing before it to compare with.
  const bool is_blank = (header.chain == Chain{} && header.first > 1) || (header.flags & kFlagRechain) != 0;
  const bool is_same = HD_BROKEN(options_, reuse_epoch) || at_tail == lane->chain_tail;
  if (is_comparable && !is_blank && !is_same) return fork(id, sensor, key);
  if ((header.flags & kFlagRechain) != 0) counters_.rechained += 1;
  lane->told = std::max(lane->told, header.last);
  queue(id, sensor, *lane, event, std::move(run), is_comparable ? at_tail : lane->chain_tail);
}

void CollectorCore::fork(const SensorId& id, Sensor& sensor, LaneKey key) {
  counters_.forks += 1;
  refuse("fork");
  alarm(id, "forked", "the sensor's history differs from what is stored, epoch " + hex64(key.epoch));
  send_error(sensor.peer, sensor.session, WireError::fork, "another history is stored");
  end(id, sensor, "fork");
}

void CollectorCore::queue(const SensorId& id, Sensor& sensor, Lane& lane, ingest_event::Received& event, RecordRun run,
                          const Chain& at_tail) {
  const FrameHeader& header = event.message.header;
  const LaneKey key{.epoch = header.epoch, .lane = header.lane};
  // Trim: only what lies above the tail is entered, of records and of the numbers of notes.
  std::uint64_t first = lane.tail + 1;
  if (HD_BROKEN(options_, no_trim) && run.records.front().header.kind == RecordKind::shed) first = header.first;
  counters_.duplicates_trimmed += first - header.first;
  std::erase_if(run.records, [first](const RecordView& record) { return record.header.last < first; });
  IngestBatch batch{.sensor = id, .lane = key, .first = first, .last = header.last, .before = at_tail,
                    .after = run.chain, .head = lane.head, .owner_token = sensor.token, .received = now_.wall,
                    .clock_offset = sensor.clock_offset, .clock_error = sensor.clock_error};
  Queued queued{.sensor = id, .lane = key, .first = first, .last = header.last, .after = run.chain,
                .bytes = event.message.payload.size(), .session = sensor.session};
  for (const RecordView& record : run.records) {
    const std::uint64_t from = std::max(record.header.number, first);
    (record.header.kind == RecordKind::shed ? queued.shed : queued.items) += record.header.last - from + 1;
  }
  // The records point into the payload, whose bytes stay where they are when the vector moves.
  batch.records = std::move(run.records);
  batch.payload = std::make_shared<Payload>(std::move(event.message.payload));
  batch.is_zstd = (header.flags & kFlagZstd) != 0;
  batch.block = batch.is_zstd ? std::make_shared<Payload>(std::move(event.block)) : batch.payload;
  lane.tail = header.last;
  lane.chain_tail = run.chain;
  sensor.held += queued.bytes;
  held_total_ += queued.bytes;
  const std::uint64_t ticket = next_ticket_++;
  queued_[ticket] = queued;
  if (HD_BROKEN(options_, ack_early)) {
    lane.cursor = lane.tail;
    lane.chain = lane.chain_tail;
    sensor.to_ack.insert(key);
  }
  act(ingest_action::Commit{.ticket = ticket, .batch = std::move(batch)});
}

void CollectorCore::on(ingest_event::Committed& event) {
  for (const auto& result : event.results) committed(result);
}

void CollectorCore::release(Sensor& sensor, const Queued& queued) {
  held_total_ -= queued.bytes;
  if (queued.session == sensor.session) sensor.held -= std::min(sensor.held, queued.bytes);
}

void CollectorCore::committed(const ingest_event::Committed::One& result) {
  const auto found = queued_.find(result.ticket);
  if (found == queued_.end()) return;
  const Queued queued = found->second;
  queued_.erase(found);
  Sensor& sensor = sensors_[queued.sensor];
  release(sensor, queued);
  Lane& lane = sensor.lanes[queued.lane];
  if (result.is_stored) {
    counters_.stored_items += queued.items;
    counters_.shed_items += queued.shed;
    if (queued.last <= lane.cursor) return;  // known already from a session that read the store anew
    lane.cursor = queued.last;
    lane.chain = queued.after;
    if (lane.tail < lane.cursor) {
      lane.tail = lane.cursor;
      lane.chain_tail = lane.chain;
    }
    sensor.to_ack.insert(queued.lane);
    return;
  }
  if (result.lease_lost) {
    if (sensor.session != 0) send(sensor.peer, sensor.session, FrameType::bye, encode_bye(ByeReason::lease_lost));
    return end(queued.sensor, sensor, "lease_lost");
  }
  // Someone else moved the cursor: begin anew from what is stored.
  if (result.actual.cursor > lane.cursor) {
    lane.cursor = result.actual.cursor;
    lane.chain = result.actual.chain;
  }
  lane.tail = lane.cursor;
  lane.chain_tail = lane.chain;
  sensor.to_ack.insert(queued.lane);
  if (sensor.session != 0 && lane.cursor < queued.last && sensor.resumed.insert(queued.lane).second) {
    send(sensor.peer, sensor.session, FrameType::resume, encode(ResumeBody{.lane = queued.lane, .cursor = lane.cursor}));
  }
}

}  // namespace hd
