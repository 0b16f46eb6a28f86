// SPDX-License-Identifier: Apache-2.0
// `packet` lines: exact frames, as hexadecimal digits or layer by layer.
#include <arpa/inet.h>

#include <map>

#include "sensor/base/text.hpp"
#include "tests/cases/case.hpp"

namespace hd::cases {
namespace {

struct Layer {
  std::string name = {};
  std::map<std::string, std::string> fields = {};
  std::vector<std::string> words = {};  ///< words without "=", as the number of vlan
};

/// Fields of a layer, asked by name; what nobody asked for is a mistake of the writer.
class Fields {
 public:
  explicit Fields(Layer& layer) : layer_(layer) {}
  std::uint32_t number(const std::string& name, std::uint32_t fallback, std::uint32_t high) {
    const auto found = layer_.fields.find(name);
    if (found == layer_.fields.end()) return fallback;
    const auto value = parse_integer(found->second);
    if (!value || *value < 0 || *value > high) wrong_ = name + "=" + found->second;
    layer_.fields.erase(found);
    return value ? static_cast<std::uint32_t>(*value) : 0;
  }
  std::uint16_t word(const std::string& name, std::uint16_t fallback) { return static_cast<std::uint16_t>(number(name, fallback, 0xffff)); }
  std::uint8_t byte(const std::string& name, std::uint8_t fallback) { return static_cast<std::uint8_t>(number(name, fallback, 0xff)); }
  std::string text(const std::string& name, const std::string& fallback) {
    const auto found = layer_.fields.find(name);
    if (found == layer_.fields.end()) return fallback;
    std::string value = found->second;
    layer_.fields.erase(found);
    return value;
  }
  std::string address(const std::string& name, const std::string& fallback, int family) {
    std::string value = text(name, fallback);
    in6_addr parsed = {};
    if (::inet_pton(family, value.c_str(), &parsed) != 1) {
      wrong_ = name + "=" + value;
      return fallback;
    }
    return value;
  }
  [[nodiscard]] Result<void> finish() const {
    if (!wrong_.empty()) return fail(ErrorCode::E5001, "\"" + wrong_ + "\" does not fit into " + layer_.name);
    if (!layer_.fields.empty()) return fail(ErrorCode::E5001, layer_.name + " has no field \"" + layer_.fields.begin()->first + "\"");
    return {};
  }

