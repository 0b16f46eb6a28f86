// SPDX-License-Identifier: Apache-2.0
// pcre: a regular expression of PCRE2, with the buffer that its flags may name and the captures that it
// keeps.
#include "sensor/keywords/modifier.hpp"

#include <cctype>

namespace hd::keyword::pcre {
namespace {

struct BufferFlag {
  char flag;
  std::string_view modifier; // the old spelling of the buffer
};
constexpr BufferFlag kBuffers[] = {
    {'U', "http_uri"},       {'I', "http_raw_uri"},    {'P', "http_client_body"}, {'Q', "http_server_body"},
    {'H', "http_header"},    {'D', "http_raw_header"}, {'M', "http_method"},      {'C', "http_cookie"},
    {'S', "http_stat_code"}, {'Y', "http_stat_msg"},   {'V', "http_user_agent"},  {'W', "http_host"},
    {'Z', "http_raw_host"}};

struct Parsed {
  std::string_view pattern;
  Regex::Options options;
  bool is_negated = false, is_relative = false, is_raw = false;
  std::string_view modifier = {};
  std::vector<std::string_view> captures = {};
};

Result<void> read_flag(const Args& args, char flag, Parsed& out) {
  switch (flag) {
  case 'i':
    out.options.caseless = true;
    return {};
  case 'm':
    out.options.multiline = true;
    return {};
  case 's':
    out.options.dotall = true;
    return {};
  case 'x':
    out.options.extended = true;
    return {};
  case 'A':
    out.options.anchored = true;
    return {};
  case 'E':
    out.options.dollar_endonly = true;
    return {};
  case 'G':
    out.options.ungreedy = true;
    return {};
  case 'R':
    out.is_relative = true;
    return {};
  case 'B':
    out.is_raw = true;
    return {};
  case 'O':
    return {}; // the match limit cannot be lifted by a rule
  default:
    break;
  }
  for (const BufferFlag& one : kBuffers) {
    if (one.flag != flag) continue;
    if (!out.modifier.empty() && out.modifier != one.modifier)
      return args.wrong("the flags name two buffers");
    out.modifier = one.modifier;
    return {};
  }
  return args.wrong(std::string("\"") + flag + "\" is not a flag of pcre", {},
                    "i m s x A E G R B O, and for buffers U I P Q H D M C S Y V W Z.");
}

// "/PATTERN/FLAGS" with captures behind commas: "/…/i, flow:name, pkt:name".
Result<Parsed> parse(const Args& args) {
  Parsed out;
  std::string_view text = args.text();
  if (text.starts_with('!')) {
    out.is_negated = true;
    text = trim(text.substr(1));
  }
  // Quotes may be missing, as in some old rules.
  if (text.starts_with('"')) text.remove_prefix(1);
  if (text.ends_with('"')) text.remove_suffix(1);
  const std::size_t last = text.rfind('/');
  if (!text.starts_with('/') || last == 0)
    return args.wrong("an expression stands between slashes", {}, "Write pcre:\"/…/i\";");
  out.pattern = text.substr(1, last - 1);
  std::string_view rest = text.substr(last + 1);
  const std::size_t comma = rest.find(',');
  for (const char flag : trim(rest.substr(0, comma))) {
    if (auto done = read_flag(args, flag, out); !done) return fail(std::move(done.error()));
  }
  if (comma == std::string_view::npos) return out;
  for (const std::string_view name : split(rest.substr(comma + 1), ','))
    out.captures.push_back(trim(name));
  return out;
}

Result<std::shared_ptr<const Regex>> compile_regex(const Args& args, const Parsed& parsed,
                                                   BuildContext& context) {
  std::string key;
  for (const bool flag :
       {parsed.options.caseless, parsed.options.dotall, parsed.options.multiline, parsed.options.extended,
        parsed.options.anchored, parsed.options.dollar_endonly, parsed.options.ungreedy}) {
    key.push_back(flag ? '1' : '0');
  }
  key += parsed.pattern;
  if (context.expressions != nullptr) {
    const auto known = context.expressions->find(key);
    if (known != context.expressions->end()) return known->second;
  }
  auto regex = Regex::compile(parsed.pattern, parsed.options);
  if (!regex) {
    Error error = std::move(regex.error());
    error.place = args.place();
    return fail(std::move(error));
  }
  if (context.expressions != nullptr) context.expressions->emplace(std::move(key), *regex);
  return *regex;
}

Result<PcreStep::Capture> capture_of(const Args& args, RuleBuilder& rule, std::string_view text,
                                     std::uint16_t group) {
  NameTable& names = rule.context().names;
  if (text.starts_with("flow:")) {
    return PcreStep::Capture{PcreStep::Capture::Kind::flow_variable, group,
                             names.number_of(NameTable::Kind::flowvar, trim(text.substr(5)))};
  }
  if (text.starts_with("pkt:")) {
    return PcreStep::Capture{PcreStep::Capture::Kind::packet_variable, group,
                             names.number_of(NameTable::Kind::pktvar, trim(text.substr(4)))};
  }
  if (text.starts_with("alert:")) {
    return PcreStep::Capture{PcreStep::Capture::Kind::alert, group,
                             names.number_of(NameTable::Kind::pktvar, trim(text.substr(6)))};
  }
  return args.wrong("\"" + std::string(text) + "\" is not a capture", {},
                    "flow:NAME, pkt:NAME or alert:NAME.");
}

// Captures by old named groups: (?P<flow_NAME>…) and (?P<pkt_NAME>…), numbered as they open.
void named_captures(std::string_view pattern, RuleBuilder& rule, std::vector<PcreStep::Capture>& out) {
  std::uint16_t group = 0;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
      continue;
    }
    if (in_class) {
      in_class = pattern[i] != ']';
      continue;
    }
    in_class = pattern[i] == '[';
    if (pattern[i] != '(') continue;
    const std::string_view rest = pattern.substr(i + 1);
    const bool is_named = rest.starts_with("?P<") ||
                          (rest.starts_with("?<") && !rest.starts_with("?<=") && !rest.starts_with("?<!"));
    if (rest.starts_with('*') || (rest.starts_with('?') && !is_named)) continue;
    ++group;
    if (!is_named) continue;
    const std::size_t open = rest.find('<') + 1;
    const std::string_view name = rest.substr(open, rest.find('>') - open);
    using Kind = PcreStep::Capture::Kind;
    if (name.starts_with("flow_"))
      out.push_back({Kind::flow_variable, group,
                     rule.context().names.number_of(NameTable::Kind::flowvar, name.substr(5))});
    if (name.starts_with("pkt_"))
      out.push_back({Kind::packet_variable, group,
                     rule.context().names.number_of(NameTable::Kind::pktvar, name.substr(4))});
  }
}

