// SPDX-License-Identifier: Apache-2.0
#include "sensor/spool/spool.hpp"

namespace hd {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

void Spool::post(SensorEvent event, Now now) {
  answers_.push_back(std::move(event));
  while (!answers_.empty()) {
    SensorEvent next = std::move(answers_.front());
    answers_.pop_front();
    for (SensorAction& action : core_.step(std::move(next), now)) run(action, now);
  }
}

void Spool::run(SensorAction& action, Now now) {
  namespace a = spool_action;
  namespace e = spool_event;
  const auto answer = [this](auto event) { answers_.emplace_back(std::move(event)); };
  std::visit(
      Overloaded{
          [&](a::OpenEpoch& x) { answer(e::EpochOpened{.epoch = x.epoch, .ok = store_.open_epoch(x.epoch)}); },
          [&](a::Append& x) {
            e::Appended done = store_.append(x, now);
            const bool has_begun = !done.started.empty();
            answer(std::move(done));
            if (has_begun) answer(store_.usage());
          },
          [&](a::Sync& x) { port_.sync(store_.begin_sync(), x.token); },
          [&](a::PutNote& x) {
            const bool ok = store_.put_note(x.note, now);
            answer(e::NotePut{.note = std::move(x.note), .ok = ok});
            answer(store_.usage());
          },
          [&](a::DropThrough& x) { store_.drop_through(x.lane, x.through); },
          [&](a::DropNote& x) { store_.drop_note(x.lane, x.first); },
          [&](a::RemoveEpoch& x) {
            store_.remove_epoch(x.epoch);
            answer(store_.usage());
          },
          [&](a::MarkHeads& x) { port_.mark_heads(x); },
          [&](a::SaveCursors& x) { store_.save_cursors(x); },
          [&](a::SaveState& x) { answer(e::StateSaved{.ok = store_.save_state(x.state)}); },
          [&](a::Read& x) { answer(store_.read(x)); },
          [&](a::ChainAt& x) { answer(store_.chain_at(x)); },
          [&](a::Connect& x) { port_.connect(x.endpoint); },
          [&](a::Disconnect&) { port_.disconnect(); },
          [&](a::Send& x) { port_.send(std::move(x.message)); },
          [&](a::Control& x) { port_.control(x.envelope); },
          [&](a::Alarm& x) { port_.alarm(x.kind, x.text); },
          [&](a::Stopped&) { port_.stopped(); },
      },
      action);
}

}  // namespace hd
