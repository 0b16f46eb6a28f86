// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_store.hpp"

#include <algorithm>
#include <charconv>

namespace hd::sim {
namespace {

constexpr Nanos kLease = 3 * kSecond;

std::string where(const LaneKey& key, std::uint64_t number) {
  return "epoch " + hex64(key.epoch) + " lane " + std::to_string(key.lane) + " number " + std::to_string(number);
}

}  // namespace

std::uint64_t identity_of(Bytes body) {
  constexpr std::string_view kStart = "{\"id\":";
  const std::string_view text = as_chars(body);
  std::uint64_t id = 0;
  if (text.starts_with(kStart)) std::from_chars(text.data() + kStart.size(), text.data() + text.size(), id);
  return id;
}

bool SimStore::chance(double probability) {
  return probability > 0 && static_cast<double>(random_.below(1'000'000)) < probability * 1e6;
}

std::optional<SensorSession> SimStore::open_session(const SensorId& sensor) {
  if (chance(faults.io_error)) return std::nullopt;
  SensorSession session;
  if (!faults.no_cas && contents_.holder != 0 && contents_.holder != holder_ && now < contents_.lease_until) return session;
  contents_.holder = holder_;
  contents_.lease_until = now + kLease;
  session.is_ok = true;
  session.token = ++contents_.token;
  for (const auto& [key, lane] : contents_.lanes) {
    if (key.first != sensor) continue;
    session.lanes.push_back({.lane = key.second, .cursor = lane.cursor, .chain = lane.chain, .head_seen = lane.head,
                             .is_closed = lane.is_closed});
  }
  return session;
}

void SimStore::close_session(const SensorId&, std::uint64_t token) {
  if (contents_.holder == holder_ && contents_.token == token) contents_.holder = 0;
}

void SimStore::enter(const IngestBatch& batch, bool moves_cursor) {
  StoreContents::Lane& lane = contents_.lanes[{batch.sensor, batch.lane}];
  const auto complain = [&](std::string what, std::uint64_t number) {
    violations.push_back(std::move(what) + " at " + where(batch.lane, number));
  };
  Chain chain = batch.before;
  for (const RecordView& record : batch.records) {
    chain = chain_after(chain, record);
    const std::uint64_t first = std::max(record.header.number, batch.first);
    const std::uint64_t last = record.header.last;
    for (std::uint64_t number = first; number <= last; ++number) {
      const auto note = lane.shed.upper_bound(number);
      const bool is_shed = note != lane.shed.begin() && std::prev(note)->second >= number;
      if (lane.items.contains(number) || is_shed) complain("A1: entered twice", number);
    }
    if (record.header.kind == RecordKind::shed) {
      ShedNote shed;
      HD_ASSERT(decode_shed(record.body, &shed));
      lane.shed[first] = last;
      lane.reasons[first] = shed.reason;
    } else {
      const std::uint64_t id = identity_of(record.body);
      lane.items[first] = id;
      if (id != 0 && ++contents_.identities[id] > 1) complain("A1: alert " + std::to_string(id) + " stored twice", first);
    }
    lane.chains[last] = chain;
  }
  if (!moves_cursor) return;
  if (batch.first != lane.cursor + 1 && !faults.no_cas) complain("A3: cursor jumps", batch.first);
  lane.cursor = batch.last;
  lane.chain = batch.after;
  lane.head = std::max({lane.head, batch.head, batch.last});
  lane.is_closed = lane.is_closed || batch.closes_lane;
}

CommitResult SimStore::commit(const std::vector<const IngestBatch*>& batches) {
  if (chance(faults.full)) return {.outcome = CommitOutcome::full};
  if (chance(faults.io_error)) return {.outcome = CommitOutcome::io_error};
  std::map<std::pair<SensorId, LaneKey>, std::uint64_t> cursors;
  for (std::size_t n = 0; n < batches.size() && !faults.no_cas; ++n) {
    const IngestBatch& batch = *batches[n];
    const StoreContents::Lane& lane = contents_.lanes[{batch.sensor, batch.lane}];
    const auto [at, is_new] = cursors.try_emplace({batch.sensor, batch.lane}, lane.cursor);
    if (contents_.token != batch.owner_token) return {.outcome = CommitOutcome::cursor_moved, .batch = n, .lease_lost = true};
    if (at->second + 1 != batch.first) {
      return {.outcome = CommitOutcome::cursor_moved, .batch = n,
              .actual = {.lane = batch.lane, .cursor = lane.cursor, .chain = lane.chain}};
    }
    at->second = batch.last;
  }
  contents_.lease_until = now + kLease;
  const bool is_unknown = chance(faults.unknown);
  if (is_unknown && random_.below(2) == 0) return {.outcome = CommitOutcome::unknown};
  if (faults.two_commits && random_.below(20) == 0) {
    for (const IngestBatch* batch : batches) enter(*batch, false);
    crash_wanted = true;
    return {.outcome = CommitOutcome::io_error};
  }
  for (const IngestBatch* batch : batches) enter(*batch, true);
  return {.outcome = is_unknown ? CommitOutcome::unknown : CommitOutcome::committed};
}

std::optional<std::vector<LaneCursor>> SimStore::cursors(const SensorId& sensor) {
  if (chance(faults.io_error)) return std::nullopt;
  std::vector<LaneCursor> all;
  for (const auto& [key, lane] : contents_.lanes) {
    if (key.first == sensor) all.push_back({.lane = key.second, .cursor = lane.cursor, .chain = lane.chain});
  }
  return all;
}

ChainPoint SimStore::chain_at(const SensorId& sensor, LaneKey key, std::uint64_t number) {
  const auto lane = contents_.lanes.find({sensor, key});
  if (lane == contents_.lanes.end()) return {};
  const auto after = lane->second.chains.upper_bound(number);
  if (after == lane->second.chains.begin()) return {};
  return {.number = std::prev(after)->first, .chain = std::prev(after)->second};
}

void SimStore::observe_heads(const SensorId& sensor, const std::vector<LaneHead>& heads, bool are_final) {
  for (const LaneHead& at : heads) {
    StoreContents::Lane& lane = contents_.lanes[{sensor, at.lane}];
    lane.head = are_final ? std::max(at.head, lane.cursor) : std::max(at.head, lane.head);
  }
}

std::vector<std::string> check_contents(const StoreContents& contents) {
  std::vector<std::string> wrong;
  for (const auto& [key, lane] : contents.lanes) {
    std::uint64_t next = 1;
    auto item = lane.items.begin();
    auto shed = lane.shed.begin();
    while (item != lane.items.end() || shed != lane.shed.end()) {
      const bool is_item = shed == lane.shed.end() || (item != lane.items.end() && item->first < shed->first);
      const std::uint64_t first = is_item ? item->first : shed->first;
      if (first != next) wrong.push_back("A3: hole or overlap at " + where(key.second, next));
      next = (is_item ? first : shed->second) + 1;
      if (is_item) ++item;
      else ++shed;
    }
    if (next != lane.cursor + 1) wrong.push_back("A3: cursor is not the last entry at " + where(key.second, lane.cursor));
  }
  return wrong;
}

}  // namespace hd::sim
