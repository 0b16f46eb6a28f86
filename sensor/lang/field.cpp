// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/field.hpp"

#include "sensor/lang/inspection.hpp"

#include <algorithm>

namespace hd {
namespace {

constexpr unsigned kInstancesMax = 1024;

// What a rule wants of a field: any of these.
struct FieldUse {
  const FieldSpec* field = nullptr;
  std::vector<IntegerRange> ranges = {};
};

bool check(const Inspection& at, const CheckData& data) noexcept {
  if (at.tx == nullptr) return false;
  const auto& use = *static_cast<const FieldUse*>(data.object.get());
  // A field of the request is asked for as such also while the response is inspected (rules with =>).
  const Direction direction =
      contains(use.field->directions, at.direction) ? at.direction : opposite(at.direction);
  for (unsigned instance = 0; instance < kInstancesMax; ++instance) {
    std::uint64_t value = 0;
    if (!use.field->get(*at.tx, direction, instance, value)) return false;
    const bool holds = std::any_of(use.ranges.begin(), use.ranges.end(),
                                   [value](const IntegerRange& range) { return range.holds(value); });
    if (holds) return true;
    if (!use.field->is_multi) return false;
  }
  return false;
}

} // namespace

Result<void> compile_field(const Args& args, RuleBuilder& rule, const ProtocolSpec& protocol,
                           const FieldSpec& field) {
  if (args.is_empty()) return args.wrong("\"" + std::string(field.name) + "\" needs a value");
  if (auto done = rule.imply_protocol(protocol, field.name); !done) return done;
  std::vector<NamedValue> names;
  for (const FieldName& name : field.names)
    names.push_back({name.name, name.value});
  const std::uint64_t high = field.width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << field.width) - 1;
  auto use = std::make_shared<FieldUse>();
  use->field = &field;
  for (const std::string_view part : args.parts()) {
    auto range = parse_integer_range(args, part, high, names);
    if (!range) return fail(std::move(range.error()));
    use->ranges.push_back(*range);
  }
  rule.transaction_condition({.protocol = protocol.id,
                              .directions = field.directions,
                              .progress = field.progress,
                              .check = check,
                              .data = {.object = std::move(use)}});
  return {};
}

} // namespace hd
