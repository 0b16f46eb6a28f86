// SPDX-License-Identifier: Apache-2.0
// The OpenAPI document, from the rows that the server itself works by.
#include <algorithm>
#include <array>
#include <map>

#include "collector/api/route.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd::api {
namespace {

constexpr std::array<std::string_view, 6> kPlain = {"string", "integer", "number", "boolean", "time", "any"};

void write_type(JsonWriter& json, std::string_view type) {
  if (type == "any") return;
  if (type.starts_with('[')) {
    json.field("type", "array").key("items").begin_object();
    write_type(json, type.substr(1, type.size() - 2));
    json.end_object();
  } else if (type == "time") {
    json.field("type", "string").field("format", "date-time");
  } else if (type.find('|') != std::string_view::npos) {
    json.field("type", "string").key("enum").begin_array();
    while (!type.empty()) {
      const std::size_t end = std::min(type.find('|'), type.size());
      json.value(type.substr(0, end));
      type.remove_prefix(std::min(end + 1, type.size()));
    }
    json.end_array();
  } else if (std::ranges::find(kPlain, type) != kPlain.end()) {
    json.field("type", type);
  } else {
    json.field("$ref", "#/components/schemas/" + std::string(type));
  }
}

void write_object(JsonWriter& json, std::span<const FieldRow> fields) {
  json.field("type", "object").key("properties").begin_object();
  for (const FieldRow& field : fields) {
    json.key(field.name).begin_object();
    write_type(json, field.type);
    if (!field.summary.empty()) json.field("description", field.summary);
    json.end_object();
  }
  json.end_object();
  if (std::ranges::any_of(fields, &FieldRow::is_required)) {
    json.key("required").begin_array();
    for (const FieldRow& field : fields) {
      if (field.is_required) json.value(field.name);
    }
    json.end_array();
  }
  json.field("additionalProperties", false);
}

void write_parameter(JsonWriter& json, std::string_view in, const FieldRow& field) {
  json.begin_object().field("name", field.name).field("in", in).field("required", field.is_required);
  if (!field.summary.empty()) json.field("description", field.summary);
  json.key("schema").begin_object();
  write_type(json, field.type);
  json.end_object().end_object();
}

void write_parameters(JsonWriter& json, const RouteRow& route) {
  json.key("parameters").begin_array();
  for (std::size_t at = route.path.find('{'); at != std::string_view::npos; at = route.path.find('{', at + 1)) {
    write_parameter(json, "path", {.name = route.path.substr(at + 1, route.path.find('}', at) - at - 1), .type = "string"});
  }
  for (const FieldRow& field : route.query) write_parameter(json, "query", field);
  json.end_array();
}

void write_refusal(JsonWriter& json, std::string_view status, std::string_view summary) {
  json.key(status).begin_object().field("description", summary).key("content").begin_object().key("application/json").begin_object();
  json.key("schema").begin_object().field("$ref", "#/components/schemas/Refusal").end_object().end_object().end_object().end_object();
}

void write_operation(JsonWriter& json, const RouteRow& route) {
  std::string method(hd::name_of(route.method));
  std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c + 32); });
  json.key(method).begin_object().field("summary", route.summary).field("x-role", name_of(route.access.need()));
  write_parameters(json, route);
  if (route.access.need() == Need::anyone) json.key("security").begin_array().end_array();
  if (!route.body.empty()) {
    json.key("requestBody").begin_object().field("required", true).key("content").begin_object().key("application/json").begin_object().key("schema").begin_object();
    write_object(json, route.body);
    json.end_object().end_object().end_object().end_object();
  }
  json.key("responses").begin_object().key("200").begin_object().field("description", "done").key("content").begin_object();
  json.key(route.media).begin_object().key("schema").begin_object();
  if (!route.answer.empty()) json.field("$ref", "#/components/schemas/" + std::string(route.answer));
  json.end_object().end_object().end_object().end_object();
  write_refusal(json, "default", "refused: what, why, what to do");
  json.end_object().end_object();
}

}  // namespace

std::string openapi_text(const std::vector<RouteRow>& routes) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().field("openapi", "3.1.0");
  json.key("info").begin_object().field("title", "Hải Đăng collector").field("version", "1").field("description", "The API of haidang-collector. The console uses nothing else.").end_object();
  json.key("servers").begin_array().begin_object().field("url", "/api/v1").end_object().end_array();
  json.key("security").begin_array().begin_object().key("session").begin_array().end_array().end_object().end_array();
  std::map<std::string_view, std::vector<const RouteRow*>> paths;
  for (const RouteRow& route : routes) paths[route.path].push_back(&route);
  json.key("paths").begin_object();
  for (const auto& [path, rows] : paths) {
    json.key(path).begin_object();
    for (const RouteRow* route : rows) write_operation(json, *route);
    json.end_object();
  }
  json.end_object().key("components").begin_object().key("schemas").begin_object();
  for (const SchemaRow& schema : schemas()) {
    json.key(schema.name).begin_object();
    if (!schema.summary.empty()) json.field("description", schema.summary);
    write_object(json, schema.fields);
    json.end_object();
  }
  json.end_object().key("securitySchemes").begin_object().key("session").begin_object();
  json.field("type", "apiKey").field("in", "cookie").field("name", "__Host-hd").field("description", "Unsafe methods also need the header X-CSRF-Token.");
  json.end_object().end_object().end_object().end_object();
  return text;
}

}  // namespace hd::api
