// SPDX-License-Identifier: Apache-2.0
// From the words of a rule's header to facts.
#pragma once

#include "sensor/base/result.hpp"
#include "sensor/lang/ast.hpp"
#include "sensor/lang/ir.hpp"
#include "sensor/lang/rule_builder.hpp"
#include "sensor/lang/variables.hpp"

namespace hd {

/// Fills action, protocol, addresses, ports and direction of `rule`. A protocol may bear a hook
/// (`tls:client_hello_done`): the rule is then asked when a transaction has come so far. Errors: E2002,
/// E2003, E2004; place.column is the offset in the rule's text + 1, place.line is 0.
[[nodiscard]] Result<void> resolve_header(const ast::Rule& text, ListResolver& lists,
                                          const BuildContext& context, RuleIr& rule);

} // namespace hd
