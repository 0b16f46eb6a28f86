// SPDX-License-Identifier: Apache-2.0
// --why: for each flow that came near a rule, how far the rule got and which condition refused it. The same engine as
// without it, compiled a second time with this trace; here, off the packet path, memory is taken as needed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sensor/detect/trace.hpp"

namespace hd {

class WhyTrace {
 public:
  static constexpr bool kOn = true;

  /// Watches the rules of this sid (a rule may have been made into several).
  WhyTrace(const Ruleset& rules, std::uint32_t sid);
  [[nodiscard]] bool knows_rule() const { return !targets_.empty(); }
  [[nodiscard]] const std::vector<RuleNumber>& targets() const { return targets_; }

  // Told by the engine.
  void begin(RuleNumber rule, const Inspection& at) noexcept;
  void head(HeadReason reason, bool holds) noexcept;
  void condition(std::uint16_t option, bool holds) noexcept;
  void buffer(BufferId buffer, Bytes bytes, bool is_there) noexcept;
  void step(const Instruction& at, bool holds, Bytes buffer, std::size_t cursor) noexcept;
  void waiting(BufferId buffer) noexcept;
  void matched() noexcept;
  void end() noexcept;

  /// The whole explanation, one paragraph a flow, flows in the order of their first packet. Bytes of the wire are escaped.
  [[nodiscard]] std::string text() const;

 private:
  struct Line {
    bool holds = false;
    std::string what = {};
    std::string detail = {};
  };
  struct Attempt {
    std::uint32_t score = 0;
    std::uint32_t packet = 0;
    std::uint64_t tx_id = 0;
    bool has_tx = false, is_match = false, is_flow_end = false;
    Direction direction = Direction::to_server;
    std::vector<Line> lines = {};
  };
  struct Flow {
    std::string name = {};
    std::uint32_t attempts = 0, matches = 0;
    Attempt best = {};
  };

  [[nodiscard]] std::string option_text(std::uint16_t option) const;
  void note(std::uint32_t depth, Line line);

  const Ruleset& rules_;
  std::vector<RuleNumber> targets_ = {};
  std::vector<std::string> options_ = {};
  bool is_active_ = false;
  RuleNumber rule_ = 0;
  Attempt attempt_ = {};
  std::string flow_name_ = {};
  std::map<std::string, std::size_t> flow_numbers_ = {};
  std::vector<Flow> flows_ = {};
};

}  // namespace hd
