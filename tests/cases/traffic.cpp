// SPDX-License-Identifier: Apache-2.0
// The traffic of a case as frames.
#include "tests/cases/traffic.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <map>

namespace hd::cases {
namespace {

constexpr Nanos kBegin = 1'767'225'600 * kSecond;  // 2026-01-01
constexpr Nanos kBetween = 100 * kMicrosecond;
constexpr std::size_t kSegmentMax = 32'000;

/// Bytes of a turn that make one segment.
struct Piece {
  std::size_t offset = 0, length = 0;
  bool is_acknowledged = true;  ///< at once
};

void add_evenly(std::size_t length, std::size_t size, bool is_acknowledged, std::vector<Piece>& out) {
  for (std::size_t at = 0; at < length; at += size) out.push_back({at, std::min(size, length - at), is_acknowledged});
}

void add_reordered(std::size_t length, std::uint64_t seed, std::vector<Piece>& out) {
  add_evenly(length, std::max<std::size_t>(1, (length + 11) / 12), false, out);
  SeededRandom random(seed);
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random.next() % i]);
}

/// Where a turn of `length` bytes is cut in two.
std::size_t split_at(std::size_t length, std::uint64_t seed, std::size_t longest) {
  if (longest <= 200) return 1 + (seed - 1) % (length - 1);
  SeededRandom random(seed);
  return 1 + random.next() % (length - 1);
}

/// Conversations, one packet after another.
class Writer {
 public:
  Writer(const Case& which, const Shape& shape) : case_(which), shape_(shape), sides_(which.conversations.size()) {}

  std::vector<Frame> write();

 private:
  struct Side {
    std::uint32_t next = 0;   // sequence number
  };
  struct Sides {
    std::array<Side, 2> side = {};
    bool is_open = false;
  };

  void step(std::size_t at);
  void open(std::size_t conversation);
  void turn(std::size_t conversation, Direction direction, const Packet& bytes, const std::vector<std::size_t>& lines);
  std::vector<Piece> pieces(const Packet& bytes, const std::vector<std::size_t>& lines) const;
  void datagram(const Step& step);
  void finish(const Step& step);
  void segment(std::size_t conversation, Direction direction, std::uint32_t sequence, std::string_view flags, std::string_view payload);
  void acknowledge(std::size_t conversation, Direction of) { segment(conversation, opposite(of), side(conversation, opposite(of)).next, "A", {}); }
  void network(std::size_t conversation, Direction direction, test::Segment segment);
  void send(const test::Network& network, std::size_t conversation);
  void put_frame(Packet bytes, std::size_t conversation);
  test::Network outer(test::Segment segment);

  static Direction opposite(Direction direction) { return direction == Direction::to_server ? Direction::to_client : Direction::to_server; }
  Side& side(std::size_t conversation, Direction direction) { return sides_[conversation].side[direction == Direction::to_server ? 0 : 1]; }

  const Case& case_;
  const Shape& shape_;
  std::vector<Sides> sides_;
  std::vector<Frame> frames_ = {};
  PacketTime now_ = {kBegin};
  std::uint16_t ip_id_ = 0;
};

std::vector<Frame> Writer::write() {
  for (std::size_t at = 0; at < case_.steps.size();) {
    const Step& first = case_.steps[at];
    if (first.kind != StepKind::bytes || case_.conversations[first.conversation].transport != Transport::tcp) {
      step(at++);
      continue;
    }
    Packet bytes;
    std::vector<std::size_t> lines;
    for (; at < case_.steps.size(); ++at) {
      const Step& next = case_.steps[at];
      if (next.kind != StepKind::bytes || next.conversation != first.conversation || next.direction != first.direction) break;
      test::put(bytes, next.bytes);
      lines.push_back(next.bytes.size());
    }
    turn(first.conversation, first.direction, bytes, lines);
  }
  return std::move(frames_);
}

void Writer::step(std::size_t at) {
  const Step& step = case_.steps[at];
  switch (step.kind) {
    case StepKind::bytes: datagram(step); break;
    case StepKind::fin:
    case StepKind::rst: finish(step); break;
    case StepKind::gap:
      open(step.conversation);
      side(step.conversation, step.direction).next += static_cast<std::uint32_t>(step.amount);
      break;
    case StepKind::wait: now_ = now_ + static_cast<Nanos>(step.amount); break;
    case StepKind::packet: {
      const Packet& frame = step.bytes;
      const bool has_type = frame.size() >= 14;
      if (shape_.wrap == Wrap::none || !has_type) {
        put_frame(frame, 0);
      } else {
        send({.type = load_be16(frame.data() + 12), .bytes = Packet(frame.begin() + 14, frame.end())}, 0);
      }
      break;
    }
  }
}

