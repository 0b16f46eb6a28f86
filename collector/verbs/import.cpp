// SPDX-License-Identifier: Apache-2.0
// import eve: lines of an EVE file into the store, for archives and for sensors without a link. Exactly once by line number:
// the same file again goes on where it stopped.
#include "collector/verbs/command.hpp"
#include "sensor/base/crypto.hpp"
#include "sensor/base/file.hpp"

namespace hd {
namespace {

constexpr std::size_t kBatch = 2000;
constexpr const char* kExamples = "  haidang-collector import eve alerts.json --sensor tram-bac-01";

/// A name is an identity: imports of one name are one stream of numbers.
Id16 id_of(const std::string& name) {
  const Digest256 digest = sha256(as_bytes("import:" + name));
  Id16 id{};
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

class Import {
 public:
  Import(Store& store, Clock& clock, std::string sensor) : store_(store), clock_(clock), name_(std::move(sensor)), id_(id_of(name_)) {}

  Result<void> begin(const std::string& path) {
    // The epoch names the file, so that two files of one sensor do not share numbers.
    const Digest256 digest = sha256(as_bytes(path));
    epoch_ = load_le64(digest.data()) >> 1;
    bool is_known = false;
    auto sensors = store_.sensors();
    if (!sensors) return fail(std::move(sensors.error()));
    for (const SensorRow& row : *sensors) is_known |= row.id == id_;
    if (!is_known) {
      if (auto done = store_.put_sensor({.id = id_, .name = name_, .state = "accepted", .software = "import", .created = clock_.wall()}); !done) return done;
    }
    auto token = store_.take_sensor(id_);
    if (!token) return fail(std::move(token.error()));
    token_ = *token;
    auto lanes = store_.lanes(id_);
    if (!lanes) return fail(std::move(lanes.error()));
    for (const StoredLane& lane : *lanes) {
      if (lane.epoch == epoch_ && lane.lane == kLane) cursor_ = lane.cursor;
    }
    return {};
  }

  Result<void> line(std::string_view text) {
    ++number_;
    if (number_ <= cursor_) return {};
    auto alert = decode_alert(text);
    StoredRecord record{.kind = alert ? StoredKind::alert : StoredKind::protocol, .number = number_, .last = number_, .body = text};
    if (alert) {
      record.severity = alert->severity;
      record.packet_time = alert->packet_time;
      ++alerts_;
    }
    records_.push_back(std::move(record));
    return records_.size() < kBatch ? Result<void>{} : flush();
  }

  Result<void> flush() {
    if (records_.empty()) return {};
    CommitBatch batch{.sensor = id_, .epoch = epoch_, .lane = kLane, .first = records_.front().number, .last = records_.back().number, .head = records_.back().number, .owner_token = token_,
                      .received = clock_.wall(), .clock_error = 0, .records = std::move(records_)};
    records_.clear();
    const CommitAnswer answer = store_.commit({batch});
    if (answer.status != CommitStatus::committed) return fail(ErrorCode::E7001, "the store did not take the lines: " + answer.text);
    return {};
  }
  [[nodiscard]] std::uint64_t alerts() const { return alerts_; }
  [[nodiscard]] std::uint64_t known() const { return std::min(cursor_, number_); }

 private:
  static constexpr std::uint8_t kLane = 1;
  Store& store_;
  Clock& clock_;
  std::string name_;
  Id16 id_;
  std::uint64_t epoch_ = 0, token_ = 0, cursor_ = 0, number_ = 0, alerts_ = 0;
  std::vector<StoredRecord> records_ = {};
};

CollectorExit import_eve(const CollectorCommand& command, const std::string& path, const std::string& sensor) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  auto text = read_file(path, std::size_t{4} << 30);
  if (!text) return command.fail_with({.code = ErrorCode::E5001, .what = text.error().what});
  Import import(**store, clock, sensor);
  if (auto done = import.begin(path); !done) return command.fail_with(done.error());
  std::size_t begin = 0;
  while (begin < text->size()) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    if (end > begin) {
      if (auto done = import.line(std::string_view(*text).substr(begin, end - begin)); !done) return command.fail_with(done.error());
    }
    begin = end + 1;
  }
  if (auto done = import.flush(); !done) return command.fail_with(done.error());
  auto incidents = (*store)->incidents(true, 1000);
  say("imported " + std::to_string(import.alerts()) + " alerts (" + std::to_string(import.known()) + " lines were there before); " + std::to_string(incidents ? incidents->size() : 0) + " incidents are open\n");
  return CollectorExit::good;
}

}  // namespace

void add_import(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "import", "alerts from a file", kExamples);
  verb.require_subcommand(1);
  CLI::App* eve = verb.add_subcommand("eve", "an EVE JSON file, of this sensor or of any that writes it");
  eve->fallthrough();
  auto path = std::make_shared<std::string>();
  auto sensor = std::make_shared<std::string>("import");
  eve->add_option("file", *path, "EVE JSON lines")->required()->type_name("FILE");
  eve->add_option("--sensor", *sensor, "name of the sensor that they came from")->capture_default_str();
  eve->callback([&command, path, sensor] { command.chosen = [&command, path, sensor] { return import_eve(command, *path, *sensor); }; });
}

}  // namespace hd
