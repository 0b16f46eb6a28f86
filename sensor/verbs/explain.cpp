// SPDX-License-Identifier: Apache-2.0
// explain CODE: the page of an error code.
#include <array>
#include <memory>
#include <optional>

#include "sensor/base/text.hpp"
#include "sensor/verbs/command_line.hpp"

namespace hd {
namespace {

constexpr char kExamples[] =
    "  haidang-sensor explain E2114\n"
    "  haidang-sensor explain            # all codes";

struct Page {
  ErrorCode code;
  std::string_view text;
};

// What each code means beyond its summary, and what to do about it.
constexpr Page kPages[] = {
    {ErrorCode::E1001, "The words or flags behind the program's name do not fit together.\n"
                       "Each verb prints its flags and examples with --help."},
    {ErrorCode::E2001, "The text of a rule ends in the middle of something: a quote without its end, a bad |hex| sequence, an\n"
                       "escape that the language does not know. The column shows where reading stopped."},
    {ErrorCode::E2002, "A rule begins: action protocol addresses ports direction addresses ports (options). One of these is\n"
                       "missing or not a word of the language. Directions are -> and <>."},
    {ErrorCode::E2003, "A $NAME is neither in vars: of haidang.yaml nor in the file named by vars_from, or it refers to itself\n"
                       "through other variables. Names are case-sensitive."},
    {ErrorCode::E2004, "An address, network, port or range in a list cannot be read, or the list excludes everything it includes\n"
                       "(such as [10.0.0.0/8,!10.0.0.0/8])."},
    {ErrorCode::E2101, "No keyword, sticky buffer or transform has this name. haidang-sensor keywords lists all of them."},
    {ErrorCode::E2102, "The keyword is a word of the language, but this build cannot do what it asks. The rule is refused as a\n"
                       "whole, since leaving one condition out would make it alert where it must not."},
    {ErrorCode::E2103, "The value behind the keyword's colon cannot be read. haidang-sensor keywords NAME shows the form."},
    {ErrorCode::E2104, "The keyword is known, but not in this place: a modifier without a content, a sticky buffer of another\n"
                       "protocol than the rule's, a packet keyword in a rule about transactions."},
    {ErrorCode::E2105, "Two conditions can never both hold, so the rule can never match. Suricata refuses such rules as well."},
    {ErrorCode::E2106, "Two rules have the same gid and sid. The one with the higher rev stays; of equal ones the first."},
    {ErrorCode::E2107, "The rule asks for more of something than there is: variables, buffers, bytes."},
    {ErrorCode::E2114, "distance and within count from the end of the previous match in the same buffer. The first content of a\n"
                       "buffer has nothing before it: use offset and depth, which count from the buffer's start."},
    {ErrorCode::E2201, "PCRE2 or Hyperscan does not accept the expression; its own words and the place are in the message."},
    {ErrorCode::E2202, "A rule names a file (a list, a data set) that is missing or unreadable. Relative names count from the\n"
                       "folder of the rule file."},
    {ErrorCode::E3001, "The file is missing, unreadable, or not YAML. The line is where reading stopped; the mistake is often\n"
                       "one line above it (an indent, a colon without its space, a quote)."},
    {ErrorCode::E3101, "The file has a key that does not exist. Nothing was applied: a misspelt key that is skipped would leave\n"
                       "its setting at the default without a word. haidang-sensor config keys lists all keys."},
    {ErrorCode::E3102, "The key exists, its value cannot be used: not the right unit (64MiB, 30s, 4M), out of its range, not one of\n"
                       "its words, or a ${NAME} that the environment does not have."},
    {ErrorCode::E4001, "The machine refused something: memory, a file, a folder, a socket. The system's own words stand behind\n"
                       "the colon."},
    {ErrorCode::E4002, "A right is missing. Capturing needs CAP_NET_RAW, which the service has; files must belong to the\n"
                       "sensor's user."},
    {ErrorCode::E4003, "A text that should be JSON (settings, an answer, a stored record) is not. The message says where reading\n"
                       "stopped; a missing comma or quote stands before that place."},
    {ErrorCode::E5001, "The capture file or interface cannot be opened."},
    {ErrorCode::E5002, "The capture ends in the middle of a packet or has headers that cannot be. It was read as far as it goes."},
    {ErrorCode::E5003, "The capture's link type is none that the decoder knows."},
    {ErrorCode::E6001, "No collector answered at any of the addresses, or the connection ended. Alerts wait in the spool."},
    {ErrorCode::E6002, "A key file is missing, readable by others, damaged, or not the one that the other side knows."},
    {ErrorCode::E6003, "The other side sent something that is not its language; versions may differ too far."},
    {ErrorCode::E7001, "The store cannot be read or written; the system's own words stand behind the colon."},
    {ErrorCode::E7002, "The store was written by a newer or much older version."},
    {ErrorCode::E7003, "The record's state does not allow this step."},
    {ErrorCode::E9001, "The program met something that its authors thought impossible. Please report it with the version, the\n"
                       "command and, where you may give it, the input."},
};

constexpr ErrorCode kCodes[] = {
#define HD_ERROR(number, summary) ErrorCode::E##number,
#include "sensor/base/error_codes.def"
#undef HD_ERROR
};

std::string name_of(ErrorCode code) { return "E" + std::to_string(static_cast<int>(code)); }

std::optional<ErrorCode> code_of(std::string_view text) {
  if (text.starts_with('E') || text.starts_with('e')) text.remove_prefix(1);
  const auto number = parse_integer(text);
  for (const ErrorCode code : kCodes) {
    if (number == static_cast<int>(code)) return code;
  }
  return std::nullopt;
}

Exit explain(const CommandLine& command, const std::string& word) {
  if (word.empty()) {
    std::string out;
    for (const ErrorCode code : kCodes) out += name_of(code) + "  " + summary_of(code) + "\n";
    (void)print(out);
    return Exit::good;
  }
  const auto code = code_of(word);
  if (!code) {
    return command.fail_with({.code = ErrorCode::E1001,
                              .what = "there is no error code \"" + word + "\"",
                              .hint = "haidang-sensor explain lists them all"});
  }
  std::string out = name_of(*code) + ": " + summary_of(*code) + "\n";
  for (const Page& page : kPages) {
    if (page.code == *code) out += "\n" + std::string(page.text) + "\n";
  }
  out += "\nExit code of a command that ends with it: " + std::to_string(static_cast<int>(exit_of(*code))) + "\n";
  (void)print(out);
  return Exit::good;
}

}  // namespace

void add_explain(CLI::App& app, CommandLine& command) {
  CLI::App& verb = add_verb(app, "explain", "what an error code means and what to do", kExamples);
  auto word = std::make_shared<std::string>();
  verb.add_option("code", *word, "such as E2114")->type_name("CODE");
  verb.callback([&command, word] { command.chosen = [&command, word] { return explain(command, *word); }; });
}

}  // namespace hd
