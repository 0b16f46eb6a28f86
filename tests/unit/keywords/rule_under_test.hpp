// SPDX-License-Identifier: Apache-2.0
// Compiles options of a rule by the keyword tables themselves, without the registry above them.
#pragma once

#include "sensor/lang/header.hpp"
#include "sensor/lang/inspection.hpp"
#include "sensor/lang/keyword.hpp"
#include "sensor/lang/parser.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace hd {

#define HD_TABLES(X)                                                                                         \
  X(absent)                                                                                                  \
  X(alert) X(app_layer) X(asn1) X(base64) X(byte_extract) X(byte_jump) X(byte_math) X(byte_test) X(checksum) X(dataset) X(file_name) X(geoip) X(iprep) \
      X(classtype) X(content) X(entropy) X(events) X(fast_pattern) X(flow) X(flow_facts) X(flowbits)         \
          X(flowint) X(flowvar) X(fragment) X(header_buffers) X(icmp) X(identity) X(ip_header) X(isdataat)   \
              X(metadata) X(pcre) X(position) X(prefilter) X(reference) X(requirement) X(rpc) X(size) X(tag) \
                  X(target) X(tcp_header) X(threshold) X(vlan) X(xbits)
#define HD_DECLARE(stem)                                                                                     \
  namespace keyword::stem {                                                                                  \
  extern const KeywordTable table;                                                                           \
  }
HD_TABLES(HD_DECLARE)
#undef HD_DECLARE

/// A protocol with just the rows that tests look into.
inline const ProtocolSpec& fake_http() {
  static constexpr BufferSpec kBuffers[] = {
      {.name = "http.uri", .modifier = "http_uri", .directions = Directions::to_server},
      {.name = "http.uri.raw", .modifier = "http_raw_uri", .directions = Directions::to_server},
      {.name = "http.host",
       .modifier = "http_host",
       .directions = Directions::to_server,
       .is_lowercase = true},
      {.name = "http.stat_code", .modifier = "http_stat_code", .directions = Directions::to_client},
      {.name = "file.name", .is_multi = true},
      {.name = "http.request_header", .directions = Directions::to_server, .is_multi = true},
  };
  static constexpr EventSpec kEvents[] = {{.name = "too_long"}, {.name = "too_many"}};
  static constexpr std::string_view kProgress[] = {"request_line", "request_headers", "request_body"};
  static constexpr ProtocolSpec kSpec = {.name = "http",
                                         .id = AppProtocol::http,
                                         .transports = transport::tcp,
                                         .complete = {2, 0},
                                         .progress_names = {kProgress, {}},
                                         .buffers = kBuffers,
                                         .events = kEvents};
  return kSpec;
}

/// One rule, compiled. The names and catalogue live as long as it.
struct RuleUnderTest {
  NameTable names = {};
  RuleCatalogue catalogue = {};
  RuleIr rule = {};
  Error error = {};
  bool is_built = false;

  explicit RuleUnderTest(const std::string& options,
                         const std::string& header = "alert tcp any any -> any any") {
    catalogue.classes.push_back({"trojan-activity", "A trojan was seen", 1});
    catalogue.classes.push_back({"misc-activity", "Misc activity", 3});
    auto built = build(header + " (" + options + " sid:1;)");
    is_built = built.has_value();
    if (!built) error = std::move(built.error());
  }
  /// The only list of the rule, which looks at the payload or another buffer.
  [[nodiscard]] const StepList& list() const {
    EXPECT_EQ(rule.lists.size(), 1u);
    return rule.lists.at(0);
  }
  template <class T> [[nodiscard]] const T& step(std::size_t index = 0) const {
    return std::get<T>(list().steps.at(index).kind);
  }

private:
  Result<void> build(const std::string& text) {
    auto parsed = parse_rule(text);
    if (!parsed) return fail(std::move(parsed.error()));
    const std::array<const ProtocolSpec*, 1> protocols = {&fake_http()};
    BuildContext context{.names = names,
                         .catalogue = catalogue,
                         .has_keyword = [](std::string_view name) { return name == "sid"; },
                         .protocols = protocols};
    const Variables variables = Variables::standard();
    ListResolver lists(variables);
    if (auto done = resolve_header(*parsed, lists, context, rule); !done) return done;
    RuleBuilder builder(rule, context);
    std::uint16_t index = 0;
    for (const ast::Option& option : parsed->options) {
      builder.begin_option(index++);
      const Args args(option.keyword.text, option.value.text, option.has_value,
                      {.file = "test.rules", .line = 1, .column = option.keyword.offset + 1});
      if (auto done = apply(option.keyword.text, args, builder); !done) return done;
    }
    return builder.finish();
  }
  static Result<void> apply(std::string_view name, const Args& args, RuleBuilder& builder) {
    for (const BufferSpec& buffer : fake_http().buffers) {
      if (buffer.name == name) return builder.select_app(name, AppProtocol::unknown);
      if (buffer.modifier == name) return builder.move_last_content_to(buffer.name, AppProtocol::unknown);
    }
#define HD_POINTER(stem) &keyword::stem::table,
    const KeywordTable* const tables[] = {HD_TABLES(HD_POINTER)};
#undef HD_POINTER
    for (const KeywordTable* table : tables) {
      for (const PacketBufferSpec& buffer : table->buffers) {
        if (buffer.name == name) return builder.select_packet(buffer);
      }
      for (const KeywordSpec& spec : table->keywords) {
        bool is_it = spec.name == name;
        for (const std::string_view alias : spec.aliases)
          is_it = is_it || alias == name;
        if (is_it) return spec.compile(args, builder);
      }
    }
    return fail(ErrorCode::E2101, "no keyword " + std::string(name));
  }
};

/// Options and a part of the error they give; nullptr: they are right.
struct RuleRow {
  const char* options;
  const char* error = nullptr;
  const char* header = "alert tcp any any -> any any";
};
template <std::size_t N> void expect_rows(const RuleRow (&rows)[N]) {
  for (const RuleRow& row : rows) {
    SCOPED_TRACE(row.options);
    const RuleUnderTest built(row.options, row.header);
    if (row.error == nullptr) {
      EXPECT_TRUE(built.is_built) << to_text(built.error);
    } else {
      EXPECT_FALSE(built.is_built);
      EXPECT_NE(built.error.what.find(row.error), std::string::npos) << to_text(built.error);
    }
  }
}

} // namespace hd
