// SPDX-License-Identifier: Apache-2.0
#include "sensor/detect/detector.hpp"

#include "sensor/detect/detector_impl.hpp"

namespace hd {
namespace {

constexpr std::size_t kScratchBytes = std::size_t{64} << 20;
constexpr std::size_t kRecordBytes = std::size_t{48} << 10;
constexpr std::size_t kPacketBytes = std::size_t{64} << 10;

}  // namespace

Detector::Detector(const DetectOptions& options, StateTable& shared, FlowTable& flows, AlertSink& sink)
    : options_(options),
      shared_(shared),
      flows_(flows),
      sink_(sink),
      rules_(std::make_shared<Ruleset>()),
      scratch_pool_(kScratchBytes),
      scratch_(scratch_pool_, kScratchBytes / 2),
      tail_(kRecordBytes + options.payload_max + (options.copy_packet ? kPacketBytes : 0)) {}

Result<void> Detector::use(std::shared_ptr<const Ruleset> rules) {
  const auto fit = [&](const std::shared_ptr<const LiteralDatabase>& database) -> Result<void> {
    if (database == nullptr) return {};
    return literal_scratch_.fit(*database);
  };
  for (const auto& by_direction : rules->payload) {
    for (const PayloadGroup& group : by_direction) {
      for (const auto* database : {&group.packet.literals, &group.packet.early, &group.stream.literals, &group.stream.early}) {
        if (auto done = fit(*database); !done) return done;
      }
    }
  }
  for (const BufferGroup& group : rules->buffer_groups) {
    if (auto done = fit(group.literals); !done) return done;
  }
  candidates_.clear();
  candidates_.reserve(rules->size());
  seen_.assign(rules->size(), 0);
  seen_stamp_ = 0;
  rules_ = std::move(rules);
  return {};
}

void Detector::inspect(const PacketInput& in) noexcept {
  NoTrace trace;
  inspect_with(in, trace);
}

void Detector::raise(const PacketInput& in, const Queued& alert) noexcept {
  const PacketView& view = in.view;
  AlertRecord record{
      .wseq = ++wseq_,
      .time = view.time,
      .flow_id = in.flow_id,
      .tx_id = alert.tx_id,
      .ruleset_version = rules_->version,
      .source = source_address(view),
      .target = target_address(view),
      .rule = alert.rule,
      .packet_number = in.is_flow_end ? 0 : view.number,
      .source_port = view.source_port(),
      .target_port = view.target_port(),
      .vlan = view.vlan,
      .vlan_count = view.vlan_count,
      .protocol = view.protocol,
      .ip_version = static_cast<std::uint8_t>(view.is_ip6() ? 6 : 4),
      .direction = view.direction,
      .tunnel = view.tunnel,
      .tunnel_depth = view.depth,
      .worker = options_.worker,
      .has_flow = in.flow != nullptr,
      .has_tx = alert.tx != nullptr,
      .has_ports = view.protocol == ip_protocol::tcp || view.protocol == ip_protocol::udp || view.protocol == ip_protocol::sctp,
      .is_stream_match = alert.is_stream_match,
      .is_pseudo = in.is_flow_end,
  };
  if (view.protocol == ip_protocol::icmp || view.protocol == ip_protocol::icmp6) {
    if (view.has(packet_flag::l4)) record.icmp_type_code = load_be16(view.transport());
  }
  if (in.outer != nullptr) {
    record.tunnel_source = source_address(*in.outer);
    record.tunnel_target = target_address(*in.outer);
  }
  if (in.flow != nullptr) {
    record.flow_start = in.flow->start;
    record.flow_bytes = in.flow->bytes;
    record.flow_packets = in.flow->packets;
    in.flow->set(flow_flag::alerted);
  }
  if (in.app != nullptr) record.app_protocol = in.app->protocol;
  std::size_t used = 0;
  if (alert.tx != nullptr && in.app->spec->record != nullptr) {
    RecordSink sink({tail_.data(), kRecordBytes});
    sink.begin_object(in.app->spec->record_key);
    in.app->spec->record(*alert.tx, sink);
    sink.end_object();
    used = sink.used();
    record.tail.app = static_cast<std::uint32_t>(used);
  }
  const auto append = [&](Bytes bytes, std::size_t most) {
    const std::size_t length = std::min({bytes.size(), most, tail_.size() - used});
    if (length > 0) std::memcpy(tail_.data() + used, bytes.data(), length);
    used += length;
    return static_cast<std::uint32_t>(length);
  };
  if (options_.payload_max > 0) record.tail.payload = append(alert.is_stream_match ? in.window : view.payload_bytes(), options_.payload_max);
  if (options_.copy_packet && !in.is_flow_end) record.tail.packet = append({view.data, view.caplen}, kPacketBytes);
  ++counters_.alerts;
  if (!sink_.raise(record, {tail_.data(), used})) ++counters_.lost;
}

}  // namespace hd
