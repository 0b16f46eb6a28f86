// SPDX-License-Identifier: Apache-2.0
// Numbers of protocols as keywords: one compile function for every row of every protocol
// (sensor/app/protocol.hpp, FieldSpec).
#pragma once

#include "sensor/lang/rule_builder.hpp"

namespace hd {

/// `field:[!]value`, a range, or names of the row; `field:a,b` is any of them. Adds a condition on the
/// transaction.
[[nodiscard]] Result<void> compile_field(const Args& args, RuleBuilder& rule, const ProtocolSpec& protocol,
                                         const FieldSpec& field);

} // namespace hd
