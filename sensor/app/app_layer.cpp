// SPDX-License-Identifier: Apache-2.0
// One call of AppLayer::take: recognise, then show bytes to the parser until it wants no more.
#include "sensor/app/app_layer.hpp"

#include <algorithm>
#include <utility>

namespace hd {
namespace {

/// Bytes of one direction after which an unrecognised flow is given up.
constexpr std::size_t kRecogniseMax = 100'000;

void set(std::uint8_t& flags, unsigned flag) noexcept { flags = static_cast<std::uint8_t>(flags | flag); }

bool has(const AppFlow& app, Direction direction, std::uint8_t flag) noexcept {
  return (app.flags[index_of(direction)] & flag) != 0;
}

void merge(ParserRequests& into, const ParserRequests& from) noexcept {
  into.stop_payload |= from.stop_payload;
  into.bypass |= from.bypass;
  for (std::size_t i = 0; i < 2; ++i) into.flush_raw[i] |= from.flush_raw[i];
  if (from.change_to != AppProtocol::unknown) into.change_to = from.change_to;
  into.recognise_again |= from.recognise_again;
  if (from.port != 0) into.port = from.port;
  if (from.announces == AppProtocol::unknown) return;
  into.announces = from.announces;
  into.announced_port = from.announced_port;
  into.announced_note = from.announced_note;
  into.announced_name = from.announced_name;
}

bool given_up(const AppFlow& app, Direction direction) noexcept {
  constexpr std::uint8_t kBoth = app_flag::patterns_done | app_flag::probes_done;
  return (app.flags[index_of(direction)] & kBoth) == kBoth;
}

}  // namespace

void AppAnswer::add(const AppAnswer& later) noexcept {
  used += later.used;
  is_stopped |= later.is_stopped;
  has_failed |= later.has_failed;
  merge(requests, later.requests);
}

void swap_directions(AppFlow& app) noexcept {
  std::swap(app.seen[0], app.seen[1]);
  std::swap(app.flags[0], app.flags[1]);
  std::swap(app.needed[0], app.needed[1]);
  std::swap(app.probes_failed[0], app.probes_failed[1]);
  if (app.has_first) app.first_data = opposite(app.first_data);
}

/// One call of take(): what is known of it, and what it answers.
struct AppLayer::Step {
  AppLayer& layer;
  AppFlow& app;
  Direction direction;
  const AppInput& input;
  const AppContext& context;
  AppAnswer answer = {};

  [[nodiscard]] std::uint8_t& flags() noexcept { return app.flags[index_of(direction)]; }
  [[nodiscard]] Direction other() const noexcept { return opposite(direction); }

  ParserOut make_out() noexcept {
    ParserOut out(app, layer.transactions_, layer.pool_, layer.counters_);
    out.now = context.now;
    out.is_truncated = context.is_truncated;
    out.is_udp = context.is_udp;
    out.server_port = context.server_port;
    out.is_end = input.is_end;
    return out;
  }

  void stop() noexcept {
    set(flags(), app_flag::done | app_flag::recognised);
    answer.is_stopped = true;
  }

  // The parser's state ends with its flow, not here: transactions may still be looked at.
  void fail() noexcept {
    for (std::uint8_t& one : app.flags) set(one, app_flag::done | app_flag::recognised);
    if (app.protocol == AppProtocol::unknown) app.protocol = AppProtocol::failed;
    answer.is_stopped = true;
  }

  /// Makes the parser of a protocol that was recognised first in this flow.
  bool begin(AppProtocol protocol) noexcept {
    if (app.is_changing) {
      layer.drop_parser(app);
      app.is_changing = false;
    }
    app.protocol = protocol;
    app.spec = nullptr;
    ++layer.counters_.flows[static_cast<std::size_t>(protocol)];
    const ProtocolSpec* spec = layer.recognizer_.parser_of(protocol, context.is_udp);
    if (spec == nullptr) return false;
    if (spec->state_size > 0) {
      app.state = layer.pool_.take(spec->state_size);
      if (app.state.empty()) {
        ++layer.counters_.memory_limit;
        return false;
      }
      std::fill(app.state.begin(), app.state.end(), std::uint8_t{0});
    }
    app.spec = spec;
    if (spec->begin != nullptr) spec->begin(app.state.data(), layer.options_.parsers);
    return true;
  }