bool has_upper_letter(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\')
      ++i; // \S, \D and the like
    else if (std::isupper(static_cast<unsigned char>(pattern[i])) != 0)
      return true;
  }
  return false;
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  auto parsed = parse(args);
  if (!parsed) return fail(std::move(parsed.error()));
  bool is_selected = false; // the flags name the buffer that is selected anyway
  if (!parsed->modifier.empty() && rule.is_sticky()) {
    const BufferRow row = find_modifier_row(rule.context(), parsed->modifier);
    // The response's body is what file.data shows as well.
    const bool is_body = parsed->modifier == "http_server_body" && rule.current().app == "file.data";
    if (!is_body && (row.buffer == nullptr || row.buffer->name != rule.current().app)) {
      return args.wrong(ErrorCode::E2104, "the flags name another buffer than the one that is selected", {},
                        "Leave the flag out, or leave the buffer by pkt_data.");
    }
    is_selected = true;
  }
  if (parsed->is_raw && !parsed->modifier.empty()) return args.wrong("the flag B belongs to the payload");
  if (parsed->modifier == "http_host" && !parsed->options.caseless && has_upper_letter(parsed->pattern)) {
    return args.wrong(ErrorCode::E2105, "http_host has small letters only, the expression has large ones");
  }
  auto regex = compile_regex(args, *parsed, rule.context());
  if (!regex) return fail(std::move(regex.error()));
  PcreStep step{
      .regex = std::move(*regex), .is_negated = parsed->is_negated, .is_relative = parsed->is_relative};
  std::uint16_t group = 1;
  for (const std::string_view name : parsed->captures) {
    if (group > step.regex->group_count())
      return args.wrong("there are more names than groups in the expression");
    auto capture = capture_of(args, rule, name, group++);
    if (!capture) return fail(std::move(capture.error()));
    step.captures.push_back(*capture);
  }
  if (step.captures.empty()) named_captures(parsed->pattern, rule, step.captures);
  if (parsed->modifier.empty() || is_selected) {
    rule.add(std::move(step));
    return {};
  }
  const BufferRow row = find_modifier_row(rule.context(), parsed->modifier);
  if (row.buffer == nullptr)
    return args.wrong(ErrorCode::E2102,
                      "no protocol has the buffer \"" + std::string(parsed->modifier) + "\"");
  return rule.add_to_app(row.buffer->name, std::move(step));
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "pcre",
    .summary = "regular expression; its groups may be kept as variables of the flow or packet",
    .syntax = "pcre:[!]\"/EXPRESSION/[imsxAEGRBO][UIPQHDMCSYVWZ][, flow:NAME|pkt:NAME|alert:NAME]…\"",
    .example = "pcre:\"/^[a-z]{16}\\.php$/U\";",
    .source = "PCRE2; match limit 3,500, recursion limit 1,500",
    .scope = Scope::payload,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::pcre
