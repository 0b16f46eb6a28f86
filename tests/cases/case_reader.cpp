// SPDX-License-Identifier: Apache-2.0
// The text of a case: blocks that begin at the left margin, their lines indented below.
#include <algorithm>
#include <array>
#include <filesystem>

#include "sensor/base/file.hpp"
#include "sensor/base/text.hpp"
#include "tests/cases/case.hpp"

namespace hd::cases {
namespace {

struct Line {
  std::string_view text = {};  ///< trimmed
  std::string_view raw = {};
  std::uint32_t number = 0;
  bool is_indented = false;
};

class Reader {
 public:
  Reader(std::string_view text, const std::string& path) {
    case_.path = path;
    folder_ = std::filesystem::path(path).parent_path().string();
    if (folder_.empty()) folder_ = ".";
    std::uint32_t number = 0;
    for (const std::string_view raw : split(text, '\n')) {
      lines_.push_back({.text = trim(raw), .raw = raw, .number = ++number, .is_indented = !raw.empty() && (raw[0] == ' ' || raw[0] == '\t')});
    }
  }
  Result<Case> read();

 private:
  using Body = std::span<const Line>;
  Result<void> block(const Line& head, Body body);
  Result<void> rules_of_file(std::string_view words);
  Result<void> conversation(const Line& head, Body body);
  Result<void> traffic(const Line& line);
  Result<void> direction_line(std::vector<Token>& tokens, std::size_t conversation);
  Result<void> expectation(const Line& line);
  Result<void> expected_sid(const std::vector<Token>& tokens, std::uint32_t line);
  Result<void> shapes(std::string_view text);
  Result<std::size_t> labelled(const std::string& label) const;
  Result<void> whole() const;

