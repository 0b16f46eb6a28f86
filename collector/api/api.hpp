// SPDX-License-Identifier: Apache-2.0
// The collector's web side: JSON API under /api/v1, live stream, metrics, and the files of the console.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/report/report.hpp"
#include "collector/store/store.hpp"
#include "sensor/base/log.hpp"
#include "sensor/base/result.hpp"
#include "sensor/serve/http.hpp"
#include "sensor/serve/metrics.hpp"

namespace hd {

/// Makes a report; adds what the program knows beside the store (who reports).
using ReportMaker = std::function<Result<std::string>(ReportParts, ReportForm)>;

struct ApiOptions {
  std::string console = {};   ///< folder of the built console; empty: API only
  ReportMaker report = {};    ///< empty: reports are answered with 503
  /// Further families for /metrics (link, ledger), read at each asking; may be empty.
  std::function<std::vector<MetricFamily>()> metrics = {};
  bool opens_metrics = false;  ///< /metrics for everyone who reaches the port; else for this machine only
  bool has_real_name = false;  ///< the certificate is one that browsers trust: HSTS is sent
  bool is_cheap = false;       ///< passwords are hashed at the least cost (tests)
  std::chrono::milliseconds stream_pause{250};  ///< how often the store is asked for changes
};

/// Threads: handle() may be called from several at once. The stream's thread runs from make() to stop().
class Api {
 public:
  /// Reads the console's files. Errors: E4001 when the folder cannot be read; `store` and `clock` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Api>> make(Store& store, Clock& clock, Logger logger, ApiOptions options);
  /// stop().
  ~Api();

  /// Answers any request; to be given to Server::start.
  [[nodiscard]] Response handle(const Request& request);
  /// Ends all streams. To be called before the server is destroyed.
  void stop();

 private:
  struct Body;
  explicit Api(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace hd
