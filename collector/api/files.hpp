// SPDX-License-Identifier: Apache-2.0
// The built console, read once at start and served from memory: hashed names for ever, the page itself never kept.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "sensor/base/result.hpp"
#include "sensor/serve/http.hpp"

namespace hd::api {

inline constexpr std::size_t kConsoleBytesMax = 32u << 20;

class ConsoleFiles {
 public:
  /// Reads index.html and assets/ (each with its .gz beside it when there is one). Errors: E4001.
  [[nodiscard]] static Result<ConsoleFiles> load(const std::string& folder);

  /// The file of the path; for any path that names no file the page itself, which finds its way by the address.
  [[nodiscard]] Response answer(const Request& request) const;
  [[nodiscard]] bool is_there() const noexcept { return !files_.empty(); }

 private:
  struct File {
    std::string media = {};
    std::shared_ptr<const std::string> plain = {}, packed = {};
    bool is_kept = false;
  };
  std::map<std::string, File> files_ = {};
};

}  // namespace hd::api
