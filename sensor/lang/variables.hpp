// SPDX-License-Identifier: Apache-2.0
// Address and port variables, and the lists of a rule's header that use them.
#pragma once

#include "sensor/base/result.hpp"
#include "sensor/lang/address_set.hpp"
#include "sensor/lang/port_set.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hd {

/// Names and texts of variables (`vars:` of haidang.yaml and suricata.yaml, `variables` of replay settings).
/// Plain value.
class Variables {
public:
  /// The defaults of the product: HOME_NET is the private networks, EXTERNAL_NET all else, the usual ports.
  [[nodiscard]] static Variables standard();

  void set_address(std::string name, std::string text) {
    addresses_.insert_or_assign(std::move(name), std::move(text));
  }
  void set_port(std::string name, std::string text) {
    ports_.insert_or_assign(std::move(name), std::move(text));
  }
  /// Ports when the name ends in _PORTS, else addresses.
  void set(std::string name, std::string text);
  [[nodiscard]] const std::string* find_address(std::string_view name) const;
  [[nodiscard]] const std::string* find_port(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& addresses() const {
    return addresses_;
  }
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& ports() const { return ports_; }

private:
  std::map<std::string, std::string, std::less<>> addresses_ = {};
  std::map<std::string, std::string, std::less<>> ports_ = {};
};

/// Works out lists: `any`, addresses, networks `a/24` `a/255.255.255.0`, ranges `a-b`, ports `80`, `1024:`,
/// `:1023`, `1:100`, `[…]`, `!`, `$NAME`, nested. What is negated is taken out of what is not; a list of
/// negations only means all but these, of the families (IPv4, IPv6) that it names, as in Suricata. Keeps the
/// answers: rules share few expressions. Errors: E2003 unknown variable or cycle, E2004 not a list, or
/// nothing left. Limits: lists and variables nested 32 deep, 65,536 items.
class ListResolver {
public:
  explicit ListResolver(const Variables& variables) : variables_(variables) {}
  [[nodiscard]] Result<AddressSet> addresses(std::string_view text);
  [[nodiscard]] Result<PortSet> ports(std::string_view text);

private:
  const Variables& variables_;
  std::map<std::string, AddressSet, std::less<>> address_cache_ = {};
  std::map<std::string, PortSet, std::less<>> port_cache_ = {};
};

} // namespace hd
