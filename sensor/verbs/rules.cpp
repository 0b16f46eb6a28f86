// SPDX-License-Identifier: Apache-2.0
// rules explain, rules list: a rule in its compiled form, in words.
#include <array>
#include <memory>

#include "sensor/base/json_writer.hpp"
#include "sensor/base/text.hpp"
#include "sensor/lang/parser.hpp"
#include "sensor/verbs/command_line.hpp"
#include "sensor/verbs/rules_options.hpp"

namespace hd {
namespace {

constexpr char kExamples[] =
    "  haidang-sensor rules explain 1000007 --rules local.rules\n"
    "  haidang-sensor rules list --rules '/etc/haidang/rules/*.rules' --json";

constexpr std::array<std::string_view, 11> kOpNames = {"find", "pcre", "byte_test", "byte_jump", "byte_extract", "byte_math",
                                                       "is_data_at", "size", "base64_decode", "absent", "call"};

/// Bytes of a rule as a content is written: printable ones plain, others as |hex|.
std::string content_text(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  bool is_hex = false;
  for (const std::uint8_t byte : bytes) {
    const bool is_plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '|' && byte != ';' && byte != '\\';
    if (is_plain == is_hex) {
      out += '|';
      is_hex = !is_hex;
    } else if (is_hex) {
      out += ' ';
    }
    if (is_plain) {
      out += static_cast<char>(byte);
    } else {
      out.append({kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return out + (is_hex ? "|" : "");
}

/// The options of a rule as written, by index.
std::vector<std::string> options_of(const std::string& text) {
  std::vector<std::string> options;
  const auto rule = parse_rule(text);
  if (!rule) return options;
  for (const ast::Option& option : rule->options) {
    options.push_back(std::string(option.keyword.text) + (option.has_value ? ":" + std::string(option.value.text) : ""));
  }
  return options;
}

std::string option_text(const std::vector<std::string>& options, std::uint16_t index) {
  return index < options.size() ? options[index] : "(of the rule as a whole)";
}

std::string_view kind_name(RuleKind kind) {
  switch (kind) {
    case RuleKind::address_only: return "address-only: once for each flow and direction";
    case RuleKind::packet: return "packet: on packets and stream windows";
    case RuleKind::transaction: return "transaction: once for each transaction and direction";
  }
  return "";
}

std::string instruction_text(const Ruleset& rules, const Instruction& at) {
  std::string out(kOpNames[static_cast<std::size_t>(at.op)]);
  const auto has = [&at](std::uint8_t flag) { return (at.flags & flag) != 0; };
  if (has(op_flag::negated)) out += " not";
  if (at.op == Op::find) {
    out += " \"" + content_text(rules.literal(at)) + "\"";
    if (has(op_flag::nocase)) out += " nocase";
    if (has(op_flag::has_variables)) {
      out += " bounds from variables";
    } else if (has(op_flag::relative)) {
      out += " distance " + std::to_string(at.low);
      if (has(op_flag::has_within)) out += " within " + std::to_string(at.high);
    } else {
      if (at.low != 0) out += " from " + std::to_string(at.low);
      if (has(op_flag::has_depth)) out += " to " + std::to_string(at.high);
    }
    if (has(op_flag::ends)) out += " at the end";
  } else {
    if (at.op == Op::size) out += " " + std::to_string(at.low) + ".." + std::to_string(at.high);
    if (has(op_flag::relative)) out += " relative";
  }
  if (has(op_flag::next_relative)) out += ", tried again further on if what follows fails";
  return out;
}

void append_lists(const Ruleset& rules, const RuleHead& head, const std::vector<std::string>& options, std::string& out) {
  for (std::size_t i = 0; i < head.list_count; ++i) {
    const CompiledList& list = rules.lists[head.first_list + i];
    out += "  in " + rules.buffers[list.buffer].name + (list.accepts_missing ? " (which may be missing)" : "") + "\n";
    for (std::size_t j = 0; j < list.program.count; ++j) {
      const Instruction& at = rules.code[list.program.first + j];
      out += "    " + std::to_string(j) + "  " + instruction_text(rules, at) + "    ; " + option_text(options, at.option) + "\n";
    }
  }
}

template <class Row>
void append_conditions(const char* title, std::span<const Row> rows, const std::vector<std::string>& options, std::string& out) {
  if (rows.empty()) return;
  out += std::string("  ") + title + "\n";
  for (const Row& row : rows) out += "    " + option_text(options, row.option) + "\n";
}

template <class Row>
std::span<const Row> rows_of(const std::vector<Row>& all, std::uint32_t first, std::size_t count) {
  return std::span<const Row>(all).subspan(first, count);
}

std::string flow_words(const RuleHead& head) {
  std::string out;
  const auto add = [&](std::uint32_t flag, const char* word) {
    if ((head.flags & flag) != 0) out += std::string(out.empty() ? "" : ", ") + word;
  };
  add(rule_flag::to_server, "to server");
  add(rule_flag::to_client, "to client");
  add(rule_flag::established, "established");
  add(rule_flag::not_established, "not established");
  add(rule_flag::on_packet, "payload of packets");
  add(rule_flag::on_stream, "windows of the stream");
  add(rule_flag::noalert, "no alert of its own");
  return out;
}

std::string explain_one(const Ruleset& rules, RuleNumber number) {
  const RuleHead& head = rules.heads[number];
  const RuleCold& cold = rules.cold[number];
  const std::vector<std::string> options = options_of(cold.text);
  std::string out = "sid " + std::to_string(head.sid) + " rev " + std::to_string(cold.rev) + "  " + cold.place.file + ":" +
                    std::to_string(cold.place.line) + "\n  " + cold.text + "\n";
  out += "  " + std::string(kind_name(head.kind)) + "; " + flow_words(head) + "\n";
  out += "  place in the order of rules " + count_text(number + 1) + " of " + count_text(rules.size()) + ", priority " +
         std::to_string(cold.priority) + "\n";
  out += "  prefilter: " + (cold.prefilter.empty() ? "none" : cold.prefilter) + "\n";
  append_conditions("packet and flow must fulfil", rows_of(rules.packet_conditions, head.first_packet_condition, head.packet_conditions), options, out);
  append_conditions("the transaction must fulfil", rows_of(rules.transaction_conditions, head.first_transaction_condition, head.transaction_conditions), options, out);
  append_conditions("state must fulfil", rows_of(rules.state_conditions, head.first_state_condition, head.state_conditions), options, out);
  append_lists(rules, head, options, out);
  append_conditions("a match then does", rows_of(rules.state_effects, head.first_state_effect, head.state_effects), options, out);
  if (head.thresholds > 0) out += "  alerts pass " + std::to_string(head.thresholds) + " threshold(s)\n";
  return out;
}

Exit explain(const CommandLine& command, const RulesOptions& options, std::uint32_t sid) {
  const auto loaded = load_rules_of(command, options);
  if (!loaded) return command.fail_with(loaded.error());
  for (const Error& error : loaded->engine.errors) (void)command.fail_with(error);
  const Ruleset& rules = *loaded->engine.rules;
  std::string out;
  for (RuleNumber number = 0; number < rules.size(); ++number) {
    if (rules.heads[number].sid == sid) out += explain_one(rules, number);
  }
  for (const RefusedRule& refused : loaded->engine.refused) {
    if (refused.sid == sid) out += to_text(refused.error) + "\n" + refused.line() + "\n";
  }
  if (out.empty()) return command.fail_with({.code = ErrorCode::E1001, .what = "no rule of these files has sid " + std::to_string(sid)});
  (void)print(out);
  return Exit::good;
}

Exit list(const CommandLine& command, const RulesOptions& options) {
  const auto loaded = load_rules_of(command, options);
  if (!loaded) return command.fail_with(loaded.error());
  for (const Error& error : loaded->engine.errors) (void)command.fail_with(error);
  const Ruleset& rules = *loaded->engine.rules;
  std::string out;
  JsonWriter json(out);
  if (command.json) json.begin_object().field("schema", "haidang.rules/1").key("rules").begin_array();
  for (RuleNumber number = 0; number < rules.size(); ++number) {
    const RuleHead& head = rules.heads[number];
    const RuleCold& cold = rules.cold[number];
    if (command.json) {
      json.begin_object().field("gid", head.gid).field("sid", head.sid).field("rev", cold.rev).field("msg", cold.msg);
      json.field("priority", cold.priority).field("file", cold.place.file).field("line", cold.place.line).end_object();
    } else {
      out += std::to_string(head.sid) + "\t" + std::to_string(cold.rev) + "\t" + std::to_string(cold.priority) + "\t" + cold.msg + "\n";
    }
  }
  if (command.json) {
    json.end_array().end_object();
    out += "\n";
  }
  (void)print(out);
  return loaded->engine.errors.empty() ? Exit::good : Exit::input;
}

}  // namespace

void add_rules(CLI::App& app, CommandLine& command) {
  CLI::App& verb = add_verb(app, "rules", "rule sets: what is in them, and what becomes of a rule", kExamples);
  verb.require_subcommand(1);
  auto options = std::make_shared<RulesOptions>();
  CLI::App* explaining = verb.add_subcommand("explain", "a rule in its compiled form: kind, prefilter, conditions, programs")->fallthrough();
  auto sid = std::make_shared<std::uint32_t>(0);
  explaining->add_option("sid", *sid, "of the rule")->required()->type_name("SID");
  add_rules_options(*explaining, *options);
  explaining->callback([&command, options, sid] {
    command.chosen = [&command, options, sid] { return explain(command, *options, *sid); };
  });
  CLI::App* listing = verb.add_subcommand("list", "sid, revision, priority and message of each rule")->fallthrough();
  add_rules_options(*listing, *options);
  listing->callback([&command, options] { command.chosen = [&command, options] { return list(command, *options); }; });
}

}  // namespace hd
