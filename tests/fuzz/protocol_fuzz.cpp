// SPDX-License-Identifier: Apache-2.0
// Every protocol through recognition and its parser, under cuts, gaps and ends that the input chooses. After each step all
// buffers, fields and the record are read, as detection and the writer would.
//
// Input: byte 0 picks the protocol by its number (0: all of them) and the transport, byte 1 settings; then pieces of [kind u8][length u8][bytes]:
// kind bit 0 direction, bit 1 gap instead of bytes, bit 2 the direction ends, bit 3 show byte by byte, bits 4-7 times 256
// added to the length.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <span>
#include <vector>

#include "sensor/app/app_layer.hpp"
#include "sensor/registry/tables.hpp"

namespace {

using namespace hd;

constexpr unsigned kInstancesMax = 300;

void insist(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "protocol_fuzz: %s\n", what);
  std::abort();
}

struct Fixture {
  Fixture(const AppOptions& options, std::vector<const ProtocolSpec*> specs) : layer(options, specs) {}
  AppLayer layer;
  BufferPool pool{std::size_t{4} << 20};
};

/// What detection and the writer do with a transaction.
std::size_t look(AppFlow& app, Transaction& tx, BufferPool& pool, bool is_flow_end) {
  Arena scratch(pool);
  std::size_t seen = 0;
  std::array<std::uint8_t, 16384> room;
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    for (const BufferSpec& row : app.spec->buffers) {
      if (!contains(row.directions, direction) || tx.progress[index_of(direction)] < row.progress[index_of(direction)]) continue;
      for (unsigned i = 0; i < (row.is_multi ? kInstancesMax : 1); ++i) {
        Buffer out;
        if (!row.get(tx, {.direction = direction, .instance = i, .is_flow_end = is_flow_end, .scratch = &scratch}, out)) break;
        for (const std::uint8_t byte : out.bytes) seen += byte;
      }
    }
    for (const FieldSpec& row : app.spec->fields) {
      std::uint64_t value = 0;
      for (unsigned i = 0; i < kInstancesMax && row.get(tx, direction, i, value); ++i) seen += value;
    }
  }
  RecordSink sink(room);
  app.spec->record(tx, sink);
  return seen + sink.used();
}

void check(AppFlow& app) {
  std::uint32_t count = 0;
  std::uint64_t id = 0;
  const Transaction* previous = nullptr;
  for (const Transaction* tx = app.first; tx != nullptr; tx = tx->next) {
    insist(tx->previous == previous, "the list of transactions is broken");
    insist(previous == nullptr || tx->id > id, "ids of transactions do not rise");
    id = tx->id;
    previous = tx;
    ++count;
  }
  insist(app.last == previous && app.live == count, "the count of transactions is wrong");
  insist(count <= ParserOut::kTransactionsOpen, "more transactions than the limit");
}

class Flow {
 public:
  Flow(Fixture& fixture, bool is_udp) : fixture_(fixture), is_udp_(is_udp) {
    flow_.client_port = 40000;
    flow_.protocol = is_udp ? ip_protocol::udp : ip_protocol::tcp;
    app_ = fixture.layer.begin(flow_);
  }
  ~Flow() {
    fixture_.layer.finish(flow_, {});
    look_at_all(true);
    fixture_.layer.end(flow_);
  }

  void show(Direction direction, Bytes bytes, std::uint64_t gap, bool is_end) {
    std::vector<std::uint8_t>& waiting = waiting_[index_of(direction)];
    waiting.insert(waiting.end(), bytes.begin(), bytes.end());
    // A copy of the exact size: a read beyond it is seen by the sanitizer.
    std::vector<std::uint8_t> shown(waiting);
    const AppContext context{.client_port = 40000, .server_port = server_port, .is_udp = is_udp_};
    const AppAnswer answer = fixture_.layer.take(*app_, direction, {.bytes = shown, .gap = gap, .is_end = is_end}, context);
    insist(answer.used <= shown.size(), "more bytes used than shown");
    std::fill(shown.begin(), shown.end(), std::uint8_t{0xdd});  // nobody may keep a pointer into a packet
    if (is_udp_ || waiting.size() > 200'000) waiting.clear();
    else waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(answer.used));
    check(*app_);
    look_at_all(false);
    for (Transaction* tx = app_->first; tx != nullptr; tx = tx->next) {
      for (const Direction one : {Direction::to_server, Direction::to_client}) {
        const unsigned i = index_of(one);
        tx->is_inspected[i] = app_->spec != nullptr && tx->progress[i] >= app_->spec->complete[i];
      }
    }
    fixture_.layer.release_done(flow_);
    check(*app_);
  }

