// SPDX-License-Identifier: Apache-2.0
#include "tests/cases/replay.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <map>

#include "sensor/base/file.hpp"
#include "sensor/base/text.hpp"
#include "sensor/eve/alert.hpp"
#include "sensor/lang/address_text.hpp"
#include "sensor/registry/tables.hpp"

namespace hd::cases {
namespace {

constexpr EngineSizes kSizes = {.flows = 1024, .stream_memory = 8u << 20, .app_memory = 32u << 20};

/// Keeps the alerts, but those on packets that only a shape put there.
class Keeper final : public AlertSink {
 public:
  void use(std::shared_ptr<const Ruleset> rules) { rules_ = std::move(rules); }
  bool raise(const AlertRecord& record, Bytes tail) noexcept override {
    if (is_outer(record.source)) return true;
    Seen seen{.sid = rules_->heads[record.rule].sid,
              .direction = record.direction,
              .has_tx = record.has_tx,
              .tx = record.has_tx ? record.tx_id : 0,
              .packet = record.packet_number};
    render_alert(record, tail, *rules_, EveOptions{.has_packet_number = true, .has_packet = true}, seen.eve);
    alerts_.push_back(std::move(seen));
    return true;
  }
  [[nodiscard]] std::vector<Seen> take() { return std::move(alerts_); }

 private:
  static bool is_outer(const Address& address) { return address == tunnel_source(); }
  static Address tunnel_source() { return parse_address(kTunnelSource).value_or(Address{}); }
  std::shared_ptr<const Ruleset> rules_ = {};
  std::vector<Seen> alerts_ = {};
};

std::string mapped_rules(const std::string& rules) {
  std::string out;
  for (const std::string_view line : split(rules, '\n')) {
    const std::size_t body = std::min(line.find('('), line.size());
    out += mapped_addresses(line.substr(0, body)) + std::string(line.substr(body)) + "\n";
  }
  return out;
}

Variables mapped_variables(const Variables& from) {
  Variables to = from;
  for (const auto& [name, text] : from.addresses()) to.set_address(name, mapped_addresses(text));
  return to;
}

/// Settings as YAML: maps within maps from the dotted names, each map once.
std::string settings_text(const Case& which) {
  std::map<std::string, std::string> sorted(which.settings.begin(), which.settings.end());
  std::vector<std::string_view> before;
  std::string text;
  for (const auto& [name, value] : sorted) {
    const std::vector<std::string_view> parts = split(name, '.');
    bool is_shared = true;
    for (std::size_t depth = 0; depth < parts.size(); ++depth) {
      const bool is_last = depth + 1 == parts.size();
      is_shared = is_shared && !is_last && depth < before.size() && before[depth] == parts[depth];
      if (!is_shared) text += std::string(2 * depth, ' ') + std::string(parts[depth]) + ":" + (is_last ? " " + value : "") + "\n";
    }
    before = parts;
  }
  return text;
}

std::vector<RawPacket> raw_packets(const std::vector<Frame>& frames) {
  std::vector<RawPacket> packets;
  std::uint32_t number = 0;
  for (const Frame& frame : frames) {
    const auto length = static_cast<std::uint32_t>(frame.packet.bytes.size());
    packets.push_back({.data = frame.packet.bytes.data(), .time = frame.packet.time, .caplen = length, .wirelen = length, .number = ++number});
  }
  return packets;
}

std::string write_capture(const std::vector<Frame>& frames, Feed feed, const std::string& folder) {
  std::vector<test::TimedPacket> packets;
  for (const Frame& frame : frames) packets.push_back(frame.packet);
  const std::string path = folder + "/case.pcap";
  Packet bytes;
  if (feed == Feed::pcapng) {
    bytes = test::ng_section();
    test::put(bytes, test::ng_interface(link_type::ethernet));
    for (const auto& packet : packets) test::put(bytes, test::ng_packet(0, static_cast<std::uint64_t>(packet.time.ns / 1000), packet.bytes));
  } else {
    bytes = test::pcap_bytes(packets, {.order = feed == Feed::pcap_big_endian ? test::ByteOrder::big : test::ByteOrder::little, .is_nano = feed == Feed::pcap_nano});
  }
  return test::write_bytes(path, bytes) ? path : std::string();
}

/// One worker, its alerts, and the feeding of both.
class Bench {
 public:
  Bench(const LoadedCase& loaded, std::size_t workers) : loaded_(loaded), shared_(1u << 10, HashKey{}) {
    keeper_.use(loaded.engine.rules);
    for (const auto& set : loaded.engine.rules->datasets) set->forget();
    for (std::size_t i = 0; i < workers; ++i) {
      workers_.push_back(std::make_unique<Worker>(loaded.worker, registry::k_protocol_tables, shared_, keeper_));
      if (auto used = workers_.back()->use(loaded.engine.rules); !used) outcome_.broken = to_text(used.error());
    }
  }

