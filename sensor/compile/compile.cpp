// SPDX-License-Identifier: Apache-2.0
#include "sensor/compile/compile.hpp"

#include "sensor/compile/emitter.hpp"
#include "sensor/compile/order.hpp"

namespace hd {

Result<std::shared_ptr<const Ruleset>> compile_ruleset(std::vector<RuleIr> rules, const NameTable& names, DatabaseCache& cache,
                                                       std::uint64_t version, CompileReport* report) {
  auto ruleset = std::make_shared<Ruleset>();
  CompileReport counts;
  ruleset->version = version;
  Emitter emitter(*ruleset, counts);
  for (const std::uint32_t index : order_rules(rules)) emitter.add(rules[index]);
  for (std::uint32_t i = 0; i < names.count(NameTable::Kind::flowbit); ++i) ruleset->flowbit_names.emplace_back(names.name_of(NameTable::Kind::flowbit, i));
  for (std::uint32_t i = 0; i < names.count(NameTable::Kind::flowvar); ++i) ruleset->variable_names.emplace_back(names.name_of(NameTable::Kind::flowvar, i));
  if (auto done = emitter.finish(cache); !done) return fail(std::move(done.error()));
  ruleset->database_bytes = counts.database_bytes;
  std::string why;
  if (!ruleset->verify(why)) return fail(ErrorCode::E9001, "the compiled rules do not hold together: " + why);
  if (report != nullptr) *report = counts;
  return std::shared_ptr<const Ruleset>(std::move(ruleset));
}

}  // namespace hd