void Writer::open(std::size_t conversation) {
  Sides& sides = sides_[conversation];
  if (sides.is_open) return;
  sides.is_open = true;
  sides.side[0].next = 1'000 + static_cast<std::uint32_t>(conversation) * 1'000'000;
  sides.side[1].next = 500'000'000 + static_cast<std::uint32_t>(conversation) * 1'000'000;
  if (!case_.conversations[conversation].has_handshake) return;
  segment(conversation, Direction::to_server, sides.side[0].next++, "S", {});
  segment(conversation, Direction::to_client, sides.side[1].next++, "SA", {});
  segment(conversation, Direction::to_server, sides.side[0].next, "A", {});
}

std::vector<Piece> Writer::pieces(const Packet& bytes, const std::vector<std::size_t>& lines) const {
  std::vector<Piece> result;
  const std::size_t length = bytes.size();
  switch (shape_.cut) {
    case Cut::as_written: {
      std::size_t at = 0;
      for (const std::size_t line : lines) {
        for (std::size_t done = 0; done < line; done += kSegmentMax) result.push_back({at + done, std::min(kSegmentMax, line - done)});
        at += line;
      }
      break;
    }
    case Cut::whole: add_evenly(length, kSegmentMax, true, result); break;
    case Cut::bytewise: add_evenly(length, 1, true, result); break;
    case Cut::split:
      if (length < 2) {
        result.push_back({0, length});
      } else {
        const std::size_t at = split_at(length, shape_.seed, length);
        for (std::size_t i = 0; i < at; i += kSegmentMax) result.push_back({i, std::min(kSegmentMax, at - i)});
        for (std::size_t i = at; i < length; i += kSegmentMax) result.push_back({i, std::min(kSegmentMax, length - i)});
      }
      break;
    case Cut::retransmitted:
    case Cut::retransmitted_late: {
      std::vector<Piece> once;
      add_evenly(length, std::max<std::size_t>(1, (length + 2) / 3), shape_.cut == Cut::retransmitted_late, once);
      for (const Piece& piece : once) {
        result.push_back(piece);
        result.push_back({piece.offset, piece.length, true});
      }
      break;
    }
    case Cut::overlapping: {
      const std::size_t size = std::max<std::size_t>(2, (length + 5) / 6);
      for (std::size_t at = 0; at < length; at += size) {
        const std::size_t before = std::min(at, size / 2);
        result.push_back({at - before, std::min(size, length - at) + before, false});
      }
      break;
    }
    case Cut::reordered: add_reordered(length, shape_.seed, result); break;
  }
  return result;
}

void Writer::turn(std::size_t conversation, Direction direction, const Packet& bytes, const std::vector<std::size_t>& lines) {
  open(conversation);
  const std::string text(bytes.begin(), bytes.end());
  const std::uint32_t base = side(conversation, direction).next;
  std::size_t reached = 0;
  bool is_acknowledged = true;
  for (const Piece& piece : pieces(bytes, lines)) {
    segment(conversation, direction, base + static_cast<std::uint32_t>(piece.offset), "PA", std::string_view(text).substr(piece.offset, piece.length));
    reached = std::max(reached, piece.offset + piece.length);
    side(conversation, direction).next = base + static_cast<std::uint32_t>(reached);
    is_acknowledged = piece.is_acknowledged;
    if (is_acknowledged) acknowledge(conversation, direction);
  }
  if (!is_acknowledged) acknowledge(conversation, direction);
}

void Writer::datagram(const Step& step) {
  const Conversation& which = case_.conversations[step.conversation];
  const bool is_to_server = step.direction == Direction::to_server;
  const Endpoint& from = is_to_server ? which.client : which.server;
  const Endpoint& to = is_to_server ? which.server : which.client;
  network(step.conversation, step.direction, test::udp({.source_port = from.port, .target_port = to.port}, step.bytes));
}

void Writer::finish(const Step& step) {
  open(step.conversation);
  const bool is_fin = step.kind == StepKind::fin;
  Side& own = side(step.conversation, step.direction);
  segment(step.conversation, step.direction, own.next, is_fin ? "FA" : "RA", {});
  if (!is_fin) return;
  ++own.next;
  if (!step.is_both_sides) return acknowledge(step.conversation, step.direction);
  Side& other = side(step.conversation, opposite(step.direction));
  segment(step.conversation, opposite(step.direction), other.next++, "FA", {});
  acknowledge(step.conversation, opposite(step.direction));
}

