// SPDX-License-Identifier: Apache-2.0
// Entry and end of one packet's inspection, instantiated in detector.cpp and why.cpp only.
#pragma once

#include "sensor/detect/run_transaction.hpp"

namespace hd {

template <class Trace>
InspectRun<Trace>::InspectRun(Detector& detector, const PacketInput& in, Trace& trace) noexcept
    : d_(detector),
      in_(in),
      rules_(*detector.rules_),
      trace_(trace),
      at_{.packet = in.view, .decode_events = in.decode_events},
      ctx_{.rules = rules_, .regex = detector.regex_scratch_, .scratch = detector.scratch_} {
  at_.now = in.now;
  at_.direction = in.flow == nullptr ? Direction::to_server : in.view.direction;
  at_.flow = in.flow;
  at_.tcp = in.tcp;
  at_.stream_events = in.stream_events;
  at_.vars = in.flow == nullptr ? nullptr : detector.flows_.vars(*in.flow);
  at_.app = in.app;
  at_.protocol = in.app == nullptr ? nullptr : in.app->spec;
  at_.recognised_now = in.recognised_now;
  at_.is_flow_end = in.is_flow_end;
  at_.is_established = in.is_established;
  at_.variables = &ctx_.variables;
  at_.scratch = &detector.scratch_;
  ctx_.at = &at_;
  const bool has_ip = in.view.is_ip4() || in.view.is_ip6();
  if (!has_ip || in.view.has(packet_flag::invalid)) group_ = PacketGroup::no_ip;
  else if (in.view.protocol == ip_protocol::tcp) group_ = PacketGroup::tcp;
  else if (in.view.protocol == ip_protocol::udp) group_ = PacketGroup::udp;
  else if (in.view.protocol == ip_protocol::icmp || in.view.protocol == ip_protocol::icmp6) group_ = PacketGroup::icmp;
}

template <class Trace>
void InspectRun<Trace>::run() noexcept {
  if (!in_.is_window_only) ++d_.counters_.packets;
  d_.queued_ = 0;
  ++d_.buffer_stamp_;
  if (!in_.is_window_only) address_only_rules();
  gather_packet_candidates();
  if (!d_.candidates_.empty()) packet_rules();
  if (!in_.is_window_only) transactions();
  if (d_.queued_ > 0) finish();
  d_.counters_.confirm_limit += ctx_.limit_hits;
  d_.scratch_.reset();
}

// Order, passes, thresholds, the limit for one packet (detection.md 20.10 to 20.13).
template <class Trace>
void InspectRun<Trace>::finish() noexcept {
  auto* begin = d_.queue_.data();
  auto* end = begin + d_.queued_;
  std::sort(begin, end, [](const auto& a, const auto& b) { return a.rule != b.rule ? a.rule < b.rule : a.tx_id > b.tx_id; });
  unsigned raised = 0;
  for (auto* one = begin; one != end; ++one) {
    const RuleHead& head = rules_.heads[one->rule];
    const bool is_flow_wide = head.kind != RuleKind::packet || one->is_stream_match || head.app_protocol != AppProtocol::unknown;
    if (head.action == Action::pass) {
      if (is_flow_wide && in_.flow != nullptr) in_.flow->set(flow_flag::pass);
      break;
    }
    Action action = head.action;
    bool is_silent = (head.flags & rule_flag::noalert) != 0 || head.action == Action::config;
    for (std::uint32_t i = 0; i < head.thresholds && !is_silent; ++i) {
      const Threshold& threshold = rules_.thresholds[head.first_threshold + i];
      const std::uint64_t key = std::uint64_t{head.gid} << 32 | head.sid;
      const Verdict verdict = d_.shared_.count(threshold, key, in_.view, in_.flow_id, at_.now);
      if (verdict == Verdict::silent) {
        is_silent = true;
        ++d_.counters_.suppressed;
      } else if (verdict == Verdict::new_action) {
        action = threshold.new_action;
      }
    }
    // What an inline engine would block ends here as well: the rest of such a flow says nothing new (a rate filter may
    // have changed the action; a pass of its making takes the alert back).
    const bool ends_flow = action == Action::drop || action == Action::reject || action == Action::pass;
    if (ends_flow && is_flow_wide && in_.flow != nullptr) in_.flow->set(flow_flag::pass);
    if (action == Action::pass) is_silent = true;
    if ((head.flags & rule_flag::bypass) != 0 && in_.flow != nullptr) in_.flow->set(flow_flag::pass);
    if (is_silent) continue;
    if (raised == d_.options_.packet_alert_max) {
      ++d_.counters_.alert_limit;
      continue;
    }
    ++raised;
    d_.raise(in_, *one);
  }
}

template <class Trace>
void Detector::inspect_with(const PacketInput& in, Trace& trace) noexcept {
  InspectRun<Trace> run(*this, in, trace);
  run.run();
}

}  // namespace hd