  void act_on(const ParserOut& out) noexcept { merge(answer.requests, out.requests()); }

  /// Shows bytes until the parser takes nothing more.
  void parse() noexcept {
    app.is_parsing = true;
    while (answer.used < input.bytes.size() || (answer.used == 0 && context.is_udp)) {
      const Bytes rest = input.bytes.subspan(answer.used);
      if (rest.size() < app.needed[index_of(direction)] && !input.is_end) return;
      ParserOut out = make_out();
      const Progress progress = app.spec->take(app.state.data(), direction, rest, out);
      HD_ASSERT(progress.used <= rest.size());
      answer.used += progress.used;
      app.needed[index_of(direction)] = progress.needed;
      act_on(out);
      switch (progress.status) {
        case Progress::Status::more:
          if (progress.used == 0 || context.is_udp) return;
          break;
        case Progress::Status::done: stop(); return;
        case Progress::Status::failed:
          ++layer.counters_.errors[static_cast<std::size_t>(app.protocol)];
          fail();
          answer.has_failed = true;
          return;
        case Progress::Status::handed_on: change(out.requests()); return;
      }
    }
  }

  /// What follows speaks something else. The old parser stays until that is known.
  void change(const ParserRequests& requests) noexcept {
    app.is_changing = true;
    app.before_change = app.protocol;
    app.expected = requests.change_to;
    app.port = requests.port;
    app.seen = {};
    app.flags = {};
    app.needed = {};
    app.probes_failed = {};
    app.is_parsing = false;
    app.has_first = false;
  }

  void lose() noexcept {
    if (!has(app, direction, app_flag::recognised)) {
      stop();
      if (app.protocol == AppProtocol::unknown && has(app, other(), app_flag::done)) fail();
      return;
    }
    if (app.spec->gap == nullptr) {
      fail();
      return;
    }
    ParserOut out = make_out();
    const bool goes_on = app.spec->gap(app.state.data(), direction, input.gap, out);
    act_on(out);
    app.needed[index_of(direction)] = 0;
    if (!goes_on) fail();
  }

  void event(FlowAppEvent which) noexcept { make_out().flow_event(which); }

  /// A direction was recognised as `protocol`; false: nothing is to be parsed now.
  bool found(AppProtocol protocol) noexcept {
    set(flags(), app_flag::recognised);
    app.seen[index_of(direction)] = protocol;
    const AppProtocol theirs = app.seen[index_of(other())];
    const bool is_known = theirs != AppProtocol::unknown;
    if (app.is_changing && app.expected != AppProtocol::unknown && protocol != app.expected) {
      event(FlowAppEvent::unexpected_protocol);
      if (app.expected == AppProtocol::tls) event(FlowAppEvent::no_tls_after_starttls);
    }
    if (!is_known) return begin_new(protocol);
    if (theirs == protocol) return app.spec != nullptr;
    event(FlowAppEvent::mismatch_protocol_both_directions);
    // The server knows better what it speaks, unless the parser has begun.
    if (app.is_parsing || direction == Direction::to_server) return app.spec != nullptr;
    layer.drop_parser(app);
    return begin_new(protocol);
  }

  bool begin_new(AppProtocol protocol) noexcept {
    if (app.is_changing && protocol == app.before_change && app.spec != nullptr) {
      app.is_changing = false;
      return true;
    }
    if (begin(protocol)) return true;
    for (std::uint8_t& one : app.flags) set(one, app_flag::done | app_flag::recognised);
    answer.is_stopped = true;
    return false;
  }