  void feed(const std::vector<Frame>& frames, const Shape& shape, const std::string& folder) {
    if (shape.feed >= Feed::pcap_nano) return feed_file(write_capture(frames, shape.feed, folder));
    const std::vector<RawPacket> packets = raw_packets(frames);
    const std::size_t size = shape.feed == Feed::batch_of_one || shape.feed == Feed::two_workers ? 1 : RawBatch::kMax;
    RawBatch batch;
    for (std::size_t at = 0; at < packets.size();) {
      const std::size_t before = at;
      batch.count = 0;
      while (at < packets.size() && batch.count < size && !(shape.feed == Feed::reload && at == packets.size() / 2 && at != before)) {
        batch.packets[batch.count++] = packets[at++];
      }
      workers_[frames[before].conversation % workers_.size()]->take(batch);
      if (shape.feed == Feed::reload && at == packets.size() / 2) {
        keeper_.use(loaded_.reloaded);
        if (auto used = workers_[0]->use(loaded_.reloaded); !used) outcome_.broken = to_text(used.error());
      }
    }
  }

  Outcome finish(std::size_t frames) {
    std::vector<TapMeters> meters;
    std::uint64_t packets = 0;
    for (auto& worker : workers_) {
      worker->finish();
      const WorkerCounters& counters = worker->counters();
      packets += counters.packets;
      if (counters.packets != counters.inspected + counters.shunted) {
        outcome_.broken = "the ledger does not sum: " + std::to_string(counters.packets) + " packets, " + std::to_string(counters.inspected) +
                          " inspected, " + std::to_string(counters.shunted) + " shunted";
      }
      meters.push_back({.worker = counters, .decode = worker->decode_counters(), .defrag = worker->defrag_counters(), .flow = worker->flow_counters(),
                        .stream = worker->stream_counters(), .app = worker->app_counters(), .detect = worker->detect_counters()});
    }
    if (packets != frames && outcome_.broken.empty()) {
      outcome_.broken = std::to_string(frames) + " packets were given, " + std::to_string(packets) + " are in the ledger";
    }
    outcome_.counters = counters_of(meters);
    outcome_.alerts = keeper_.take();
    return std::move(outcome_);
  }

 private:
  void feed_file(const std::string& path) {
    auto source = open_capture_file(path);
    if (!source) {
      outcome_.broken = to_text(source.error());
      return;
    }
    RawBatch batch;
    while ((*source)->next_batch(batch, 0) == SourceState::packets) workers_[0]->take(batch);
  }

  const LoadedCase& loaded_;
  StateTable shared_;
  Keeper keeper_ = {};
  std::vector<std::unique_ptr<Worker>> workers_ = {};
  Outcome outcome_ = {};
};

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "haidang-case-XXXXXX").string();
  if (::mkdtemp(path.data()) != nullptr) path_ = path;
}
TemporaryFolder::~TemporaryFolder() { (void)remove_tree(path_); }

Result<LoadedCase> load_case(const Case& which, bool is_ip6, const std::string& folder) {
  const auto write = [&folder](const std::string& name, std::string_view text) { return test::write_bytes(folder + "/" + name, as_bytes(text)); };
  bool is_written = write("case.rules", is_ip6 ? mapped_rules(which.rules) : which.rules);
  const std::string settings = settings_text(which);
  is_written = is_written && write("settings.yaml", settings);
  for (const auto& [name, text] : which.files) is_written = is_written && name.find('/') == std::string::npos && write(name, text);
  if (!is_written) return fail(ErrorCode::E4001, "the files of the case cannot be written to " + folder);
  ConfigErrors errors;
  EngineSettings read = read_replay_settings(settings.empty() ? "" : folder + "/settings.yaml", errors);
  if (!errors.empty()) return fail(std::move(errors.front()));
  for (const auto& [name, value] : which.variables) read.variables.set(name, value);
  if (is_ip6) read.variables = mapped_variables(read.variables);
  LoadedCase loaded;
  auto worker = worker_options(read, kSizes, HashKey{});
  if (!worker) return fail(std::move(worker.error()));
  loaded.worker = std::move(*worker);
  auto engine = load_engine({.files = {folder + "/case.rules"}}, read, NameTable{}, 1);
  if (!engine) return fail(std::move(engine.error()));
  auto again = load_engine({.files = {folder + "/case.rules"}}, read, engine->names, 2);
  if (!again) return fail(std::move(again.error()));
  loaded.reloaded = std::move(again->rules);
  loaded.engine = std::move(*engine);
  return loaded;
}

Outcome replay_case(const LoadedCase& loaded, const std::vector<Frame>& frames, const Shape& shape, const std::string& folder) {
  Bench bench(loaded, shape.feed == Feed::two_workers ? 2 : 1);
  bench.feed(frames, shape, folder);
  return bench.finish(frames.size());
}

}  // namespace hd::cases
