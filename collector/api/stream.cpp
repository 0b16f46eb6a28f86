// SPDX-License-Identifier: Apache-2.0
#include "collector/api/stream.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "collector/domain/alert.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd::api {
namespace {

constexpr std::uint32_t kBatch = 500;
constexpr Nanos kHeartbeat = 15 * kSecond, kSessionCheck = 60 * kSecond;

std::string event_text(std::uint64_t number, std::string_view name, std::string_view data) {
  std::string text = "id: " + std::to_string(number) + "\nevent: " + std::string(name) + "\ndata: ";
  text += data;
  return text + "\n\n";
}

std::string change_text(const Change& change) {
  std::string data;
  JsonWriter json(data);
  json.begin_object().field("topic", change.topic).field("reference", change.reference).end_object();
  return event_text(change.number, "change", data);
}

}  // namespace

StreamHub::StreamHub(Store& store, Clock& clock, std::chrono::milliseconds pause) : store_(store), clock_(clock), pause_(pause), thread_([this] { run(); }) {}
StreamHub::~StreamHub() { stop(); }

bool StreamHub::has_room(const std::string& session_hash) {
  const std::lock_guard guard(mutex_);
  std::erase_if(readers_, [](const Reader& reader) { return !reader.stream->is_open(); });
  const auto own = static_cast<std::size_t>(std::ranges::count(readers_, session_hash, &Reader::session_hash));
  return readers_.size() < kStreamsMax && own < kStreamsSessionMax;
}

void StreamHub::add(std::shared_ptr<Stream> stream, const std::string& session_hash, std::uint64_t after) {
  const std::uint64_t last = store_.last_change().value_or(0);
  const Ticks now = clock_.ticks();
  std::uint64_t from = after == 0 || after > last ? last : after;
  std::string hello;
  JsonWriter json(hello);
  json.begin_object().field("as_of", utc_text(clock_.wall())).field("change", from).end_object();
  std::string text = "retry: 2000\n" + event_text(from, "hello", hello);
  if (last - from > kResumeMax) {
    from = last;
    text = "retry: 2000\n" + event_text(from, "reload", "{}");
  }
  if (!stream->send(std::move(text))) return;
  const std::lock_guard guard(mutex_);
  if (is_stopping_) return stream->close();
  readers_.push_back({.stream = std::move(stream), .session_hash = session_hash, .number = from, .spoken = now, .checked = now});
  woken_.notify_all();
}

void StreamHub::stop() {
  {
    const std::lock_guard guard(mutex_);
    is_stopping_ = true;
    woken_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  for (Reader& reader : readers_) reader.stream->close();
  readers_.clear();
}

// The store is asked once for all readers, and only while there are any.
void StreamHub::run() {
  std::unique_lock guard(mutex_);
  while (!is_stopping_) {
    if (readers_.empty()) {
      woken_.wait(guard, [this] { return is_stopping_ || !readers_.empty(); });
      continue;
    }
    woken_.wait_for(guard, pause_, [this] { return is_stopping_; });
    if (is_stopping_) return;
    const auto last = store_.last_change();
    const Ticks now = clock_.ticks();
    for (Reader& reader : readers_) {
      if (last) feed(reader, *last, now);
      if (!is_still_let_in(reader, now)) reader.stream->close();
    }
    std::erase_if(readers_, [](const Reader& reader) { return !reader.stream->is_open(); });
  }
}

void StreamHub::feed(Reader& reader, std::uint64_t last, Ticks now) {
  std::string text;
  if (last > reader.number) {
    const auto changes = store_.changes_after(reader.number, kBatch);
    if (!changes || changes->empty()) return;
    // A storm names the same thing many times: the last is enough.
    std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> newest;
    for (const Change& change : *changes) newest[{change.topic, change.reference}] = change.number;
    for (const Change& change : *changes) {
      if (newest.at({change.topic, change.reference}) == change.number) text += change_text(change);
    }
    reader.number = changes->back().number;
  } else if (now - reader.spoken > kHeartbeat) {
    text = ": still here\n\n";
  }
  if (text.empty()) return;
  reader.spoken = now;
  (void)reader.stream->send(std::move(text));
}

bool StreamHub::is_still_let_in(Reader& reader, Ticks now) {
  if (now - reader.checked < kSessionCheck) return true;
  reader.checked = now;
  const auto session = store_.session(reader.session_hash, clock_.wall());
  return !session || session->has_value();
}

}  // namespace hd::api
