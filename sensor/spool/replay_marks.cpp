// SPDX-License-Identifier: Apache-2.0
#include "sensor/spool/replay_marks.hpp"

#include "sensor/base/file.hpp"
#include "sensor/base/json.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

// The machine's clock may have been set back since the replay began.
constexpr Nanos kClockSlack = 24 * 3600 * kSecond;

std::string path_of(const std::string& folder) { return folder + "/replay"; }

}  // namespace

std::optional<ReplayState> load_replay(const std::string& folder) {
  const auto text = read_file(path_of(folder), 65536);
  if (!text) return std::nullopt;
  const auto document = JsonDocument::parse(*text);
  if (!document) return std::nullopt;
  ReplayState state{.identity = std::string(document->get("identity").as_string()),
                    .run = static_cast<std::uint32_t>(document->get("run").as_uint() & UINT32_MAX),
                    .started = {document->get("started").as_int()}};
  if (state.run == 0) return std::nullopt;
  return state;
}

Result<void> save_replay(const std::string& folder, const ReplayState& state) {
  std::string json;
  JsonWriter(json).begin_object().field("identity", state.identity).field("run", state.run).field("started", state.started.ns).end_object();
  return write_file_atomic(path_of(folder), json + "\n", 0640);
}

Result<void> finish_replay(const std::string& folder) { return remove_tree(path_of(folder)); }

ReplayMarks::ReplayMarks(SegmentStore& store, const ReplayState& state, std::size_t workers) {
  for (std::uint8_t lane = 1; lane < kLaneCount; ++lane) {
    for (const std::uint64_t epoch : store.epochs()) {
      std::map<std::uint16_t, Mark> found;
      store.walk_back(
          {.epoch = epoch, .lane = lane},
          [&](const RecordView& record) {
            const RecordHeader& header = record.header;
            if (header.run != state.run || header.kind == RecordKind::shed) return;
            Mark& mark = found[header.worker];
            if (header.replay_cursor > mark.cursor) mark = {.cursor = header.replay_cursor, .is_complete = mark.count > 0};
            if (header.replay_cursor == mark.cursor) ++mark.count;
            else mark.is_complete = true;
          },
          [&](const SegmentHeader& header) {
            bool is_whole = found.size() >= workers;
            for (const auto& [worker, mark] : found) is_whole = is_whole && mark.is_complete;
            return !is_whole && header.created + kClockSlack >= state.started;
          });
      for (const auto& [worker, mark] : found) {
        Mark& known = marks_[{lane, worker}];
        if (mark.cursor > known.cursor) known = mark;
        else if (mark.cursor == known.cursor) known.count += mark.count;  // its items lie in two epochs
      }
    }
  }
}

bool ReplayMarks::take(std::uint8_t lane, std::uint16_t worker, std::uint64_t cursor) {
  const auto found = marks_.find({lane, worker});
  if (found == marks_.end() || cursor > found->second.cursor) return false;
  if (cursor < found->second.cursor) return true;
  if (found->second.count == 0) return false;
  --found->second.count;
  return true;
}

}  // namespace hd