  std::uint16_t server_port = 53;

 private:
  void look_at_all(bool is_flow_end) {
    if (app_->spec == nullptr) return;
    int looked = 0;
    for (Transaction* tx = app_->first; tx != nullptr && looked < 8; tx = tx->next, ++looked) sum_ += look(*app_, *tx, fixture_.pool, is_flow_end);
  }

  Fixture& fixture_;
  bool is_udp_;
  FlowRecord flow_ = {};
  AppFlow* app_ = nullptr;
  std::array<std::vector<std::uint8_t>, 2> waiting_ = {};
  std::size_t sum_ = 0;
};

AppOptions options_of(std::uint8_t settings) {
  AppOptions options{.flows_max = 4, .transactions_max = 600, .memory = std::size_t{16} << 20};
  options.try_other_side = (settings & 1) != 0;
  if ((settings & 2) != 0) options.parsers.http_response_body_limit = options.parsers.http_request_body_limit = 300;
  if ((settings & 4) != 0) {
    options.parsers.http_response_inspect_min = options.parsers.http_request_inspect_min = 64;
    options.parsers.http_response_inspect_window = options.parsers.http_request_inspect_window = 32;
  }
  options.parsers.http_double_decode_path = options.parsers.http_double_decode_query = (settings & 8) != 0;
  if ((settings & 16) != 0) options.memory = std::size_t{1} << 16;
  if ((settings & 32) != 0) options.parsers.http_decompress_layers = 0;
  return options;
}

void run(Bytes input) {
  if (input.size() < 3) return;
  const bool is_udp = (input[0] & 0x80) != 0;
  const std::size_t pick = input[0] & 0x7f;
  const std::span<const ProtocolSpec* const> all = registry::k_protocol_tables;
  std::vector<const ProtocolSpec*> specs;
  std::copy_if(all.begin(), all.end(), std::back_inserter(specs), [&](const ProtocolSpec* one) { return static_cast<std::size_t>(one->id) == pick; });
  if (specs.empty()) specs.assign(all.begin(), all.end());
  Fixture fixture(options_of(input[1]), specs);
  {
    Flow flow(fixture, is_udp);
    const std::span<const std::uint16_t> ports = is_udp ? specs.front()->udp_ports : specs.front()->tcp_ports;
    flow.server_port = (input[1] & 64) != 0 ? 443 : specs.size() == 1 && !ports.empty() ? ports.front() : 53;
    input = input.subspan(2);
    for (int pieces = 0; input.size() >= 2 && pieces < 256; ++pieces) {
      const std::uint8_t kind = input[0];
      const std::size_t length = std::min<std::size_t>(input[1] + (kind >> 4) * 256u, input.size() - 2);
      const Bytes piece = input.subspan(2, length);
      input = input.subspan(2 + length);
      const Direction direction = (kind & 1) != 0 ? Direction::to_client : Direction::to_server;
      const bool is_end = (kind & 4) != 0;
      if ((kind & 2) != 0) {
        flow.show(direction, {}, length + 1, is_end);
      } else if ((kind & 8) != 0 && !is_udp) {
        for (std::size_t i = 0; i < piece.size(); ++i) flow.show(direction, piece.subspan(i, 1), 0, is_end && i + 1 == piece.size());
      } else {
        flow.show(direction, piece, 0, is_end);
      }
    }
  }
  insist(fixture.layer.transactions() == 0 && fixture.layer.memory_used() == 0, "memory was not given back");
  insist(fixture.pool.used() == 0, "scratch memory was not given back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run({data, size});
  return 0;
}
