// SPDX-License-Identifier: Apache-2.0
// Live events: what changed, as numbers of the store, never from memory; a client that comes back goes on where it was.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "collector/store/store.hpp"
#include "sensor/serve/http.hpp"

namespace hd::api {

inline constexpr std::size_t kStreamsMax = 500, kStreamsSessionMax = 4;
inline constexpr std::uint64_t kResumeMax = 10'000;  ///< changes further back are answered with "reload"

class StreamHub {
 public:
  StreamHub(Store& store, Clock& clock, std::chrono::milliseconds pause);
  ~StreamHub();

  /// Room for one more stream of a session?
  [[nodiscard]] bool has_room(const std::string& session_hash);
  /// Feeds a stream from `after` on; 0: from now.
  void add(std::shared_ptr<Stream> stream, const std::string& session_hash, std::uint64_t after);
  void stop();

 private:
  struct Reader {
    std::shared_ptr<Stream> stream = {};
    std::string session_hash = {};
    std::uint64_t number = 0;  ///< last that was sent
    Ticks spoken = {}, checked = {};
  };
  void run();
  void feed(Reader& reader, std::uint64_t last, Ticks now);
  [[nodiscard]] bool is_still_let_in(Reader& reader, Ticks now);

  Store& store_;
  Clock& clock_;
  std::chrono::milliseconds pause_;
  std::mutex mutex_ = {};
  std::condition_variable woken_ = {};
  std::vector<Reader> readers_ = {};
  bool is_stopping_ = false;
  std::thread thread_ = {};
};

}  // namespace hd::api
