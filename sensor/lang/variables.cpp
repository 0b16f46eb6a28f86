// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/variables.hpp"

#include "sensor/base/text.hpp"
#include "sensor/lang/address_text.hpp"

#include <algorithm>
#include <cctype>

namespace hd {
namespace {

constexpr unsigned kDepthMax = 32;
constexpr std::size_t kItemsMax = 65536;

Error list_error(std::string what, std::string why = {}, std::string hint = {}) {
  return {.code = ErrorCode::E2004, .what = std::move(what), .why = std::move(why), .hint = std::move(hint)};
}

// Walks a list with its nested lists and variables, and hands each plain item to the sink together with
// whether an odd number of `!` stands before it. Lists are flattened, as Suricata does: [a,[b,!c]] is a and b
// without c.
template <class Sink> class ListWalk {
public:
  ListWalk(Sink& sink, std::string_view what) : sink_(sink), what_(what) {}

  Result<void> walk(std::string_view text, bool is_negated, unsigned depth) {
    text = trim(text);
    if (depth > kDepthMax) {
      return fail(Error{.code = ErrorCode::E2003,
                        .what = "a variable refers to itself, or lists are nested too deeply",
                        .why = "Stopped at \"" + std::string(text.substr(0, 60)) + "\"."});
    }
    while (text.starts_with('!')) {
      is_negated = !is_negated;
      text = trim(text.substr(1));
    }
    if (text.empty()) return fail(list_error("an empty item in the list of " + std::string(what_)));
    if (text.starts_with('[')) return list(text, is_negated, depth);
    if (text.starts_with('$')) {
      const std::string* value = sink_.variable(text.substr(1));
      if (value == nullptr) return fail(sink_.unknown(text.substr(1)));
      return walk(*value, is_negated, depth + 1);
    }
    if (++items_ > kItemsMax)
      return fail(list_error("the list of " + std::string(what_) + " has more than 65536 items"));
    return sink_.item(text, is_negated);
  }

private:
  Result<void> list(std::string_view text, bool is_negated, unsigned depth) {
    if (!text.ends_with(']'))
      return fail(list_error("\"[\" without its \"]\" in \"" + std::string(text.substr(0, 60)) + "\""));
    text = text.substr(1, text.size() - 2);
    int level = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const char c = i < text.size() ? text[i] : ',';
      if (c == '[') ++level;
      if (c == ']' && --level < 0)
        return fail(list_error("\"]\" without its \"[\" in \"" + std::string(text.substr(0, 60)) + "\""));
      if (c != ',' || (level > 0 && i < text.size())) continue;
      if (auto done = walk(text.substr(begin, i - begin), is_negated, depth + 1); !done) return done;
      begin = i + 1;
    }
    if (level != 0)
      return fail(list_error("\"[\" without its \"]\" in \"" + std::string(text.substr(0, 60)) + "\""));
    return {};
  }

  Sink& sink_;
  std::string_view what_;
  std::size_t items_ = 0;
};

Error unknown_variable(std::string_view name, const std::map<std::string, std::string, std::less<>>& known,
                       std::string_view other_kind) {
  std::vector<std::string_view> names;
  for (const auto& [one, text] : known)
    names.push_back(one);
  const std::string_view nearest = nearest_name(name, names);
  Error error{.code = ErrorCode::E2003, .what = "the variable $" + std::string(name) + " is not defined"};
  if (!other_kind.empty()) error.why = "There is one of this name, but for " + std::string(other_kind) + ".";
  if (!nearest.empty()) error.hint = "Did you mean $" + std::string(nearest) + "?";
  return error;
}

struct AddressSink {
  const Variables& variables;
  AddressSet wanted = {}, unwanted = {};
  struct Families {
    bool ip4 = false, ip6 = false;
  } named = {}, negated = {};

  const std::string* variable(std::string_view name) const { return variables.find_address(name); }
  Error unknown(std::string_view name) const {
    return unknown_variable(name, variables.addresses(), variables.find_port(name) != nullptr ? "ports" : "");
  }
  Result<void> item(std::string_view text, bool is_negated) {
    AddressSet set;
    if (text == "any") {
      if (is_negated) return fail(list_error("\"!any\" matches nothing"));
      set = AddressSet::any();
    } else {
      AddressSet::Range range;
      if (!parse_address_item(text, range)) {
        return fail(
            list_error("\"" + std::string(text.substr(0, 60)) + "\" is not an address, network or range", {},
                       "Examples: 192.0.2.7, 192.0.2.0/24, 192.0.2.1-192.0.2.9, 2001:db8::/32, $HOME_NET."));
      }
      set.add(range);
      // ::/0 is all of IPv6; the engine keeps IPv4 as a part of that space.
      if (!range.first.is_ip4()) set.remove(AddressSet::any_ip4());
    }
    Families& families = is_negated ? negated : named;
    families.ip4 = families.ip4 || set.is_any() || set.ranges()[0].first.is_ip4();
    families.ip6 = families.ip6 || set.is_any() || !set.ranges()[0].first.is_ip4();
    (is_negated ? unwanted : wanted).add(set);
    return {};
  }
  // A family with negations only starts from all of its addresses; one that is not named has none.
  AddressSet result() {
    if (!named.ip4 && negated.ip4) wanted.add(AddressSet::any_ip4());
    if (!named.ip6 && negated.ip6) wanted.add(AddressSet::any_ip6());
    wanted.remove(unwanted);
    return std::move(wanted);
  }
};

bool parse_port(std::string_view text, std::uint16_t& out) {
  const auto value = parse_integer(trim(text));
  if (!value || *value < 0 || *value > 65535) return false;
  out = static_cast<std::uint16_t>(*value);
  return true;
}

struct PortSink {
  const Variables& variables;
  PortSet wanted = {}, unwanted = {};
  bool has_wanted = false;

