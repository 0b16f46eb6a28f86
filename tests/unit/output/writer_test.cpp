// SPDX-License-Identifier: Apache-2.0
// The writer between rings and outputs: what each output asked for, in order, and nothing left behind at the end.
#include "sensor/output/writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace hd::test {
namespace {

struct Written {
  std::vector<std::string> lines = {};
  unsigned reopened = 0;
};

class Recorder final : public EveOut {
 public:
  explicit Recorder(Written& written) : written_(written) {}
  void write(const EveLine& line) override { written_.lines.push_back(std::string(line.type) + "/" + std::to_string(line.severity) + " " + std::string(line.text)); }
  void flush() override {}
  void reopen() override { ++written_.reopened; }
  [[nodiscard]] std::string name() const override { return "recorder"; }

 private:
  Written& written_;
};

std::shared_ptr<const Ruleset> rules_of(std::uint64_t version) {
  auto rules = std::make_shared<Ruleset>();
  rules->version = version;
  rules->heads.resize(1);
  rules->cold.push_back({.msg = "m", .eve = R"("signature_id":)" + std::to_string(version)});
  rules->cold.back().priority = 3;
  return rules;
}

std::vector<WriterOut> outputs(Written& first, std::vector<std::string> first_types, Written& second, std::vector<std::string> second_types) {
  std::vector<WriterOut> outs;
  outs.push_back({.out = std::make_unique<Recorder>(first), .types = std::move(first_types)});
  outs.push_back({.out = std::make_unique<Recorder>(second), .types = std::move(second_types)});
  return outs;
}

class WriterTest : public testing::Test {
 protected:
  SystemClock clock_;
  LedgerPage page_ = LedgerPage::in_memory();
  AlertRing ring_{1 << 16, AlertRing::WhenFull::wait, page_.worker(0)};
};

TEST_F(WriterTest, GivesEachOutputTheTypesItAskedFor) {
  Written alerts, others;
  const auto rules = rules_of(1);
  Writer writer({{.ring = &ring_}}, outputs(alerts, {"alert"}, others, {"flow", "stats"}), nullptr, clock_, Logger());
  writer.know(rules);
  ring_.use(rules);
  writer.start();
  ASSERT_TRUE(ring_.raise({.ruleset_version = 1}, {}));
  ASSERT_TRUE(ring_.emit({.kind = EventKind::flow}, {}));
  ASSERT_TRUE(ring_.emit({.at = {.app_protocol = AppProtocol::dns}, .kind = EventKind::transaction}, {}));
  writer.post("stats", R"({"event_type":"stats"})");
  writer.stop();

  ASSERT_EQ(alerts.lines.size(), 1u);
  EXPECT_TRUE(alerts.lines[0].starts_with("alert/3 {")) << alerts.lines[0];
  ASSERT_EQ(others.lines.size(), 2u);
  // What is posted may be written before or after what lies in the rings.
  std::sort(others.lines.begin(), others.lines.end());
  EXPECT_TRUE(others.lines[0].starts_with("flow/0 {")) << others.lines[0];
  EXPECT_EQ(others.lines[1], R"(stats/0 {"event_type":"stats"})");
  EXPECT_EQ(writer.status().alerts, 1u);
  EXPECT_EQ(writer.status().events, 2u);
}

TEST_F(WriterTest, WritesAnAlertByTheRulesThatRaisedIt) {
  Written alerts, others;
  Writer writer({{.ring = &ring_}}, outputs(alerts, {"alert"}, others, {}), nullptr, clock_, Logger());
  for (const std::uint64_t version : {std::uint64_t{1}, std::uint64_t{2}}) {
    const auto rules = rules_of(version);
    writer.know(rules);
    ring_.use(rules);
    ASSERT_TRUE(ring_.raise({.ruleset_version = version}, {}));
  }
  writer.start();
  writer.stop();

  ASSERT_EQ(alerts.lines.size(), 2u);
  EXPECT_NE(alerts.lines[0].find(R"("signature_id":1)"), std::string::npos);
  EXPECT_NE(alerts.lines[1].find(R"("signature_id":2)"), std::string::npos);
}

TEST_F(WriterTest, OpensFilesAnewWhenItIsTold) {
  Written first, second;
  Writer writer({{.ring = &ring_}}, outputs(first, {}, second, {}), nullptr, clock_, Logger());
  writer.start();
  writer.reopen();
  writer.stop();
  EXPECT_EQ(first.reopened, 1u);
  EXPECT_EQ(second.reopened, 1u);
}

}  // namespace
}  // namespace hd::test
