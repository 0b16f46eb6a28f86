// SPDX-License-Identifier: Apache-2.0
#include "sensor/verbs/engine.hpp"

#include <filesystem>

#include "generated_classes.hpp"
#include "sensor/base/file.hpp"
#include "sensor/base/time.hpp"
#include "sensor/lang/address_text.hpp"
#include "sensor/lang/catalogue.hpp"
#include "sensor/lang/threshold_file.hpp"

namespace hd {
namespace {

FragmentPolicy fragment_policy(TargetPolicy policy) {
  switch (policy) {
    case TargetPolicy::linux:
    case TargetPolicy::old_linux: return FragmentPolicy::linux;
    case TargetPolicy::windows:
    case TargetPolicy::vista:
    case TargetPolicy::windows2k3: return FragmentPolicy::windows;
    case TargetPolicy::solaris:
    case TargetPolicy::old_solaris: return FragmentPolicy::solaris;
    case TargetPolicy::bsd_right: return FragmentPolicy::bsd_right;
    case TargetPolicy::first: return FragmentPolicy::first;
    case TargetPolicy::last: return FragmentPolicy::last;
    case TargetPolicy::macos:
    case TargetPolicy::hpux11: return FragmentPolicy::first;
    case TargetPolicy::unset:
    case TargetPolicy::bsd:
    case TargetPolicy::irix:
    case TargetPolicy::hpux10: return FragmentPolicy::bsd;
  }
  return FragmentPolicy::bsd;
}

FragmentPolicy fragment_policy_of(const void* context, const Address& target) noexcept {
  return fragment_policy(static_cast<const HostPolicies*>(context)->of(target));
}

Result<HostPolicies> host_policies(const EngineSettings& settings) {
  HostPolicies policies;
  for (const auto& [name, networks] : settings.host_os) {
    const auto policy = target_policy(name);
    if (!policy) return fail(ErrorCode::E3102, "stream.host_os: there is no policy \"" + name + "\"");
    for (const std::string& network : networks) {
      const std::size_t slash = network.find('/');
      const auto address = parse_address(network.substr(0, slash));
      if (!address) return fail(ErrorCode::E3102, "stream.host_os: \"" + network + "\" is not a network");
      const unsigned all = address->is_ip4() ? 32 : 128;
      const unsigned bits = slash == std::string::npos ? all : static_cast<unsigned>(std::min<unsigned long>(std::strtoul(network.c_str() + slash + 1, nullptr, 10), all));
      policies.add(*address, bits, *policy);
    }
  }
  return policies;
}

ProtocolChoices protocol_choices(const EngineSettings& settings) {
  ProtocolChoices choices{};
  for (const auto& [written, setting] : settings.protocols) {
    std::string name = written;
    bool over[2] = {true, true};
    for (const auto& [suffix, index] : {std::pair<std::string_view, int>{"-tcp", 0}, {"-udp", 1}}) {
      if (name.size() > suffix.size() && name.ends_with(suffix)) {
        name.resize(name.size() - suffix.size());
        over[1 - index] = false;
      }
    }
    for (std::size_t protocol = 0; protocol < kAppProtocols; ++protocol) {
      if (name_of(static_cast<AppProtocol>(protocol)) != name) continue;
      ProtocolChoice& choice = choices[protocol];
      for (std::size_t side = 0; side < 2; ++side) {
        if (!over[side]) continue;
        choice.mode[side] = setting.use == ProtocolUse::parse ? ParseMode::parse : setting.use == ProtocolUse::detect ? ParseMode::detect : ParseMode::off;
        if (setting.ports) {
          choice.has_ports[side] = true;
          choice.ports[side] = *setting.ports;
        }
      }
    }
  }
  return choices;
}

ParserSettings parser_settings(const EngineSettings& settings) {
  ParserSettings parsers;
  parsers.http_request_body_limit = static_cast<std::uint32_t>(settings.http_request_body_limit);
  parsers.http_response_body_limit = static_cast<std::uint32_t>(settings.http_response_body_limit);
  parsers.http_decompress_layers = static_cast<std::uint8_t>(settings.http_decompress_layers);
  parsers.http_double_decode_path = settings.http_double_decode_path;
  parsers.http_double_decode_query = settings.http_double_decode_query;
  const auto tls = settings.protocols.find("tls");
  if (tls != settings.protocols.end()) {
    parsers.tls_ja3 = tls->second.ja3.value_or(true);
    parsers.tls_ja4 = tls->second.ja4.value_or(true);
  }
  const auto ssh = settings.protocols.find("ssh");
  if (ssh != settings.protocols.end()) parsers.ssh_hassh = ssh->second.hassh.value_or(true);
  const auto ftp = settings.protocols.find("ftp");
  if (ftp != settings.protocols.end()) parsers.ftp_transactions_max = ftp->second.transactions_max.value_or(parsers.ftp_transactions_max);
  const auto dnp3 = settings.protocols.find("dnp3");
  if (dnp3 != settings.protocols.end()) parsers.dnp3_objects_max = dnp3->second.objects_max.value_or(parsers.dnp3_objects_max);
  return parsers;
}

ExceptionPolicy policy_of(ExceptionAction action) {
  switch (action) {
    case ExceptionAction::ignore: return ExceptionPolicy::ignore;
    case ExceptionAction::pass_flow: return ExceptionPolicy::pass_flow;
    case ExceptionAction::bypass: return ExceptionPolicy::bypass;
  }
  return ExceptionPolicy::ignore;
}

UrgentPolicy urgent_of(UrgentUse use) {
  switch (use) {
    case UrgentUse::oob: return UrgentPolicy::oob;
    case UrgentUse::inline_: return UrgentPolicy::keep_inline;
    case UrgentUse::drop: return UrgentPolicy::drop;
    case UrgentUse::gap: return UrgentPolicy::gap;
  }
  return UrgentPolicy::oob;
}

/// The file that was named, or its like beside the rules; else the text that the program carries.
std::string text_of(const std::string& named, const RuleSource& source, const char* usual, std::string_view standard, std::vector<Error>& errors) {
  std::string path = named;
  if (path.empty() && !source.files.empty()) {
    const std::filesystem::path beside = std::filesystem::path(source.files.front()).parent_path() / usual;
    std::error_code problem;
    if (std::filesystem::exists(beside, problem)) path = beside.string();
  }
  if (path.empty()) return std::string(standard);
  auto text = read_file(path);
  if (text) return std::move(*text);
  errors.push_back(std::move(text.error()));
  return std::string(standard);
}

Result<std::shared_ptr<Reputation>> read_reputation(const EngineSettings& settings, std::vector<Error>& errors) {
  auto reputation = std::make_shared<Reputation>();
  auto categories = read_file(settings.iprep_categories);
  if (!categories) return fail(std::move(categories.error()));
  reputation->add_categories(*categories, settings.iprep_categories, errors);
  for (const std::string& file : settings.iprep_files) {
    auto scores = read_file(file);
    if (!scores) return fail(std::move(scores.error()));
    reputation->add_scores(*scores, file, errors);
  }
  reputation->finish();
  return reputation;
}

double seconds_since(Ticks begin, Clock& clock) { return static_cast<double>(clock.ticks() - begin) / 1e9; }

}  // namespace

Result<WorkerOptions> worker_options(const EngineSettings& settings, const EngineSizes& sizes, HashKey key) {
  WorkerOptions options;
  auto policies = host_policies(settings);
  if (!policies) return fail(std::move(policies.error()));
  options.decoder.vxlan = settings.vxlan.enabled;
  options.decoder.geneve = settings.geneve.enabled;
  options.decoder.teredo = settings.teredo.enabled;
  options.decoder.vxlan_ports = settings.vxlan.ports;
  options.decoder.geneve_ports = settings.geneve.ports;
  options.decoder.teredo_ports = settings.teredo.ports;
  options.decoder.verify_checksums = settings.checksums == ChecksumUse::verify;
  options.flow.flows_max = sizes.flows;
  options.flow.flow_vars_max = sizes.flows / 4;
  options.flow.vlan_tracking = settings.vlan_tracking ? VlanTracking::on : VlanTracking::off;
  options.flow.hash_key = key;
  options.defrag.hash_key = key;
  options.tcp.sessions_max = sizes.flows;
  options.tcp.memory = sizes.stream_memory;
  options.tcp.depth = settings.stream_depth;
  options.tcp.midstream = settings.midstream;
  options.tcp.async_oneside = settings.async_oneside;
  options.tcp.urgent = urgent_of(settings.urgent);
  options.tcp.policies = *policies;
  auto shared = std::make_shared<const HostPolicies>(std::move(*policies));
  options.defrag.policy_of = fragment_policy_of;
  options.defrag.context = shared.get();
  options.host_policies = std::move(shared);
  options.app.parsers = parser_settings(settings);
  options.app.protocols = protocol_choices(settings);
  options.app.flows_max = sizes.flows;
  options.app.transactions_max = sizes.flows * 2;
  options.app.memory = sizes.app_memory;
  options.app.try_other_side = settings.midstream;
  options.detect.packet_alert_max = static_cast<std::uint16_t>(std::min<std::uint32_t>(settings.packet_alert_max, 255));
  options.midstream = policy_of(settings.on_midstream);
  options.app_layer_error = policy_of(settings.on_parser_error);
  return options;
}

Result<LoadedEngine> load_engine(const RuleSource& source, const EngineSettings& settings, NameTable names, std::uint64_t version) {
  SystemClock clock;
  const Ticks begin = clock.ticks();
  LoadedEngine engine;
  RuleCatalogue catalogue;
  read_classification(text_of(source.classification, source, "classification.config", kStandardClasses, engine.errors), source.classification, catalogue, engine.errors);
  read_references(text_of(source.reference, source, "reference.config", kStandardReferences, engine.errors), source.reference, catalogue, engine.errors);
  ThresholdFile thresholds;
  if (!settings.threshold_file.empty()) {
    auto text = read_file(settings.threshold_file);
    if (!text) return fail(std::move(text.error()));
    ListResolver lists(settings.variables);
    thresholds = read_threshold_file(*text, settings.threshold_file, lists, engine.errors);
  }
  std::shared_ptr<Reputation> reputation;
  if (!settings.iprep_categories.empty()) {
    auto read = read_reputation(settings, engine.errors);
    if (!read) return fail(std::move(read.error()));
    reputation = std::move(*read);
  }
  std::shared_ptr<const GeoDatabase> geo;
  if (!settings.geoip_database.empty()) {
    auto opened = GeoDatabase::open(settings.geoip_database);
    if (!opened) return fail(std::move(opened.error()));
    geo = std::move(*opened);
  }
  const registry::Registry registry;
  LoadOptions options{.variables = &settings.variables, .catalogue = &catalogue, .thresholds = &thresholds, .names = std::move(names), .reputation = std::move(reputation), .geo = std::move(geo)};
  const ParserSettings parsers = parser_settings(settings);
  options.ja3 = parsers.tls_ja3;
  options.ja4 = parsers.tls_ja4;
  RuleLoader loader(registry, std::move(options));
  for (const std::string& file : source.files) loader.add_file(file);
  LoadedRules loaded = loader.finish();
  engine.seconds_load = seconds_since(begin, clock);
  engine.refused = std::move(loaded.refused);
  engine.skipped = std::move(loaded.skipped);
  for (Error& error : loaded.errors) engine.errors.push_back(std::move(error));
  DatabaseCache cache;
  if (!source.cache.empty()) {
    auto opened = DatabaseCache::open(source.cache);
    if (opened) cache = std::move(*opened);
    else engine.errors.push_back(std::move(opened.error()));
  }
  const Ticks compiling = clock.ticks();
  auto rules = compile_ruleset(std::move(loaded.rules), loaded.names, cache, version, &engine.report);
  if (!rules) return fail(std::move(rules.error()));
  engine.rules = std::move(*rules);
  engine.names = std::move(loaded.names);
  engine.seconds_compile = seconds_since(compiling, clock);
  return engine;
}

std::vector<std::string> event_types() {
  std::vector<std::string> names = {"alert", "stats", "anomaly", "flow"};
  for (std::size_t i = static_cast<std::size_t>(AppProtocol::failed) + 1; i < kAppProtocols; ++i) names.emplace_back(event_name(static_cast<AppProtocol>(i)));
  return names;
}

EventChoice events_of(const std::vector<std::string>& types) {
  EventChoice choice;
  for (const std::string& type : types) (void)choice.add(type);
  return choice;
}

}  // namespace hd
