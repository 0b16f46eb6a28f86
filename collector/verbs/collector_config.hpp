// SPDX-License-Identifier: Apache-2.0
// haidang-collector.yaml as an immutable value. Everything has a default; the command line lays its words over the file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/domain/form.hpp"
#include "sensor/base/config.hpp"

namespace hd {

/// host:port as people write it: 127.0.0.1:8443, [::1]:8443.
struct ListenAddress {
  std::string host = {};
  std::uint16_t port = 0;
};
/// False: no port, or not a number up to 65535.
[[nodiscard]] bool parse_listen(std::string_view text, ListenAddress* address);
/// Of tcp://HOST:PORT.
[[nodiscard]] bool parse_endpoint(std::string_view text, ListenAddress* address);

struct CollectorSettings {
  std::string store = {};
  std::optional<std::uint64_t> stop_below = {};  ///< free bytes below which no alerts are committed; nothing: by the disk's size
  std::string packs = {};    ///< file; empty: the installed one
  std::string pack = {};     ///< name of the clock pack that incidents go by
  std::string systems = {};  ///< file; empty: none
  Organisation organisation = {};  ///< who reports
  std::string link = {}, enrol = {};  ///< tcp://HOST:PORT; enrol is empty when closed
  std::string address = {};  ///< host that sensors are told; empty: what the links are bound to
  std::string key = {};      ///< file
  ListenAddress http = {};
  bool is_plain_http = false;
  std::string certificate = {}, certificate_key = {};  ///< both empty: made in the store
  std::string console = {};  ///< folder; empty: the installed one
  bool opens_metrics = false;
  Nanos ledger_every = 0;    ///< 0: never
  std::string log_level = {};
};

/// All rows of haidang-collector.yaml.
[[nodiscard]] std::span<const Setting> collector_rows();

/// A file that was read: its tree, for `config show`, and the value.
struct CollectorConfigFile {
  ConfigTree tree = {};
  CollectorSettings settings = {};
};

/// Every error is appended. `overrides` are laid over the file. An empty `path` gives the defaults.
[[nodiscard]] CollectorConfigFile read_collector_config(const std::string& path, std::span<const std::pair<std::string, std::string>> overrides,
                                                        const Environment& environment, ConfigErrors& errors);

}  // namespace hd
