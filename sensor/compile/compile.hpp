// SPDX-License-Identifier: Apache-2.0
// From rules as their keywords were compiled to the immutable ruleset that workers read.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sensor/base/result.hpp"
#include "sensor/lang/ir.hpp"
#include "sensor/lang/rule_builder.hpp"
#include "sensor/match/database_cache.hpp"
#include "sensor/ruleset/ruleset.hpp"

namespace hd {

struct CompileReport {
  std::size_t rules = 0;
  std::size_t address_only = 0, packet = 0, transaction = 0;
  std::size_t without_literal = 0;
  std::size_t databases = 0;
  std::size_t database_bytes = 0;
};

/// In:  rules (taken), the names of their flow bits; `version` tells this ruleset from others in records and streams.
/// Out: a ruleset whose verify() holds. Errors: Hyperscan's word (E2201).
/// Cost: about 2 s for 35,000 rules without the cache; allocates freely.
[[nodiscard]] Result<std::shared_ptr<const Ruleset>> compile_ruleset(std::vector<RuleIr> rules, const NameTable& names, DatabaseCache& cache,
                                                                     std::uint64_t version, CompileReport* report = nullptr);

}  // namespace hd