 private:
  Layer& layer_;
  std::string wrong_ = {};
};

Result<test::Segment> transport_of(Layer& layer, const Packet& payload) {
  Fields fields(layer);
  test::Segment segment;
  const std::string text(payload.begin(), payload.end());
  if (layer.name == "tcp") {
    const std::string flags = fields.text("flags", "S");
    if (flags.find_first_not_of("FSRPAUEC") != std::string::npos) return fail(ErrorCode::E5001, "flags are of F S R P A U E C");
    segment = test::tcp({.source_port = fields.word("sport", 40000),
                         .target_port = fields.word("dport", 80),
                         .sequence = fields.number("seq", 1000, 0xffffffff),
                         .acknowledgement = fields.number("ack", 0, 0xffffffff),
                         .flags = flags,
                         .window = fields.word("window", 65535),
                         .options = test::from_hex(fields.text("options", "")),
                         .payload = text});
  } else if (layer.name == "udp") {
    segment = test::udp({.source_port = fields.word("sport", 40000), .target_port = fields.word("dport", 53)}, payload);
  } else if (layer.name == "icmp" || layer.name == "icmp6") {
    const std::uint8_t type = fields.byte("type", layer.name == "icmp" ? 8 : 128), code = fields.byte("code", 0);
    const std::uint32_t rest = std::uint32_t{fields.word("id", 0)} << 16 | fields.word("seq", 0);
    segment = test::icmp(type, code, rest, payload, layer.name == "icmp" ? 1 : 58);
  } else {
    return fail(ErrorCode::E5001, "\"" + layer.name + "\" is no layer behind ip: tcp, udp, icmp, icmp6");
  }
  if (auto done = fields.finish(); !done) return fail(std::move(done.error()));
  return segment;
}

Result<test::Network> network_of(Layer& layer, test::Segment segment) {
  Fields fields(layer);
  test::Network network;
  segment.protocol = fields.byte("proto", segment.protocol);
  if (layer.name == "ip") {
    network = test::ip4({.source = fields.address("src", "10.0.0.1", AF_INET),
                         .target = fields.address("dst", "192.0.2.7", AF_INET),
                         .ttl = fields.byte("ttl", 64),
                         .id = fields.word("id", 1),
                         .fragment = static_cast<std::uint16_t>(fields.number("offset", 0, 0x1fff) | fields.number("df", 0, 1) << 14 |
                                                                fields.number("mf", 0, 1) << 13 | fields.number("reserved", 0, 1) << 15),
                         .options = test::from_hex(fields.text("options", ""))},
                        std::move(segment));
    const std::uint8_t tos = fields.byte("tos", 0);
    network.bytes[1] = tos;
    test::set16(network.bytes, 10, 0);
    const std::size_t header = (network.bytes[0] & 15u) * 4u;
    test::set16(network.bytes, 10, test::checksum(test::add_up(Bytes(network.bytes).first(header))));
  } else {
    network = test::ip6({.source = fields.address("src", "2001:db8::1", AF_INET6),
                         .target = fields.address("dst", "2001:db8:5::7", AF_INET6),
                         .hop_limit = fields.byte("ttl", 64)},
                        std::move(segment));
  }
  if (auto done = fields.finish(); !done) return fail(std::move(done.error()));
  return network;
}

/// The layers of a line, and its payload: from the first string, or from hex, repeat or file.
Result<std::vector<Layer>> layers_of(const std::vector<Token>& tokens, std::size_t& at) {
  std::vector<Layer> layers(1);
  for (; at < tokens.size() && !tokens[at].is_string; ++at) {
    const std::string& word = tokens[at].text;
    if (word == "hex" || word == "repeat" || word == "file") break;
    const std::size_t equals = word.find('=');
    if (word == "/") {
      layers.emplace_back();
    } else if (layers.back().name.empty()) {
      layers.back().name = word;
    } else if (equals == std::string::npos) {
      layers.back().words.push_back(word);
    } else {
      layers.back().fields.emplace(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return layers;
}

bool is_network(const Layer& layer) { return layer.name == "ip" || layer.name == "ip6"; }

/// From the inside out.
Result<Packet> build(std::vector<Layer>& layers, const Packet& payload) {
  if (layers.empty() || !(is_network(layers.back()) || (layers.size() > 1 && is_network(layers[layers.size() - 2])))) {
    return fail(ErrorCode::E5001, "a packet ends in ip or ip6, or in one of tcp, udp, icmp, icmp6 behind it");
  }
  test::Segment segment{.protocol = 253, .bytes = payload};
  if (!is_network(layers.back())) {
    auto transport = transport_of(layers.back(), payload);
    if (!transport) return fail(std::move(transport.error()));
    segment = std::move(*transport);
    layers.pop_back();
  }
  auto network = network_of(layers.back(), std::move(segment));
  if (!network) return fail(std::move(network.error()));
  layers.pop_back();
  for (; !layers.empty() && layers.back().name != "eth"; layers.pop_back()) {
    const Layer& layer = layers.back();
    const auto number = layer.words.size() == 1 ? parse_integer(layer.words[0]) : std::nullopt;
    if (layer.name != "vlan" || !number || *number < 0 || *number > 0xffff) {
      return fail(ErrorCode::E5001, "\"" + layer.name + "\" is no layer below ip: eth, or vlan with its number");
    }
    *network = test::vlan(static_cast<std::uint16_t>(*number), *network);
  }
  if (layers.size() > 1) return fail(ErrorCode::E5001, "eth is the outermost layer");
  return test::ethernet(*network);
}

}  // namespace

Result<Packet> frame_of(std::string_view words, const std::string& folder) {
  auto tokens = tokens_of(words, words.find(" file ") == std::string_view::npos ? '/' : '\0');
  if (!tokens) return fail(std::move(tokens.error()));
  if (!tokens->empty() && (*tokens)[0].text == "hex") return payload_of(*tokens, 0, folder);
  std::size_t at = 0;
  auto layers = layers_of(*tokens, at);
  if (!layers) return fail(std::move(layers.error()));
  auto payload = payload_of(*tokens, at, folder);
  if (!payload) return fail(std::move(payload.error()));
  return build(*layers, *payload);
}

}  // namespace hd::cases
