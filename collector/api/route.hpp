// SPDX-License-Identifier: Apache-2.0
// Routes as rows: method, path, who may, what goes in and out. OpenAPI, the checks of bodies and the role check are all made
// from these rows; what is not in one does not exist.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/store/store.hpp"
#include "sensor/base/json.hpp"
#include "sensor/serve/http.hpp"

namespace hd::api {

struct Core;

/// Who may call a route. There is no default: a row without it does not compile.
enum class Need : std::uint8_t { anyone = 1, viewer, analyst, admin };
class Access {
 public:
  constexpr Access(Need need) noexcept : need_(need) {}  // NOLINT(google-explicit-constructor): rows name the enumerator
  [[nodiscard]] constexpr Need need() const noexcept { return need_; }

 private:
  Need need_;
};
[[nodiscard]] std::string_view name_of(Need need) noexcept;
[[nodiscard]] bool may(Role role, Need need) noexcept;

/// One member of a body, a query or a schema. `type`: string, integer, number, boolean, time, any, the name of a schema, or
/// one of these in brackets for a list ("[Group]"); for strings also words to choose from: "open|closed".
struct FieldRow {
  std::string_view name = {}, type = {}, summary = {};
  bool is_required = true;
};
struct SchemaRow {
  std::string_view name = {}, summary = {};
  std::span<const FieldRow> fields = {};
};

/// One request that was let in.
struct Call {
  const Request& request;
  std::vector<std::string> values = {};  ///< of the path's {names}, in order
  SessionRow session = {};               ///< empty for Need::anyone
  std::string session_hash = {};
  JsonView body = {};
  WallTime now = {};

  [[nodiscard]] const std::string& value(std::size_t index = 0) const { return values[index]; }
  [[nodiscard]] std::string text(std::string_view key) const { return std::string(body.get(key).as_string()); }
};

struct RouteRow {
  Method method = Method::get;
  std::string_view path = {};    ///< below /api/v1; "{name}" stands for one piece
  Access access;
  std::string_view summary = {};
  std::string_view answer = {};  ///< name of the schema of a 200; empty: not JSON
  Response (*handle)(Core& core, const Call& call);
  std::span<const FieldRow> query = {};
  std::span<const FieldRow> body = {};
  std::string_view media = "application/json";  ///< of the answer
};

/// All routes, all schemas: the resources' tables one after the other.
[[nodiscard]] std::vector<RouteRow> all_routes();
[[nodiscard]] std::span<const SchemaRow> schemas();

/// The OpenAPI 3.1 document of the tables, as JSON.
[[nodiscard]] std::string openapi_text(const std::vector<RouteRow>& routes);

// One a file.
extern const std::span<const RouteRow> kSessionRoutes;
extern const std::span<const RouteRow> kGroupRoutes;
extern const std::span<const RouteRow> kIncidentRoutes;
extern const std::span<const RouteRow> kIncidentActRoutes;
extern const std::span<const RouteRow> kSensorRoutes;
extern const std::span<const RouteRow> kUserRoutes;
extern const std::span<const RouteRow> kStatusRoutes;

}  // namespace hd::api
