// SPDX-License-Identifier: Apache-2.0
#include "sensor/app/recognizer.hpp"

#include <algorithm>

namespace hd {
namespace {

constexpr std::uint8_t small(std::uint8_t c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
}

bool equal_at(Bytes bytes, std::size_t at, const RecognitionPattern& pattern) noexcept {
  const Bytes wanted = as_bytes(pattern.bytes);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::uint8_t seen = bytes[at + i];
    if (seen == wanted[i]) continue;
    if (!pattern.is_caseless || small(seen) != small(wanted[i])) return false;
  }
  return true;
}

std::uint8_t first_byte(const RecognitionPattern& pattern) noexcept {
  return small(static_cast<std::uint8_t>(pattern.bytes[0]));
}

std::size_t end_of(const RecognitionPattern& pattern) noexcept {
  return pattern.depth == 0 ? pattern.offset + pattern.bytes.size() : pattern.depth;
}

bool matches(Bytes bytes, const RecognitionPattern& pattern) noexcept {
  const std::size_t end = std::min(bytes.size(), end_of(pattern));
  for (std::size_t at = pattern.offset; at + pattern.bytes.size() <= end; ++at) {
    if (equal_at(bytes, at, pattern)) return true;
  }
  return false;
}

bool is_hinted(const std::vector<std::uint16_t>& ports, std::uint16_t port) noexcept {
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

}  // namespace

Recognizer::Recognizer(std::span<const ProtocolSpec* const> specs, const ProtocolChoices& choices) {
  for (const ProtocolSpec* spec : specs) {
    const ProtocolChoice& choice = choices[static_cast<std::size_t>(spec->id)];
    for (const unsigned index : {0u, 1u}) {
      const std::uint8_t bit = index == 0 ? transport::tcp : transport::udp;
      if ((spec->transports & bit) == 0 || choice.mode[index] == ParseMode::off) continue;
      if (choice.mode[index] == ParseMode::parse) parsers_[index][static_cast<std::size_t>(spec->id)] = spec;
      add_patterns(*spec, index);
      add_probe(*spec, choice, index);
    }
  }
  for (auto& directions : tables_) {
    for (Table& table : directions) {
      std::size_t at = 0;
      for (std::size_t byte = 0; byte < 257; ++byte) {
        while (at < table.at_start.size() && first_byte(*table.at_start[at].row) < byte) ++at;
        table.begin[byte] = static_cast<std::uint16_t>(at);
      }
    }
  }
}

void Recognizer::add_patterns(const ProtocolSpec& spec, unsigned transport_index) {
  for (const RecognitionPattern& row : spec.patterns) {
    HD_ASSERT(!row.bytes.empty());
    Table& table = tables_[transport_index][index_of(row.direction)];
    const bool is_at_start = row.offset == 0 && end_of(row) == row.bytes.size();
    const Pattern pattern{&row, &spec};
    if (is_at_start) {
      const auto comes_before = [](const Pattern& a, const Pattern& b) { return first_byte(*a.row) < first_byte(*b.row); };
      table.at_start.insert(std::upper_bound(table.at_start.begin(), table.at_start.end(), pattern, comes_before), pattern);
    } else {
      table.elsewhere.push_back(pattern);
    }
    table.depth = std::max(table.depth, end_of(row));
  }
}

void Recognizer::add_probe(const ProtocolSpec& spec, const ProtocolChoice& choice, unsigned transport_index) {
  if (spec.probe == nullptr) return;
  const std::span<const std::uint16_t> own = transport_index == 0 ? spec.tcp_ports : spec.udp_ports;
  Probe probe{.spec = &spec, .ports = {own.begin(), own.end()}, .any_port = spec.probes_any_port};
  if (choice.has_ports[transport_index]) probe.ports = choice.ports[transport_index];
  HD_ASSERT(probes_[transport_index].size() < 64);
  probes_[transport_index].push_back(std::move(probe));
}

AppProtocol Recognizer::match(const Table& table, Bytes bytes) const noexcept {
  const std::uint8_t first = small(bytes[0]);
  for (std::size_t i = table.begin[first]; i < table.begin[first + std::size_t{1}]; ++i) {
    if (matches(bytes, *table.at_start[i].row)) return table.at_start[i].spec->id;
  }
  for (const Pattern& one : table.elsewhere) {
    if (matches(bytes, *one.row)) return one.spec->id;
  }
  return AppProtocol::unknown;
}

// Hinted ports first: the target's, then the source's (an answer may be the first that is seen); then any port.
Recognized Recognizer::probe(AppFlow& app, Direction direction, Bytes bytes, const RecognitionHint& hint) const noexcept {
  const std::vector<Probe>& probes = probes_[hint.is_udp ? 1 : 0];
  const std::uint16_t server_port = app.port != 0 ? app.port : hint.server_port;
  std::uint64_t& failed = app.probes_failed[index_of(direction)];
  bool is_open = false;
  for (const unsigned round : {0u, 1u, 2u}) {
    for (std::size_t i = 0; i < probes.size(); ++i) {
      const Probe& one = probes[i];
      const std::uint64_t bit = std::uint64_t{1} << i;
      if ((failed & bit) != 0) continue;
      const bool by_server = is_hinted(one.ports, server_port);
      const bool by_client = is_hinted(one.ports, hint.client_port);
      const unsigned its_round = by_server ? 0 : by_client ? 1 : one.any_port ? 2 : 3;
      if (its_round != round) continue;
      switch (one.spec->probe(bytes, direction, hint.is_udp)) {
        case Recognition::yes: return {one.spec->id, false};
        case Recognition::yes_other_side: return {one.spec->id, true};
        case Recognition::no: failed |= bit; break;
        case Recognition::unsure: is_open = true; break;
      }
    }
  }
  if (!is_open) app.flags[index_of(direction)] |= app_flag::probes_done;
  return {};
}

Recognized Recognizer::recognise(AppFlow& app, Direction direction, Bytes bytes, const RecognitionHint& hint) const noexcept {
  if (bytes.empty()) return {};
  std::uint8_t& flags = app.flags[index_of(direction)];
  const auto& tables = tables_[hint.is_udp ? 1 : 0];
  if ((flags & app_flag::patterns_done) == 0) {
    const Table& table = tables[index_of(direction)];
    const AppProtocol found = match(table, bytes);
    if (found != AppProtocol::unknown) return {found, false};
    std::size_t depth = table.depth;
    if (hint.try_other_side) {
      const Table& other = tables[index_of(opposite(direction))];
      const AppProtocol reversed = match(other, bytes);
      if (reversed != AppProtocol::unknown) return {reversed, true};
      depth = std::max(depth, other.depth);
    }
    if (bytes.size() >= depth) flags |= app_flag::patterns_done;
  }
  if ((flags & app_flag::probes_done) != 0) return {};
  return probe(app, direction, bytes, hint);
}

}  // namespace hd
