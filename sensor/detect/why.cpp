// SPDX-License-Identifier: Apache-2.0
#include "sensor/detect/why.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "sensor/app/protocol_id.hpp"
#include "sensor/detect/detector_impl.hpp"

namespace hd {
namespace {

// Options of a rule's text: parted by `;` outside of quotes, escapes respected; the header left out.
std::vector<std::string> split_options(const std::string& text) {
  std::vector<std::string> options;
  std::size_t at = text.find('(');
  if (at == std::string::npos) return options;
  std::string one;
  bool is_quoted = false;
  for (++at; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && at + 1 < text.size()) {
      one += c;
      one += text[++at];
      continue;
    }
    if (c == '"') is_quoted = !is_quoted;
    if (c == ';' && !is_quoted) {
      const std::size_t begin = one.find_first_not_of(" \t");
      options.push_back(begin == std::string::npos ? std::string() : one.substr(begin));
      one.clear();
      continue;
    }
    one += c;
  }
  return options;
}

std::string escaped(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const std::uint8_t byte : bytes) {
    if (byte == '\r') out += "\\r";
    else if (byte == '\n') out += "\\n";
    else if (byte == '"' || byte == '\\') (out += '\\') += static_cast<char>(byte);
    else if (byte >= 0x20 && byte < 0x7f) out += static_cast<char>(byte);
    else ((out += "\\x") += kDigits[byte >> 4]) += kDigits[byte & 15];
  }
  return out + "\"";
}

// What was looked at, around the place that counts.
std::string excerpt(Bytes buffer, std::size_t around) {
  constexpr std::size_t kShown = 96;
  if (buffer.size() <= kShown) return escaped(buffer);
  const std::size_t begin = std::min(around > kShown / 2 ? around - kShown / 2 : 0, buffer.size() - kShown);
  return (begin > 0 ? "… " : "") + escaped(buffer.subspan(begin, kShown)) + (begin + kShown < buffer.size() ? " …" : "");
}

std::string endpoint(const Address& address, std::uint16_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_ip4 = address.is_ip4();
  inet_ntop(is_ip4 ? AF_INET : AF_INET6, is_ip4 ? address.bytes.data() + 12 : address.bytes.data(), text.data(), text.size());
  std::string out = is_ip4 ? text.data() : "[" + std::string(text.data()) + "]";
  if (port != 0) out += ":" + std::to_string(port);
  return out;
}

std::string name_of_flow(const Inspection& at) {
  const Address source = at.flow != nullptr ? at.flow->client : source_address(at.packet);
  const Address target = at.flow != nullptr ? at.flow->server : target_address(at.packet);
  const std::uint16_t source_port = at.flow != nullptr && at.packet.has_ports() ? at.flow->client_port : at.packet.source_port();
  const std::uint16_t target_port = at.flow != nullptr && at.packet.has_ports() ? at.flow->server_port : at.packet.target_port();
  std::string name = endpoint(source, source_port) + " -> " + endpoint(target, target_port);
  name += " protocol " + std::to_string(at.packet.protocol);
  if (at.flow != nullptr) name += " #" + std::to_string(at.flow->serial);
  return name;
}

std::string words_of(HeadReason reason) {
  switch (reason) {
    case HeadReason::protocol: return "the rule's protocol does not fit this packet";
    case HeadReason::direction: return "the packet goes the other way than the rule's flow: option asks";
    case HeadReason::flow_state: return "the flow is not in the state that the rule's flow: option asks (established, or the opposite)";
    case HeadReason::addresses: return "addresses or ports do not fit the rule's header";
    case HeadReason::ports: return "ports do not fit the rule's header";
    case HeadReason::app_protocol: return "the flow's application protocol is another, or not recognised yet";
    case HeadReason::fragment: return "fragment option";
    case HeadReason::payload: return "no payload to look at";
    case HeadReason::state: return "state";
    case HeadReason::packet: return "the rule is about packets; this is the end of the flow";
  }
  return {};
}

}  // namespace

WhyTrace::WhyTrace(const Ruleset& rules, std::uint32_t sid) : rules_(rules) {
  for (RuleNumber rule = 0; rule < rules.size(); ++rule) {
    if (rules.heads[rule].sid == sid) targets_.push_back(rule);
  }
}

std::string WhyTrace::option_text(std::uint16_t option) const {
  return option < options_.size() ? options_[option] : "(a condition of the rule)";
}

void WhyTrace::begin(RuleNumber rule, const Inspection& at) noexcept {
  is_active_ = std::find(targets_.begin(), targets_.end(), rule) != targets_.end();
  if (!is_active_) return;
  rule_ = rule;
  options_ = split_options(rules_.cold[rule].text);
  attempt_ = {.packet = at.packet.number, .tx_id = at.tx == nullptr ? 0 : at.tx->id, .has_tx = at.tx != nullptr, .is_flow_end = at.is_flow_end, .direction = at.direction};
  flow_name_ = name_of_flow(at);
  if (at.app != nullptr && at.app->protocol != AppProtocol::unknown) flow_name_ += " " + std::string(name_of(at.app->protocol));
}

