// SPDX-License-Identifier: Apache-2.0
// Which shapes a case has.
#include <algorithm>

#include "tests/cases/traffic.hpp"

namespace hd::cases {
namespace {

constexpr std::size_t kSplitsWhole = 200;  // turns up to this length are cut at every place
constexpr std::uint64_t kSplitsSeeded = 40, kReorderings = 3;

std::size_t longest_turn(const Case& which) {
  std::size_t longest = 0, length = 0;
  const Step* before = nullptr;
  for (const Step& step : which.steps) {
    const bool is_bytes = step.kind == StepKind::bytes && which.conversations[step.conversation].transport == Transport::tcp;
    const bool continues = before != nullptr && before->conversation == step.conversation && before->direction == step.direction;
    length = !is_bytes ? 0 : continues ? length + step.bytes.size() : step.bytes.size();
    longest = std::max(longest, length);
    before = is_bytes ? &step : nullptr;
  }
  return longest;
}

void add_segmentations(const Case& which, std::vector<Shape>& out) {
  const std::size_t longest = longest_turn(which);
  if (longest == 0) return;
  out.push_back({.family = "whole", .name = "whole", .cut = Cut::whole});
  out.push_back({.family = "bytewise", .name = "bytewise", .cut = Cut::bytewise});
  const std::uint64_t splits = longest <= kSplitsWhole ? longest - 1 : kSplitsSeeded;
  for (std::uint64_t i = 1; i <= splits; ++i) out.push_back({.family = "cuts", .name = "cuts:" + std::to_string(i), .cut = Cut::split, .seed = i});
  out.push_back({.family = "retransmitted", .name = "retransmitted", .cut = Cut::retransmitted});
  out.push_back({.family = "retransmitted", .name = "retransmitted:late", .cut = Cut::retransmitted_late});
  out.push_back({.family = "overlapping", .name = "overlapping", .cut = Cut::overlapping});
  for (std::uint64_t i = 1; i <= kReorderings; ++i) {
    out.push_back({.family = "reordered", .name = "reordered:" + std::to_string(i), .cut = Cut::reordered, .seed = i});
  }
}

void add_wrappings(std::vector<Shape>& out, bool has_packets) {
  constexpr std::pair<const char*, Wrap> kWraps[] = {{"vlan", Wrap::vlan}, {"qinq", Wrap::qinq}, {"mpls", Wrap::mpls}, {"pppoe", Wrap::pppoe},
                                                     {"gre", Wrap::gre}, {"vxlan", Wrap::vxlan}, {"gtp-u", Wrap::gtp_u}, {"ip-in-ip", Wrap::ip_in_ip}};
  for (const auto& [name, wrap] : kWraps) out.push_back({.family = "wrapped", .name = std::string("wrapped:") + name, .wrap = wrap});
  if (has_packets) return;
  out.push_back({.family = "fragmented", .name = "fragmented:8", .wrap = Wrap::fragments_8});
  out.push_back({.family = "fragmented", .name = "fragmented:1480", .wrap = Wrap::fragments_1480});
  out.push_back({.family = "fragmented", .name = "fragmented:reversed", .wrap = Wrap::fragments_reversed});
}

void add_feeds(std::vector<Shape>& out, bool has_two) {
  if (has_two) out.push_back({.family = "two-workers", .name = "two-workers", .feed = Feed::two_workers});
  out.push_back({.family = "batch-of-one", .name = "batch-of-one", .feed = Feed::batch_of_one});
  out.push_back({.family = "reload", .name = "reload", .feed = Feed::reload});
  out.push_back({.family = "files", .name = "files:nanoseconds", .feed = Feed::pcap_nano});
  out.push_back({.family = "files", .name = "files:big-endian", .feed = Feed::pcap_big_endian});
  out.push_back({.family = "files", .name = "files:pcapng", .feed = Feed::pcapng});
}

bool is_ip4(const Case& which) {
  return std::all_of(which.conversations.begin(), which.conversations.end(),
                     [](const Conversation& c) { return c.client.address.find(':') == std::string::npos; });
}

}  // namespace

std::vector<std::string> shape_families() {
  return {"as-written", "whole", "bytewise", "cuts", "retransmitted", "overlapping", "reordered", "one-way", "ipv6",
          "wrapped", "fragmented", "two-workers", "batch-of-one", "reload", "files"};
}

std::vector<Shape> shapes_of(const Case& which) {
  std::vector<Shape> shapes = {{.family = "as-written", .name = "as-written"}};
  if (which.shapes.set == ShapeSet::as_written) return shapes;
  const bool has_packets = std::any_of(which.steps.begin(), which.steps.end(), [](const Step& step) { return step.kind == StepKind::packet; });
  if (which.shapes.set == ShapeSet::all) add_segmentations(which, shapes);
  if (which.shapes.has_one_way) shapes.push_back({.family = "one-way", .name = "one-way", .is_one_way = true});
  if (is_ip4(which)) {
    if (!has_packets) shapes.push_back({.family = "ipv6", .name = "ipv6", .is_ip6 = true});
    add_wrappings(shapes, has_packets || which.shapes.set == ShapeSet::packets);
  }
  add_feeds(shapes, which.conversations.size() > 1);
  std::erase_if(shapes, [&](const Shape& shape) {
    const auto is_left_out = [&](const std::string& name) { return name == shape.family || name == shape.name; };
    return std::any_of(which.shapes.except.begin(), which.shapes.except.end(), is_left_out);
  });
  return shapes;
}

}  // namespace hd::cases