void Writer::segment(std::size_t conversation, Direction direction, std::uint32_t sequence, std::string_view flags, std::string_view payload) {
  const Conversation& which = case_.conversations[conversation];
  const bool is_to_server = direction == Direction::to_server;
  const bool has_ack = flags.find('A') != std::string_view::npos;
  network(conversation, direction,
          test::tcp({.source_port = is_to_server ? which.client.port : which.server.port,
                     .target_port = is_to_server ? which.server.port : which.client.port,
                     .sequence = sequence,
                     .acknowledgement = has_ack ? side(conversation, opposite(direction)).next : 0,
                     .flags = flags,
                     .payload = payload}));
}

void Writer::network(std::size_t conversation, Direction direction, test::Segment segment) {
  if (shape_.is_one_way && direction == Direction::to_client) {
    now_ = now_ + kBetween;
    return;
  }
  const Conversation& which = case_.conversations[conversation];
  const bool is_to_server = direction == Direction::to_server;
  std::string source = is_to_server ? which.client.address : which.server.address;
  std::string target = is_to_server ? which.server.address : which.client.address;
  if (shape_.is_ip6) {
    source = mapped_addresses(source);
    target = mapped_addresses(target);
  }
  if (source.find(':') != std::string::npos) {
    send(test::ip6({.source = source, .target = target}, std::move(segment)), conversation);
  } else {
    send(test::ip4({.source = source, .target = target, .id = ++ip_id_}, std::move(segment)), conversation);
  }
}

test::Network Writer::outer(test::Segment segment) {
  return test::ip4({.source = kTunnelSource, .target = kTunnelTarget, .id = ++ip_id_}, std::move(segment));
}

void Writer::send(const test::Network& inner, std::size_t conversation) {
  switch (shape_.wrap) {
    case Wrap::none: return put_frame(test::ethernet(inner), conversation);
    case Wrap::vlan: return put_frame(test::ethernet(test::vlan(7, inner)), conversation);
    case Wrap::qinq: return put_frame(test::ethernet(test::qinq(100, 7, inner)), conversation);
    case Wrap::mpls: return put_frame(test::ethernet(test::mpls(16, inner.bytes)), conversation);
    case Wrap::pppoe: return put_frame(test::ethernet(test::pppoe(inner)), conversation);
    case Wrap::gre: return put_frame(test::ethernet(outer(test::gre(inner))), conversation);
    case Wrap::vxlan: return put_frame(test::ethernet(outer(test::vxlan(7, test::ethernet(inner)))), conversation);
    case Wrap::gtp_u: return put_frame(test::ethernet(outer(test::gtp_u(7, inner))), conversation);
    case Wrap::ip_in_ip: return put_frame(test::ethernet(outer(test::ip_in_ip(inner))), conversation);
    case Wrap::fragments_8:
    case Wrap::fragments_1480:
    case Wrap::fragments_reversed: break;
  }
  // At most as many fragments as a datagram may have; the rule about sizes stays: multiples of eight.
  const std::size_t least = (inner.bytes.size() / 100 + 8) / 8 * 8;
  auto parts = test::fragments(inner, shape_.wrap == Wrap::fragments_1480 ? 1480 : std::max<std::size_t>(8, least));
  if (shape_.wrap == Wrap::fragments_reversed) std::reverse(parts.begin(), parts.end());
  for (const test::Network& part : parts) put_frame(test::ethernet(part), conversation);
}

void Writer::put_frame(Packet bytes, std::size_t conversation) {
  frames_.push_back({.packet = {.time = now_, .bytes = std::move(bytes)}, .conversation = conversation});
  now_ = now_ + kBetween;
}

bool is_address_character(char c) { return (c >= '0' && c <= '9') || c == '.'; }

}  // namespace

std::vector<Frame> frames_of(const Case& which, const Shape& shape) { return Writer(which, shape).write(); }

std::string mapped_addresses(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_address_character(text[end])) ++end;
    const std::string word(text.substr(at, end - at));
    std::array<std::uint8_t, 4> bytes = {};
    if (word.empty() || ::inet_pton(AF_INET, word.c_str(), bytes.data()) != 1) {
      out += text.substr(at, std::max<std::size_t>(1, end - at));
      at += std::max<std::size_t>(1, end - at);
      continue;
    }
    std::array<char, 40> mapped = {};
    (void)std::snprintf(mapped.data(), mapped.size(), "2001:db8::%x:%x", load_be16(bytes.data()), load_be16(bytes.data() + 2));
    out += mapped.data();
    at = end;
    std::size_t digits = at;
    while (digits + 1 < text.size() && text[at] == '/' && text[digits + 1] >= '0' && text[digits + 1] <= '9') ++digits;
    if (digits > at) {
      out += '/' + std::to_string(96 + std::stoi(std::string(text.substr(at + 1, digits - at))));
      at = digits + 1;
    }
  }
  return out;
}

}  // namespace hd::cases