  Case case_ = {};
  std::string folder_ = {};
  std::vector<Line> lines_ = {};
  std::size_t current_ = 0;  // conversation of the block at hand
  bool expects_silence_ = false;
};

Error no(std::string what) { return {.code = ErrorCode::E5001, .what = std::move(what)}; }
Result<void> refuse(std::string what) { return fail(no(std::move(what))); }

std::string_view first_word(std::string_view text) { return text.substr(0, text.find_first_of(" \t")); }
std::string_view after_first(std::string_view text) { return trim(text.substr(first_word(text).size())); }

/// "10.0.0.1:80" or "[2001:db8::1]:80".
std::optional<Endpoint> endpoint_of(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  const auto port = parse_integer(text.substr(colon + 1));
  if (address.empty() || !port || *port < 0 || *port > 65535) return {};
  return Endpoint{std::string(address), static_cast<std::uint16_t>(*port)};
}

Result<Case> Reader::read() {
  for (std::size_t at = 0; at < lines_.size();) {
    const Line& head = lines_[at++];
    if (head.text.empty() || head.text[0] == '#') continue;
    if (head.is_indented) {
      return fail({.code = ErrorCode::E5001, .place = {.file = case_.path, .line = head.number}, .what = "this line belongs to no block"});
    }
    const std::size_t begin = at;
    while (at < lines_.size() && (lines_[at].is_indented || lines_[at].text.empty())) ++at;
    const auto done = block(head, Body(lines_).subspan(begin, at - begin));
    if (!done) {
      Error error = done.error();
      error.code = ErrorCode::E5001;
      error.place.file = case_.path;
      if (error.place.line == 0) error.place.line = head.number;
      return fail(std::move(error));
    }
  }
  if (const auto done = whole(); !done) {
    return fail({.code = ErrorCode::E5001, .place = {.file = case_.path, .line = 1}, .what = done.error().what});
  }
  return std::move(case_);
}

/// What a case cannot be without.
Result<void> Reader::whole() const {
  if (case_.title.empty()) return refuse("this case has no title");
  if (case_.why.empty()) return refuse("this case does not say why it is there");
  if (!expects_silence_ && case_.sids.empty() && case_.eves.empty() && case_.counters.empty() && case_.refusals.empty()) {
    return refuse("this case expects nothing; \"alerts none\" says that nothing may come");
  }
  for (const ExpectedSid& sid : case_.sids) {
    if (sid.sid < kEventSid && case_.rules.find("sid:" + std::to_string(sid.sid) + ";") == std::string::npos) {
      return refuse("there is no rule with sid " + std::to_string(sid.sid) + " (line " + std::to_string(sid.line) + ")");
    }
  }
  return {};
}

/// `rules ../web.rules sid 9000101`: what stands in a rule file beside the case, or one rule of it.
Result<void> Reader::rules_of_file(std::string_view words) {
  const std::string_view name = first_word(words), which = after_first(words);
  const auto text = read_file(folder_ + "/" + std::string(name));
  if (!text) return fail(text.error());
  std::string wanted;
  if (!which.empty()) {
    if (first_word(which) != "sid") return refuse("after the file only \"sid N\" may stand");
    wanted = "sid:" + std::string(after_first(which)) + ";";
  }
  for (const std::string_view line : split(*text, '\n')) {
    if (!line.starts_with('#') && line.find(wanted) != std::string_view::npos) case_.rules += std::string(line) + "\n";
  }
  return case_.rules.empty() ? refuse("there is no such rule in " + std::string(name)) : Result<void>();
}

Result<void> Reader::block(const Line& head, Body body) {
  const std::string_view word = first_word(head.text), rest = after_first(head.text);
  const auto pair_of = [&](auto& list) -> Result<void> {
    if (rest.empty() || after_first(rest).empty()) return refuse("\"" + std::string(word) + "\" needs a name and a value");
    list.emplace_back(first_word(rest), after_first(rest));
    return {};
  };
  const auto text_of = [&](std::string& into) {
    into = rest;
    for (const Line& line : body) {
      if (!line.text.empty()) into += " " + std::string(line.text);
    }
  };
  if (word == "title") text_of(case_.title);
  else if (word == "why") text_of(case_.why);
  else if (word == "setting") return pair_of(case_.settings);
  else if (word == "vars") return pair_of(case_.variables);
  else if (word == "shapes") return shapes(rest);
  else if (word == "tcp" || word == "udp") return conversation(head, body);
  else if (word == "packet" || word == "wait") return traffic(head);
  else if (word == "rules" && !rest.empty()) return rules_of_file(rest);
  else if (word == "file" || word == "rules") {
    std::string text;
    const auto lines = static_cast<std::size_t>(std::count(case_.rules.begin(), case_.rules.end(), '\n'));
    if (word == "rules" && head.number > lines) text.assign(head.number - lines, '\n');
    for (const Line& line : body) text += std::string(line.text) + "\n";
    if (word == "rules") case_.rules += text;
    else if (rest.empty()) return refuse("\"file\" needs a name");
    else case_.files.emplace_back(rest, text);
  } else if (word == "expect") {
    for (const Line& line : body) {
      if (line.text.empty() || line.text[0] == '#') continue;
      if (auto done = expectation(line); !done) {
        Error error = done.error();
        error.place.line = line.number;
        return fail(std::move(error));
      }
    }
  } else {
    constexpr std::array<std::string_view, 11> kWords = {"title", "why", "setting", "vars", "shapes", "tcp", "udp", "packet", "file", "rules", "expect"};
    const std::string_view near = nearest_name(word, kWords);
    return refuse("\"" + std::string(word) + "\" is no word of a case" + (near.empty() ? "" : "; did you mean \"" + std::string(near) + "\"?"));
  }
  return {};
}

Result<void> Reader::shapes(std::string_view text) {
  // all | packets: REASON | as-written: REASON | all except A, B: REASON | all and one-way: REASON
  const std::size_t colon = text.find(':');
  const std::string_view words = trim(text.substr(0, colon));
  if (words != "all" && (colon == std::string_view::npos || trim(text.substr(colon + 1)).empty())) return refuse("shapes other than all need \": \" and the reason");
  ShapeChoice& choice = case_.shapes;
  const std::string_view first = first_word(words), second = first_word(after_first(words)), list = after_first(after_first(words));
  if (first == "packets") choice.set = ShapeSet::packets;
  else if (first == "as-written") choice.set = ShapeSet::as_written;
  else if (first != "all") return refuse("shapes are all, packets or as-written");
  if (second == "and" && list == "one-way") choice.has_one_way = true;
  else if (second == "except") {
    for (const std::string_view name : split(list, ',')) choice.except.emplace_back(trim(name));
  } else if (!second.empty()) return refuse("behind it may stand \"except\" and names, or \"and one-way\"");
  return {};
}

Result<std::size_t> Reader::labelled(const std::string& label) const {
  for (std::size_t i = 0; i < case_.conversations.size(); ++i) {
    if (case_.conversations[i].label == label) return i;
  }
  return fail(no("there is no conversation \"" + label + "\""));
}

Result<void> Reader::conversation(const Line& head, Body body) {
  auto tokens = tokens_of(head.text);
  if (!tokens) return fail(std::move(tokens.error()));
  const auto client = tokens->size() > 3 ? endpoint_of((*tokens)[1].text) : std::nullopt;
  const auto server = tokens->size() > 3 ? endpoint_of((*tokens)[3].text) : std::nullopt;
  if (!client || !server || (*tokens)[2].text != "->") return refuse("a conversation is: tcp ADDRESS:PORT -> ADDRESS:PORT");
  Conversation conversation{.transport = (*tokens)[0].text == "tcp" ? Transport::tcp : Transport::udp, .client = *client, .server = *server};
  for (std::size_t at = 4; at + 1 < tokens->size(); at += 2) {
    if ((*tokens)[at].text == "as") conversation.label = (*tokens)[at + 1].text;
    else if ((*tokens)[at].text == "no" && (*tokens)[at + 1].text == "handshake") conversation.has_handshake = false;
    else return refuse("behind the addresses may stand \"as LABEL\" and \"no handshake\"");
  }
  if (tokens->size() % 2 != 0) return refuse("behind the addresses may stand \"as LABEL\" and \"no handshake\"");
  current_ = case_.conversations.size();
  case_.conversations.push_back(std::move(conversation));
  for (const Line& line : body) {
    if (line.text.empty() || line.text[0] == '#') continue;
    if (auto done = traffic(line); !done) {
      Error error = done.error();
      error.place.line = line.number;
      return fail(std::move(error));
    }
  }
  return {};
}

Result<void> Reader::traffic(const Line& line) {
  const std::string_view word = first_word(line.text);
  if (word == "packet") {
    auto frame = frame_of(after_first(line.text), folder_);
    if (!frame) return fail(std::move(frame.error()));
    case_.steps.push_back({.kind = StepKind::packet, .bytes = std::move(*frame)});
    return {};
  }
  if (word == "wait") {
    const auto time = parse_duration(after_first(line.text));
    if (!time) return refuse("\"wait\" needs a duration, as 61s");
    case_.steps.push_back({.kind = StepKind::wait, .amount = static_cast<std::uint64_t>(*time)});
    return {};
  }
  if (line.text == "no handshake") {
    case_.conversations[current_].has_handshake = false;
    return {};
  }
  auto tokens = tokens_of(line.text);
  if (!tokens) return fail(std::move(tokens.error()));
  std::size_t conversation = current_;
  if (!(*tokens)[0].is_string && (*tokens)[0].text != ">" && (*tokens)[0].text != "<" && tokens->size() > 1 &&
      ((*tokens)[1].text == ">" || (*tokens)[1].text == "<")) {
    const auto found = labelled((*tokens)[0].text);
    if (!found) return fail(found.error());
    conversation = *found;
    tokens->erase(tokens->begin());
  }
  return direction_line(*tokens, conversation);
}

/// `> "…"`, `< fin`, `> gap 40`; fin and rst alone are the client's, and the server answers the first with its own.
Result<void> Reader::direction_line(std::vector<Token>& tokens, std::size_t conversation) {
  Step step{.conversation = conversation, .is_both_sides = true};
  if (tokens[0].text == ">" || tokens[0].text == "<") {
    step.direction = tokens[0].text == ">" ? Direction::to_server : Direction::to_client;
    step.is_both_sides = false;
    tokens.erase(tokens.begin());
  }
  if (tokens.empty()) return refuse("nothing is sent here");
  const std::string& word = tokens[0].text;
  if (!tokens[0].is_string && (word == "fin" || word == "rst" || word == "gap")) {
    step.kind = word == "fin" ? StepKind::fin : word == "rst" ? StepKind::rst : StepKind::gap;
    const auto length = word == "gap" && tokens.size() == 2 ? parse_integer(tokens[1].text) : std::nullopt;
    if (tokens.size() != (word == "gap" ? 2u : 1u) || (word == "gap" && (!length || *length < 1))) return refuse("it is: fin, rst, or gap and a number of bytes");
    if (length) step.amount = static_cast<std::uint64_t>(*length);
  } else {
    if (step.is_both_sides) return refuse("a line of a conversation begins with > or <, or is fin, rst, gap, wait or packet");
    auto bytes = payload_of(tokens, 0, folder_);
    if (!bytes) return fail(std::move(bytes.error()));
    step.bytes = std::move(*bytes);
  }
  case_.steps.push_back(std::move(step));
  return {};
}

Result<void> Reader::expected_sid(const std::vector<Token>& tokens, std::uint32_t line) {
  const auto sid = tokens.size() > 1 ? parse_integer(tokens[1].text) : std::nullopt;
  if (!sid || *sid < 1 || *sid >= kEventSid) return refuse("\"" + tokens[0].text + "\" needs the number of a rule");
  ExpectedSid expected{.sid = static_cast<std::uint32_t>(*sid), .count = tokens[0].text == "none" ? 0u : 1u, .line = line};
  if (expected.count == 0 && tokens.size() > 2) return refuse("behind \"none N\" stands nothing");
  for (std::size_t at = 2; at < tokens.size(); ++at) {
    const std::string& word = tokens[at].text;
    const bool is_at = word == "at" && at + 2 < tokens.size() && tokens[at + 1].text == "packet";
    const bool has_number = is_at || ((word == "tx" || word == "×" || word == "x") && at + 1 < tokens.size());
    if (word == "to_server" || word == "to_client") {
      expected.direction = word == "to_server" ? Direction::to_server : Direction::to_client;
      continue;
    }
    if (!has_number) return refuse("behind \"sid N\" may stand × COUNT, to_server, to_client, tx N, at packet N");
    const std::string& text = tokens[at + (is_at ? 2 : 1)].text;
    const auto number = parse_integer(text);
    if ((!number || *number < 0) && !(word != "tx" && !is_at && text == "any")) return refuse("\"" + text + "\" is no number");
    if (is_at) expected.packet = static_cast<std::uint32_t>(*number);
    else if (word == "tx") expected.tx = static_cast<std::uint64_t>(*number);
    else if (text == "any") expected.is_any_count = true;
    else expected.count = static_cast<std::uint32_t>(*number);
    at += is_at ? 2 : 1;
  }
  case_.sids.push_back(std::move(expected));
  return {};
}

/// The rule that notices an event: "stream-event:est_invalid_ack", "decode-event:ipv4.trunc_pkt", "app-layer-event:http.…".
std::string event_rule(std::string_view event, std::uint32_t sid) {
  const std::string_view keyword = event.substr(0, event.find(':'));
  const std::string_view name = event.substr(keyword.size() + (keyword.size() < event.size() ? 1 : 0));
  std::string protocol = keyword == "stream-event" ? "tcp" : keyword == "app-layer-event" ? std::string(name.substr(0, name.find('.'))) : "pkthdr";
  if (protocol == "applayer") protocol = "ip";
  return "alert " + protocol + " any any -> any any (msg:\"" + std::string(name) + "\"; " + std::string(event) + "; sid:" + std::to_string(sid) + ";)\n";
}

Result<void> Reader::expectation(const Line& line) {
  auto tokens = tokens_of(line.text);
  if (!tokens) return fail(std::move(tokens.error()));
  const std::string& word = (*tokens)[0].text;
  if (word == "sid" || word == "none") return expected_sid(*tokens, line.number);
  if (line.text == "alerts none") {
    // The rules are there, and all of them stay silent: every alert that is not named is a failure anyway.
    if (case_.rules.empty()) return refuse("\"alerts none\" without rules says nothing");
    expects_silence_ = true;
    return {};
  }
  if (word == "eve" && tokens->size() >= 4) {
    const auto sid = parse_integer((*tokens)[1].text);
    const std::string& path = (*tokens)[2].text;
    const std::size_t value = line.text.find(path) + path.size();
    if (sid) {
      case_.eves.push_back({static_cast<std::uint32_t>(*sid), path, std::string(trim(line.text.substr(value))), line.number});
      return {};
    }
  }
  if (word == "event" && tokens->size() == 2) {
    const auto sid = static_cast<std::uint32_t>(kEventSid + case_.sids.size());
    case_.rules += event_rule((*tokens)[1].text, sid);
    case_.sids.push_back({.sid = sid, .is_any_count = true, .line = line.number});
    return {};
  }
  if (word == "counter" && tokens->size() == 4 && (*tokens)[2].text == "=") {
    if (const auto value = parse_integer((*tokens)[3].text)) {
      case_.counters.push_back({(*tokens)[1].text, static_cast<std::uint64_t>(*value), line.number});
      return {};
    }
  }
  if (word == "refused" && tokens->size() == 2) {
    case_.refusals.push_back({(*tokens)[1].text, line.number});
    return {};
  }
  return refuse("an expectation is: sid N …, none N, eve SID path value, event KEYWORD:NAME, counter NAME = n, refused \"text\", alerts none");
}

}  // namespace

Result<Case> read_case(std::string_view text, const std::string& path) { return Reader(text, path).read(); }

}  // namespace hd::cases