  /// Who spoke first matters to some protocols; and who did is shown first.
  bool may_parse() noexcept {
    if (app.is_parsing) return true;
    const Directions first = app.spec->first_data;
    if (app.has_first && app.first_data != direction && !has(app, other(), app_flag::recognised | app_flag::done)) {
      answer.other_first = true;
      return false;
    }
    if (first == Directions::none || context.is_one_sided) return true;
    if (app.has_first && !contains(first, app.first_data)) {
      event(FlowAppEvent::wrong_direction_first_data);
      fail();
      return false;
    }
    return contains(first, direction);
  }

  /// Nothing was found (yet) in this direction. True: go by what the other direction speaks.
  bool not_found() noexcept {
    const bool is_over = given_up(app, direction) || input.bytes.size() > kRecogniseMax || input.is_end;
    if (app.seen[index_of(other())] != AppProtocol::unknown) {
      if (app.spec != nullptr && !app.is_parsing && !context.is_one_sided && app.spec->first_data != Directions::none &&
          !contains(app.spec->first_data, direction) && app.has_first && app.first_data == direction) {
        event(FlowAppEvent::wrong_direction_first_data);
        fail();
        return false;
      }
      if (!is_over) return false;
      event(FlowAppEvent::detect_protocol_only_one_direction);
      set(flags(), app_flag::recognised);
      app.seen[index_of(direction)] = app.protocol;
      return app.spec != nullptr;
    }
    if (context.is_midstream && direction == Direction::to_server && given_up(app, direction)) fail();
    else if (is_over && !app.is_changing && (input.bytes.size() > kRecogniseMax || given_up(app, other()))) fail();
    return false;
  }

