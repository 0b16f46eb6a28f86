// SPDX-License-Identifier: Apache-2.0
#include "collector/verbs/collector_config.hpp"

#include <array>
#include <charconv>

namespace hd {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"error", "warning", "info", "debug"};
constexpr std::array<std::string_view, 1> kNever = {"never"};
constexpr std::array<std::string_view, 1> kAuto = {"auto"};
constexpr std::string_view kClosed = "closed";

constexpr Setting kRows[] = {
    {.key = "store.path", .fallback = "/var/lib/haidang-collector/store", .summary = "folder of the store and of the keys"},
    {.key = "store.stop_below", .unit = Unit::bytes, .fallback = "auto", .choices = kAuto, .summary = "free on its disk: with less no alerts are taken, and what people do still works; auto: 256MiB, at most a twentieth of it",
     .counter = "store_kept_back"},

    {.key = "ingest.bind", .fallback = "tcp://127.0.0.1:7701", .summary = "where sensors deliver; port 0: a free one"},
    {.key = "ingest.enrol", .fallback = "tcp://127.0.0.1:7704", .summary = "where sensors with an invitation come in, or closed"},
    {.key = "ingest.address", .summary = "host name or address that sensors are told; default: the one that is bound"},
    {.key = "ingest.key", .summary = "file of the collector's key pair; default: keys/collector.key in the store, made at first start"},

    {.key = "http.bind", .fallback = "127.0.0.1:8443", .summary = "console and API; port 0: a free one"},
    {.key = "http.plain", .unit = Unit::flag, .fallback = "false", .summary = "without TLS; only on this machine's own address"},
    {.key = "http.tls.certificate", .summary = "PEM file; default: made in the store at first start"},
    {.key = "http.tls.key", .summary = "PEM file that belongs to it"},
    {.key = "http.console", .summary = "folder of the built console; default: the installed one"},

    {.key = "duty.packs", .summary = "file of clock packs; default: the installed one"},
    {.key = "duty.pack", .fallback = "vn-kg-1556", .summary = "the clock pack that incidents go by"},
    {.key = "systems", .summary = "file of protected systems with their levels; default: none"},

    {.key = "organisation.name", .summary = "who reports; stands on every form"},
    {.key = "organisation.address", .summary = "of the organisation"},
    {.key = "organisation.phone", .summary = "of the organisation"},
    {.key = "organisation.mail", .summary = "of the organisation"},
    {.key = "organisation.contact.name", .summary = "who answers the authority at any hour; default: who makes the report"},
    {.key = "organisation.contact.position", .summary = "of that person"},
    {.key = "organisation.contact.phone", .summary = "telephone and mail of that person"},
    {.key = "organisation.upstream", .summary = "providers of the connection to the Internet"},

    {.key = "ledger.check_every", .unit = Unit::duration, .fallback = "15m", .low = kSecond, .high = 86'400 * kSecond, .choices = kNever,
     .summary = "how often the whole ledger is checked for the meters"},
    {.key = "metrics.open", .unit = Unit::flag, .fallback = "false", .summary = "/metrics for everyone who reaches the port; else for this machine"},
    {.key = "log.level", .fallback = "info", .choices = kLevels, .summary = "error, warning, info, debug"},
};

CollectorSettings settings_of(const ConfigTree& tree, const Section& root, ConfigErrors& errors) {
  CollectorSettings settings{.store = root.text("store.path"), .packs = root.text("duty.packs"), .pack = root.text("duty.pack"), .systems = root.text("systems"),
                             .link = root.text("ingest.bind"), .enrol = root.text("ingest.enrol"), .address = root.text("ingest.address"), .key = root.text("ingest.key"),
                             .is_plain_http = root.flag("http.plain"), .certificate = root.text("http.tls.certificate"), .certificate_key = root.text("http.tls.key"),
                             .console = root.text("http.console"), .opens_metrics = root.flag("metrics.open"), .log_level = root.text("log.level")};
  settings.organisation = {.name = root.text("organisation.name"), .address = root.text("organisation.address"), .phone = root.text("organisation.phone"),
                           .mail = root.text("organisation.mail"), .contact = root.text("organisation.contact.name"),
                           .contact_position = root.text("organisation.contact.position"), .contact_phone = root.text("organisation.contact.phone"),
                           .upstream = root.text("organisation.upstream")};
  if (settings.enrol == kClosed) settings.enrol.clear();
  if (!root.is("store.stop_below", "auto")) settings.stop_below = root.bytes("store.stop_below");
  if (settings.key.empty()) settings.key = settings.store + "/keys/collector.key";
  if (!root.is("ledger.check_every", "never")) settings.ledger_every = root.duration("ledger.check_every");
  const auto wrong = [&](std::string_view key, const std::string& what) { errors.push_back(tree.error_at(root.place(key), ErrorCode::E3102, what)); };
  ListenAddress ignored;
  if (!parse_listen(root.text("http.bind"), &settings.http)) wrong("http.bind", "http.bind: \"" + root.text("http.bind") + "\" is not HOST:PORT");
  if (!parse_endpoint(settings.link, &ignored)) wrong("ingest.bind", "ingest.bind: \"" + settings.link + "\" is not tcp://HOST:PORT");
  if (!settings.enrol.empty() && !parse_endpoint(settings.enrol, &ignored)) wrong("ingest.enrol", "ingest.enrol: \"" + settings.enrol + "\" is neither tcp://HOST:PORT nor closed");
  if (settings.certificate.empty() != settings.certificate_key.empty()) wrong("http.tls.certificate", "http.tls needs both, certificate and key");
  if (settings.is_plain_http && !settings.certificate.empty()) wrong("http.plain", "http.plain and http.tls exclude each other");
  return settings;
}

}  // namespace

bool parse_listen(std::string_view text, ListenAddress* address) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return false;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return false;  // an IPv6 address stands in brackets
  }
  const std::string_view port = text.substr(colon + 1);
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), address->port);
  if (port.empty() || code != std::errc() || end != port.data() + port.size() || host.empty()) return false;
  address->host = std::string(host);
  return true;
}

bool parse_endpoint(std::string_view text, ListenAddress* address) {
  constexpr std::string_view kScheme = "tcp://";
  return text.starts_with(kScheme) && parse_listen(text.substr(kScheme.size()), address);
}

std::span<const Setting> collector_rows() { return kRows; }

CollectorConfigFile read_collector_config(const std::string& path, std::span<const std::pair<std::string, std::string>> overrides, const Environment& environment, ConfigErrors& errors) {
  CollectorConfigFile file;
  if (!path.empty()) file.tree = read_config(path, environment, errors);
  for (const auto& [key, value] : overrides) set_config(file.tree, key, value, "the command line");
  const Section root = check_config(file.tree, collector_rows(), errors);
  if (errors.empty()) file.settings = settings_of(file.tree, root, errors);
  return file;
}

}  // namespace hd