  const std::string* variable(std::string_view name) const { return variables.find_port(name); }
  Error unknown(std::string_view name) const {
    return unknown_variable(name, variables.ports(),
                            variables.find_address(name) != nullptr ? "addresses" : "");
  }
  Result<void> item(std::string_view text, bool is_negated) {
    PortSet::Range range{0, 65535};
    if (text == "any") {
      if (is_negated) return fail(list_error("\"!any\" matches nothing"));
    } else {
      const std::size_t colon = text.find(':');
      const std::string_view first = trim(text.substr(0, colon));
      const std::string_view last = colon == std::string_view::npos ? first : trim(text.substr(colon + 1));
      const bool is_open = colon != std::string_view::npos;
      const bool reads = ((is_open && first.empty()) || parse_port(first, range.first)) &&
                         ((is_open && last.empty()) || parse_port(last, range.last));
      if (!reads || (first.empty() && last.empty())) {
        return fail(list_error("\"" + std::string(text.substr(0, 60)) + "\" is not a port or range of ports",
                               {}, "Examples: 80, 1024:, :1023, 8000:8100, $HTTP_PORTS."));
      }
      if (range.first > range.last)
        return fail(list_error("the range \"" + std::string(text) + "\" runs backwards"));
    }
    if (!is_negated) has_wanted = true;
    (is_negated ? unwanted : wanted).add(range);
    return {};
  }
  PortSet result() {
    if (!has_wanted) wanted = PortSet::any();
    wanted.remove(unwanted);
    return std::move(wanted);
  }
};

} // namespace

Variables Variables::standard() {
  Variables result;
  result.set("HOME_NET", "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]");
  result.set("EXTERNAL_NET", "!$HOME_NET");
  for (const char* name :
       {"HTTP_SERVERS", "SMTP_SERVERS", "SQL_SERVERS", "DNS_SERVERS", "TELNET_SERVERS", "DC_SERVERS",
        "DNP3_SERVER", "DNP3_CLIENT", "MODBUS_CLIENT", "MODBUS_SERVER", "ENIP_CLIENT", "ENIP_SERVER"}) {
    result.set(name, "$HOME_NET");
  }
  result.set("AIM_SERVERS", "$EXTERNAL_NET");
  constexpr std::pair<const char*, const char*> kPorts[] = {
      {"HTTP_PORTS", "80"},
      {"SHELLCODE_PORTS", "!80"},
      {"ORACLE_PORTS", "1521"},
      {"SSH_PORTS", "22"},
      {"DNP3_PORTS", "20000"},
      {"MODBUS_PORTS", "502"},
      {"FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]"},
      {"FTP_PORTS", "21"},
      {"GENEVE_PORTS", "6081"},
      {"VXLAN_PORTS", "4789"},
      {"TEREDO_PORTS", "3544"},
      {"SIP_PORTS", "[5060,5061]"},
  };
  for (const auto& [name, text] : kPorts)
    result.set(name, text);
  return result;
}

void Variables::set(std::string name, std::string text) {
  if (name.ends_with("_PORTS"))
    set_port(std::move(name), std::move(text));
  else
    set_address(std::move(name), std::move(text));
}

const std::string* Variables::find_address(std::string_view name) const {
  const auto at = addresses_.find(name);
  return at == addresses_.end() ? nullptr : &at->second;
}

const std::string* Variables::find_port(std::string_view name) const {
  const auto at = ports_.find(name);
  return at == ports_.end() ? nullptr : &at->second;
}

Result<AddressSet> ListResolver::addresses(std::string_view text) {
  if (const auto known = address_cache_.find(text); known != address_cache_.end()) return known->second;
  AddressSink sink{.variables = variables_};
  ListWalk<AddressSink> walk(sink, "addresses");
  if (auto done = walk.walk(text, false, 0); !done) return fail(std::move(done.error()));
  AddressSet set = sink.result();
  if (set.is_empty())
    return fail(list_error("no address is left in \"" + std::string(text.substr(0, 60)) + "\"",
                           "All that it names is negated as well."));
  return address_cache_.emplace(std::string(text), std::move(set)).first->second;
}

Result<PortSet> ListResolver::ports(std::string_view text) {
  if (const auto known = port_cache_.find(text); known != port_cache_.end()) return known->second;
  PortSink sink{.variables = variables_};
  ListWalk<PortSink> walk(sink, "ports");
  if (auto done = walk.walk(text, false, 0); !done) return fail(std::move(done.error()));
  PortSet set = sink.result();
  if (set.is_empty())
    return fail(list_error("no port is left in \"" + std::string(text.substr(0, 60)) + "\"",
                           "All that it names is negated as well."));
  return port_cache_.emplace(std::string(text), std::move(set)).first->second;
}

} // namespace hd