  void run() noexcept {
    if (app.protocol == AppProtocol::failed || has(app, direction, app_flag::done)) {
      answer.used = input.bytes.size();
      answer.is_stopped = true;
      return;
    }
    if (input.gap > 0) lose();
    if (answer.is_stopped || input.bytes.empty()) return;
    if (!app.has_first) {
      app.has_first = true;
      app.first_data = direction;
    }
    if (!has(app, direction, app_flag::recognised)) {
      const RecognitionHint hint{.client_port = context.client_port, .server_port = context.server_port,
                                 .is_udp = false, .try_other_side = layer.options_.try_other_side};
      const Recognized result = app.announced != nullptr ? Recognized{app.announced->protocol, false}
                                                         : layer.recognizer_.recognise(app, direction, input.bytes, hint);
      if (result.is_reversed && app.seen[index_of(other())] == AppProtocol::unknown) {
        answer.is_reversed = true;
        return;
      }
      if (result.protocol == AppProtocol::unknown) {
        if (!not_found()) return;
      } else if (!found(result.protocol)) {
        return;
      }
    }
    if (app.spec == nullptr || !may_parse()) return;
    parse();
  }
};

AppLayer::AppLayer(const AppOptions& options, std::span<const ProtocolSpec* const> specs)
    : options_(options),
      recognizer_(specs, options.protocols),
      pool_(options.memory),
      flows_(options.flows_max),
      transactions_(options.transactions_max) {}

AppAnswer AppLayer::take(AppFlow& app, Direction direction, const AppInput& input, const AppContext& context) noexcept {
  if (context.is_udp) return take_udp(app, direction, input, context);
  Step step{*this, app, direction, input, context};
  step.run();
  if (input.is_end && !step.answer.other_first && !step.answer.is_reversed) {
    finish_direction(app, direction, context, step.answer);
  }
  return step.answer;
}

// Each direction is looked at once, by its first datagram; one that is not recognised goes by the other.
AppAnswer AppLayer::take_udp(AppFlow& app, Direction direction, const AppInput& input, const AppContext& context) noexcept {
  Step step{*this, app, direction, input, context};
  if (!has(app, direction, app_flag::recognised)) {
    const RecognitionHint hint{.client_port = context.client_port, .server_port = context.server_port, .is_udp = true};
    const Recognized result = recognizer_.recognise(app, direction, input.bytes, hint);
    const AppProtocol theirs = app.seen[index_of(opposite(direction))];
    const bool is_known = theirs != AppProtocol::unknown && theirs != AppProtocol::failed;
    if (result.is_reversed && !is_known) {
      step.answer.is_reversed = true;
      return step.answer;
    }
    set(step.flags(), app_flag::recognised);
    app.seen[index_of(direction)] = result.protocol == AppProtocol::unknown ? AppProtocol::failed : result.protocol;
    if (result.protocol == AppProtocol::unknown) {
      if (is_known) app.seen[index_of(direction)] = theirs;
      else app.protocol = AppProtocol::failed;
    } else if (!is_known) {
      step.begin(result.protocol);
    } else if (theirs != result.protocol) {
      step.event(FlowAppEvent::mismatch_protocol_both_directions);
    }
  }
  if (app.spec == nullptr || has(app, direction, app_flag::done)) {
    step.answer.is_stopped = true;
    return step.answer;
  }
  step.parse();
  return step.answer;
}

void AppLayer::finish_direction(AppFlow& app, Direction direction, const AppContext& context, AppAnswer& answer) noexcept {
  std::uint8_t& flags = app.flags[index_of(direction)];
  if ((flags & app_flag::finished) != 0) return;
  set(flags, app_flag::finished);
  if (app.spec == nullptr || app.spec->finish == nullptr || !app.is_parsing || (flags & app_flag::done) != 0) return;
  const AppInput nothing{.bytes = {}, .is_end = true};
  Step step{*this, app, direction, nothing, context};
  ParserOut out = step.make_out();
  app.spec->finish(app.state.data(), direction, out);
  merge(answer.requests, out.requests());
}

AppFlow* AppLayer::begin(FlowRecord& flow) noexcept {
  if (!flow.app) {
    flow.app = flows_.acquire();
    if (!flow.app) {
      ++counters_.memory_limit;
      return nullptr;
    }
  }
  return &flows_[flow.app];
}

// Detection may still hold records of the old protocol's transactions until now; they go with the parser.
void AppLayer::drop_parser(AppFlow& app) noexcept {
  while (app.first != nullptr) release(app, app.first);
  if (app.spec != nullptr && app.spec->end != nullptr) app.spec->end(app.state.data());
  if (!app.state.empty()) pool_.give(app.state);
  app.state = {};
  app.spec = nullptr;
}

void AppLayer::release(AppFlow& app, Transaction* tx) noexcept {
  if (tx->previous == nullptr) app.first = tx->next;
  else tx->previous->next = tx->next;
  if (tx->next == nullptr) app.last = tx->previous;
  else tx->next->previous = tx->previous;
  --app.live;
  transactions_.release(transactions_.index_of(*tx));
}

bool AppLayer::is_done(const AppFlow& app, const Transaction& tx) noexcept {
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    const unsigned i = index_of(direction);
    if (tx.is_skipped[i]) continue;
    if (app.spec == nullptr || tx.progress[i] < app.spec->complete[i] || !tx.is_inspected[i]) return false;
  }
  return true;
}

void AppLayer::release_done(FlowRecord& flow) noexcept {
  AppFlow* app = find(flow);
  if (app == nullptr) return;
  app->events_seen = app->events;
  for (Transaction* tx = app->first; tx != nullptr;) {
    Transaction* next = tx->next;
    if (is_done(*app, *tx)) release(*app, tx);
    tx = next;
  }
}

void AppLayer::finish(FlowRecord& flow, PacketTime now) noexcept {
  AppFlow* app = find(flow);
  if (app == nullptr) return;
  AppContext context{.now = now, .client_port = flow.client_port, .server_port = flow.server_port,
                     .is_udp = flow.protocol == ip_protocol::udp};
  AppAnswer answer;
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    finish_direction(*app, direction, context, answer);
  }
}

void AppLayer::end(FlowRecord& flow) noexcept {
  AppFlow* app = find(flow);
  if (app == nullptr) return;
  drop_parser(*app);
  if (app->announced != nullptr) expectations_.release(*app->announced);
  flows_.release(flow.app);
  flow.app = {};
}

}  // namespace hd