void WhyTrace::note(std::uint32_t depth, Line line) {
  if (line.holds) attempt_.score = std::max(attempt_.score, depth);
  attempt_.lines.push_back(std::move(line));
}

void WhyTrace::head(HeadReason reason, bool holds) noexcept {
  if (is_active_) note(0, {holds, words_of(reason), {}});
}

void WhyTrace::condition(std::uint16_t option, bool holds) noexcept {
  if (is_active_) note(attempt_.score + 1, {holds, option_text(option), {}});
}

void WhyTrace::buffer(BufferId buffer, Bytes bytes, bool is_there) noexcept {
  if (!is_active_) return;
  const std::string& name = rules_.buffers[buffer].name;
  if (is_there) note(attempt_.score + 1, {true, name, std::to_string(bytes.size()) + " bytes: " + excerpt(bytes, 0)});
  else note(0, {false, name, "there is no such buffer here"});
}

void WhyTrace::step(const Instruction& at, bool holds, Bytes buffer, std::size_t cursor) noexcept {
  if (!is_active_) return;
  const std::string what = option_text(at.option);
  // Retries of one content say the same again and again: only the newest is kept, and the first refusal behind it.
  for (auto line = attempt_.lines.rbegin(); line != attempt_.lines.rend(); ++line) {
    if (line->what != what) continue;
    if (line->holds && !holds) return;
    line->holds = holds;
    if (holds) line->detail = "ends at byte " + std::to_string(cursor);
    return;
  }
  Line line{holds, what, {}};
  if (holds) line.detail = at.op == Op::find || at.op == Op::pcre ? "ends at byte " + std::to_string(cursor) : "";
  else line.detail = "not in the " + std::to_string(buffer.size()) + " bytes looked at" + (cursor > 0 ? ", counted from byte " + std::to_string(cursor) : "") + ": " + excerpt(buffer, cursor);
  note(attempt_.score + 4, std::move(line));
}

void WhyTrace::waiting(BufferId buffer) noexcept {
  if (is_active_) note(0, {false, rules_.buffers[buffer].name, "not complete yet in this packet"});
}

void WhyTrace::matched() noexcept {
  if (!is_active_) return;
  attempt_.is_match = true;
  attempt_.score += 1000;
}

void WhyTrace::end() noexcept {
  if (!is_active_) return;
  is_active_ = false;
  const auto [place, is_new] = flow_numbers_.emplace(flow_name_, flows_.size());
  if (is_new) flows_.push_back({.name = flow_name_});
  Flow& flow = flows_[place->second];
  ++flow.attempts;
  if (attempt_.is_match) ++flow.matches;
  if (flow.attempts == 1 || attempt_.score > flow.best.score) flow.best = attempt_;
}

std::string WhyTrace::text() const {
  if (targets_.empty()) return "no rule with this sid was loaded\n";
  const RuleCold& cold = rules_.cold[targets_.front()];
  std::string out = "sid " + std::to_string(rules_.heads[targets_.front()].sid) + "  " + escaped(as_bytes(cold.msg)) + "\n  prefilter: " + cold.prefilter + "\n";
  if (flows_.empty()) return out + "no packet came near it: nothing in the capture fits the rule's protocol\n";
  for (const Flow& flow : flows_) {
    out += "\nflow " + flow.name + "\n  ";
    out += flow.matches > 0 ? "matched " + std::to_string(flow.matches) + " times; the first at " : "did not match; came nearest at ";
    out += flow.best.is_flow_end ? "the end of the flow" : "packet " + std::to_string(flow.best.packet);
    out += flow.best.direction == Direction::to_server ? ", to the server" : ", to the client";
    if (flow.best.has_tx) out += ", transaction " + std::to_string(flow.best.tx_id);
    out += " (asked " + std::to_string(flow.attempts) + " times)\n";
    for (const Line& line : flow.best.lines) {
      out += std::string(line.holds ? "    ✓ " : "    ✗ ") + line.what;
      if (!line.detail.empty()) out += "\n        " + line.detail;
      out += "\n";
    }
    if (flow.best.lines.empty() && flow.best.is_match) out += "    ✓ the header is all that the rule asks\n";
  }
  return out;
}

template bool confirm<WhyTrace>(const ConfirmProgram&, Bytes, ConfirmContext&, WhyTrace&) noexcept;
template void Detector::inspect_with<WhyTrace>(const PacketInput&, WhyTrace&) noexcept;

}  // namespace hd
