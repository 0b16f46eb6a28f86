// SPDX-License-Identifier: Apache-2.0
// dataset, datarep: the selected buffer as a whole is looked up in a set of values, or changes it.
#include "sensor/base/file.hpp"
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::dataset {
namespace {

enum class Command : std::uint64_t { is_set, is_not_set, set, unset };
constexpr std::pair<std::string_view, Command> kCommands[] = {{"isset", Command::is_set},
                                                              {"isnotset", Command::is_not_set},
                                                              {"set", Command::set},
                                                              {"unset", Command::unset}};
constexpr std::pair<std::string_view, DatasetType> kTypes[] = {
    {"string", DatasetType::string}, {"md5", DatasetType::md5}, {"sha256", DatasetType::sha256},
    {"ipv4", DatasetType::ip4},      {"ip", DatasetType::ip},   {"ipv6", DatasetType::ip}};

/// What stands behind the name.
struct Form {
  std::optional<DatasetType> type = {};
  DatasetFile file = {};
  std::string load = {}, save = {};
  bool is_state = false;     // the file of `load` need not be there yet
  bool matches_suffix = false;
};

// number: command, suffixes. The set is changed by its own rules: see Dataset.
bool check(const Inspection&, Bytes buffer, std::size_t, const CheckData& data) noexcept {
  auto& set = *static_cast<const std::shared_ptr<Dataset>*>(data.object.get())->get();
  const auto is_in = [&] { return data.number[1] != 0 ? set.contains_suffix(buffer) : set.contains(buffer); };
  switch (static_cast<Command>(data.number[0])) {
  case Command::is_set:
    return is_in();
  case Command::is_not_set:
    return !is_in();
  case Command::set:
    return set.add(buffer);
  case Command::unset:
    return set.remove(buffer);
  }
  return false;
}

// number: comparison, value
bool check_reputation(const Inspection&, Bytes buffer, std::size_t, const CheckData& data) noexcept {
  const auto& set = *static_cast<const std::shared_ptr<Dataset>*>(data.object.get())->get();
  const auto reputation = set.reputation_of(buffer);
  if (!reputation) return false;
  switch (static_cast<Compare>(data.number[0])) {
  case Compare::greater:
    return *reputation > data.number[1];
  case Compare::less:
    return *reputation < data.number[1];
  default:
    return *reputation == data.number[1];
  }
}

std::string path_of(RuleBuilder& rule, std::string_view name) {
  if (name.starts_with('/') || rule.context().folder.empty()) return std::string(name);
  return rule.context().folder + "/" + std::string(name);
}

Result<void> take_type(const Args& args, std::string_view text, Form& form) {
  for (const auto& [name, type] : kTypes) {
    if (text != name) continue;
    form.type = type;
    return {};
  }
  return args.wrong("\"" + std::string(text) + "\" is not a type of sets", {},
                    "string, md5, sha256, ipv4, ipv6 or ip.");
}

Result<void> take_part(const Args& args, RuleBuilder& rule, std::string_view part, Form& form) {
  const std::size_t blank = std::min(part.find_first_of(" \t"), part.size());
  const std::string_view name = part.substr(0, blank);
  const std::string_view value = trim(part.substr(blank));
  if (name == "type") return take_type(args, value, form);
  if (name == "load" || name == "state") {
    form.load = path_of(rule, value);
    form.is_state = name == "state";
    if (form.is_state) form.save = form.load;
  } else if (name == "save") {
    form.save = path_of(rule, value);
  } else if (name == "format") {
    if (value != "csv" && value != "json" && value != "ndjson" && value != "jsonline")
      return args.wrong("\"" + std::string(value) + "\" is not a format", {}, "csv, json or ndjson.");
    form.file.format = value == "csv" ? DatasetFormat::csv : value == "json" ? DatasetFormat::json : DatasetFormat::ndjson;
  } else if (name == "value_key") {
    form.file.value_key = value;
  } else if (name == "array_key") {
    form.file.array_key = value;
  } else if (name == "match") {
    if (value != "subdomain" && value != "exact")
      return args.wrong("\"" + std::string(value) + "\" is not a way to match", {}, "exact or subdomain.");
    form.matches_suffix = value == "subdomain";
  } else if (name != "memcap" && name != "hashsize" && name != "context_key" && name != "remove_key") {
    return args.wrong("\"" + std::string(name) + "\" does not belong into \"" + std::string(args.keyword()) + "\"", {},
                      "type, load, save, state, format, value_key, array_key, match.");
  }
  return {};
}

/// The set of that name: the one that an earlier rule made, or a new one from the form.
Result<std::shared_ptr<Dataset>> set_of(const Args& args, RuleBuilder& rule, std::string_view name, Form& form) {
  constexpr std::size_t kNameMax = 63;
  if (name.empty() || name.size() > kNameMax) return args.wrong("a set needs a name of 1 to 63 characters");
  DatasetStore& store = rule.context().names.datasets;
  const auto known = store.sets.find(name);
  if (known != store.sets.end()) {
    if (form.type && *form.type != known->second->type())
      return args.wrong(ErrorCode::E2105, "the set \"" + std::string(name) + "\" has another type in an earlier rule");
    return known->second;
  }
  if (!form.type)
    return args.wrong("the set \"" + std::string(name) + "\" needs a type where it stands first", {}, "For example type string.");
  if (form.file.format != DatasetFormat::csv && form.file.value_key.empty())
    return args.wrong("a set from JSON needs value_key");
  auto set = std::make_shared<Dataset>(std::string(name), *form.type, store.key);
  set->save_path = form.save;
  form.file.path = form.load;
  if (!form.load.empty() && (!form.is_state || file_exists(form.load))) {
    if (auto loaded = load_dataset(*set, form.file); !loaded) {
      return args.wrong(loaded.error().what, loaded.error().why, loaded.error().hint);
    }
  }
  store.sets[std::string(name)] = set;
  return set;
}

Result<void> add_step(RuleBuilder& rule, std::shared_ptr<Dataset> set, CallStep step) {
  step.data.object = std::make_shared<const std::shared_ptr<Dataset>>(set);
  rule.rule().datasets.push_back(std::move(set));
  rule.add(std::move(step));
  return {};
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  if (!rule.is_sticky())
    return args.wrong(ErrorCode::E2104, "\"dataset\" needs a sticky buffer before it", {},
                      "For example dns.query; dataset:isset,seen,type string;");
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() < 2)
    return args.wrong("\"dataset\" needs a command and a name", {}, "For example dataset:isset,seen,type string;");
  const auto* command = std::find_if(std::begin(kCommands), std::end(kCommands),
                                     [&](const auto& one) { return one.first == parts[0]; });
  if (command == std::end(kCommands))
    return args.wrong("\"" + std::string(parts[0]) + "\" is not a command", {}, "isset, isnotset, set or unset.");
  Form form;
  for (const std::string_view part : std::span(parts).subspan(2)) {
    if (auto done = take_part(args, rule, part, form); !done) return done;
  }
  auto set = set_of(args, rule, parts[1], form);
  if (!set) return fail(std::move(set.error()));
  if (command->second == Command::set || command->second == Command::unset) {
    const auto& kept = rule.context().names.datasets.kept;
    const auto before = kept.find(parts[1]);
    if ((*set)->changes() == nullptr && before != kept.end()) (*set)->allow_changes(before->second);
    (*set)->allow_changes();
  }
  CallStep step{.check = check};
  step.data.number[0] = static_cast<std::uint64_t>(command->second);
  step.data.number[1] = form.matches_suffix ? 1 : 0;
  return add_step(rule, std::move(*set), std::move(step));
}

Result<void> compile_reputation(const Args& args, RuleBuilder& rule) {
  if (!rule.is_sticky())
    return args.wrong(ErrorCode::E2104, "\"datarep\" needs a sticky buffer before it", {},
                      "For example dns.query; datarep:names,>,100,type string,load names.rep;");
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() < 3)
    return args.wrong("\"datarep\" needs a name, a comparison and a value", {},
                      "For example datarep:names,>,100,type string,load names.rep;");
  CallStep step{.check = check_reputation};
  Compare compare = Compare::equal;
  if (parts[1] == ">") compare = Compare::greater;
  else if (parts[1] == "<") compare = Compare::less;
  else if (parts[1] != "==" && parts[1] != "=")
    return args.wrong("\"" + std::string(parts[1]) + "\" is not a comparison", {}, "<, > or ==.");
  auto value = parse_unsigned(args, parts[2], 0, UINT16_MAX);
  if (!value) return fail(std::move(value.error()));
  Form form;
  form.file.has_reputation = true;
  for (const std::string_view part : std::span(parts).subspan(3)) {
    if (auto done = take_part(args, rule, part, form); !done) return done;
  }
  auto set = set_of(args, rule, parts[0], form);
  if (!set) return fail(std::move(set.error()));
  step.data.number[0] = static_cast<std::uint64_t>(compare);
  step.data.number[1] = *value;
  return add_step(rule, std::move(*set), std::move(step));
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "dataset",
     .summary = "looks the selected buffer up in a set of values, or adds it, or takes it out",
     .syntax = "dataset:isset|isnotset|set|unset,NAME[,type string|md5|sha256|ipv4|ip][,load FILE][,state FILE][,save FILE]"
               "[,format csv|json|ndjson,value_key KEY[,array_key KEY]][,match subdomain]",
     .example = "dns.query; dataset:isset,bad-names,type string,load bad-names.lst;",
     .scope = Scope::state,
     .compile = compile},
    {.name = "datarep",
     .summary = "compares the reputation that a file gives the selected buffer",
     .syntax = "datarep:NAME,<|>|==,VALUE,type string|md5|sha256|ipv4|ip,load FILE",
     .example = "dns.query; to_sha256; datarep:names,>,100,type sha256,load names.rep;",
     .scope = Scope::state,
     .compile = compile_reputation},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::dataset
