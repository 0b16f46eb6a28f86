// SPDX-License-Identifier: Apache-2.0
// The way of a request: host, route, session, role, origin and token, body; then the resource.
#include "collector/api/api.hpp"

#include <algorithm>

#include "collector/api/answer.hpp"
#include "collector/api/body.hpp"
#include "collector/api/core.hpp"
#include "collector/api/files.hpp"
#include "collector/api/route.hpp"
#include "collector/api/views.hpp"
#include "sensor/base/crypto.hpp"

namespace hd {
namespace api {
namespace {

constexpr std::string_view kRoot = "/api/v1";
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
constexpr JsonLimits kBodyLimits = {.depth_max = 16, .length_max = 1u << 20};

/// Pieces of "/a/{b}/c" against "/a/x/c"; values of the names are appended.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>* values) {
  while (!pattern.empty() && !path.empty()) {
    pattern.remove_prefix(1);
    if (path.front() != '/') return false;
    path.remove_prefix(1);
    const std::size_t pattern_end = std::min(pattern.find('/'), pattern.size()), path_end = std::min(path.find('/'), path.size());
    const std::string_view want = pattern.substr(0, pattern_end), have = path.substr(0, path_end);
    if (want.starts_with('{')) {
      if (have.empty()) return false;
      values->emplace_back(have);
    } else if (want != have) {
      return false;
    }
    pattern.remove_prefix(pattern_end);
    path.remove_prefix(path_end);
  }
  return pattern.empty() && path.empty();
}

/// Host of a Host header without its port.
std::string_view host_of(std::string_view text) {
  if (text.starts_with('[')) return text.substr(0, std::min(text.find(']'), text.size() - 1) + 1);
  return text.substr(0, text.find(':'));
}

/// Over plain HTTP only this machine's own names are answered: a foreign name that was made to point here gets nothing.
bool is_good_host(const Request& request) {
  if (request.is_tls) return true;
  const std::string_view host = host_of(request.header("host"));
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]" || host.ends_with(".localhost");
}

bool is_unsafe(Method method) { return method != Method::get && method != Method::head && method != Method::options; }

/// A browser says where a request comes from; what is no browser says nothing, and still needs the token.
bool is_own_origin(const Request& request) {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) {
    const std::string_view site = request.header("sec-fetch-site");
    return site.empty() || site == "same-origin" || site == "none";
  }
  return origin == (request.is_tls ? "https://" : "http://") + std::string(request.header("host"));
}

Response log_in_first() { return refuse(401, "HD-401", "Phiên đã hết hạn. Bản nháp còn nguyên. Đăng nhập lại để tiếp tục.", "Your session ended. The draft is kept. Log in to continue."); }

Response needs_role(Need need) {
  const std::string_view vi = need == Need::admin ? "quản trị" : "phân tích viên";
  return refuse(403, "HD-403", "Việc này cần quyền " + std::string(vi) + ".", "This needs the role " + std::string(name_of(need)) + ".");
}

/// Fills session and body of the call, or answers why it is not let in.
std::optional<Response> let_in(Core& core, const RouteRow& route, Call* call, std::optional<JsonDocument>* body) {
  const Request& request = call->request;
  if (is_unsafe(request.method) && !is_own_origin(request)) return refuse(403, "HD-403", "Yêu cầu đến từ trang khác.", "The request comes from another site.");
  if (route.access.need() != Need::anyone) {
    const std::string_view token = request.cookie(cookie_name(request.is_tls));
    if (token.empty()) return log_in_first();
    call->session_hash = token_hash(token);
    auto session = core.store.session(call->session_hash, call->now);
    if (!session) return store_failed(session.error());
    if (!*session) return log_in_first();
    call->session = std::move(**session);
    if (!may(call->session.role, route.access.need())) return needs_role(route.access.need());
    const bool has_token = equal_secret(as_bytes(request.header("x-csrf-token")), as_bytes(call->session.csrf));
    if (is_unsafe(request.method) && !has_token) return refuse(403, "HD-403", "Thiếu mã chống giả mạo. Tải lại trang.", "The X-CSRF-Token header is missing or old. Reload the page.");
  }
  if (!is_unsafe(request.method)) return std::nullopt;
  auto document = JsonDocument::parse(request.body.empty() ? "{}" : request.body, kBodyLimits);
  if (!document) return refuse(400, "HD-400", "Nội dung không phải JSON hợp lệ.", "The body is not valid JSON.");
  if (const auto fault = check_body(document->root(), route.body)) return refuse(400, "HD-400", fault->vi, fault->en, fault->field);
  body->emplace(std::move(*document));
  call->body = (*body)->root();
  return std::nullopt;
}

Response dispatch(Core& core, const Request& request) {
  const std::string_view path = std::string_view(request.path).substr(kRoot.size());
  const Method method = request.method == Method::head ? Method::get : request.method;
  std::string allowed;
  // A path in words goes before one with names.
  const RouteRow* best = nullptr;
  std::vector<std::string> values;
  for (const RouteRow& route : core.routes) {
    std::vector<std::string> found;
    if (!fits(route.path, path, &found)) continue;
    if (route.method != method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(hd::name_of(route.method));
    } else if (best == nullptr || found.size() < values.size()) {
      best = &route;
      values = std::move(found);
    }
  }
  if (best == nullptr && allowed.empty()) return not_found("Không có địa chỉ này trong API.", "There is no such address in the API.");
  if (best == nullptr) {
    Response response = refuse(405, "HD-405", "Địa chỉ này không nhận phương thức đó.", "This address does not take that method.");
    response.with("Allow", allowed);
    return response;
  }
  Call call{.request = request, .values = std::move(values), .now = core.clock.wall()};
  std::optional<JsonDocument> body;
  if (auto refusal = let_in(core, *best, &call, &body)) return std::move(*refusal);
  return best->handle(core, call);
}

void add_sample(std::vector<MetricFamily>& families, const char* name, const char* help, MetricKind kind, double value) {
  families.push_back({.name = name, .help = help, .kind = kind, .samples = {{{}, value}}});
}

Response metrics(Core& core, const Request& request) {
  if (!core.options.opens_metrics && !request.is_loopback) return refuse(403, "HD-403", "Số đo chỉ mở cho chính máy này.", "Metrics are open to this machine only.");
  std::vector<MetricFamily> families;
  if (const auto counts = core.store.counts()) {
    add_sample(families, "haidang_collector_alerts_total", "Alerts stored.", MetricKind::counter, static_cast<double>(counts->alerts));
    MetricFamily undecided{.name = "haidang_collector_groups_undecided", .help = "Alert groups that wait for a decision.", .samples = {}};
    for (std::size_t i = 0; i < counts->undecided_by_severity.size(); ++i) {
      undecided.samples.push_back({{{"severity", std::to_string(i + 1)}}, static_cast<double>(counts->undecided_by_severity[i])});
    }
    families.push_back(std::move(undecided));
    add_sample(families, "haidang_collector_incidents_open", "Incidents that are not closed.", MetricKind::gauge, static_cast<double>(counts->incidents_open));
  }
  if (const auto sensors = core.store.sensors()) {
    const WallTime now = core.clock.wall();
    const auto normal = std::ranges::count_if(*sensors, [now](const SensorRow& sensor) { return sensor_word(sensor, now) == "normal"; });
    add_sample(families, "haidang_collector_sensors", "Sensors known.", MetricKind::gauge, static_cast<double>(sensors->size()));
    add_sample(families, "haidang_collector_sensors_normal", "Sensors whose health is normal.", MetricKind::gauge, static_cast<double>(normal));
  }
  if (core.options.metrics) {
    for (MetricFamily& family : core.options.metrics()) families.push_back(std::move(family));
  }
  return metrics_response(families);
}

Response healthz(Core& core) {
  const auto last = core.store.last_change();
  Response response{.status = last ? 200u : 503u, .body = last ? "ok\n" : "the store does not answer\n"};
  response.with("Content-Type", "text/plain; charset=utf-8").with("Cache-Control", "no-store");
  return response;
}

void protect(Response& response, const Request& request, const ApiOptions& options) {
  const bool is_page = !request.path.starts_with("/api/");
  response.with("Content-Security-Policy", is_page ? kPagePolicy : "default-src 'none'; frame-ancestors 'none'");
  response.with("X-Content-Type-Options", "nosniff").with("Referrer-Policy", "no-referrer").with("Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=(), payment=()");
  response.with("Cross-Origin-Opener-Policy", "same-origin").with("Cross-Origin-Resource-Policy", "same-origin");
  if (request.is_tls && options.has_real_name) response.with("Strict-Transport-Security", "max-age=31536000");
}

}  // namespace

std::string_view name_of(Need need) noexcept {
  switch (need) {
    case Need::anyone: return "anyone";
    case Need::viewer: return "viewer";
    case Need::analyst: return "analyst";
    case Need::admin: return "admin";
  }
  return "";
}

bool may(Role role, Need need) noexcept { return need == Need::anyone || static_cast<unsigned>(role) + 2 >= static_cast<unsigned>(need); }

std::vector<RouteRow> all_routes() {
  std::vector<RouteRow> rows;
  for (const auto& part : {kSessionRoutes, kGroupRoutes, kIncidentRoutes, kIncidentActRoutes, kSensorRoutes, kUserRoutes, kStatusRoutes}) rows.insert(rows.end(), part.begin(), part.end());
  return rows;
}

}  // namespace api

struct Api::Body {
  api::Core core;
  api::ConsoleFiles files = {};
};

Api::Api(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Api::~Api() { stop(); }
void Api::stop() { body_->core.streams.stop(); }

Result<std::unique_ptr<Api>> Api::make(Store& store, Clock& clock, Logger logger, ApiOptions options) {
  const std::string nobody = api::make_token();
  auto decoy = options.is_cheap ? hash_password_cheaply(nobody) : hash_password(nobody);
  if (!decoy) return fail(std::move(decoy.error()));
  api::ConsoleFiles files;
  if (!options.console.empty()) {
    auto loaded = api::ConsoleFiles::load(options.console);
    if (!loaded) return fail(std::move(loaded.error()));
    files = std::move(*loaded);
  }
  const std::chrono::milliseconds pause = options.stream_pause;
  std::vector<api::RouteRow> routes = api::all_routes();
  std::string openapi = api::openapi_text(routes);
  std::unique_ptr<Body> body(new Body{.core = {.store = store, .clock = clock, .logger = std::move(logger), .options = std::move(options), .decoy_hash = std::move(*decoy),
                                               .started = clock.ticks(), .routes = std::move(routes), .openapi = std::move(openapi), .streams = api::StreamHub(store, clock, pause)},
                                      .files = std::move(files)});
  return std::unique_ptr<Api>(new Api(std::move(body)));
}

Response Api::handle(const Request& request) {
  api::Core& core = body_->core;
  Response response;
  const bool is_read = request.method == Method::get || request.method == Method::head;
  if (!api::is_good_host(request)) response = api::refuse(421, "HD-421", "Máy này không mang tên đó.", "This machine does not have that name.");
  else if (request.path == "/healthz") response = api::healthz(core);
  else if (request.path == "/metrics") response = api::metrics(core, request);
  else if (request.path.starts_with(std::string(api::kRoot) + "/")) response = api::dispatch(core, request);
  else if (request.path == "/api" || request.path.starts_with("/api/")) response = api::not_found("Không có phiên bản API này.", "There is no such version of the API.");
  else if (!is_read) response = api::refuse(405, "HD-405", "Địa chỉ này chỉ để đọc.", "This address can only be read.");
  else if (body_->files.is_there()) response = body_->files.answer(request);
  else response = api::not_found("Bộ thu này chạy không có giao diện.", "This collector runs without its console.");
  api::protect(response, request, core.options);
  return response;
}

}  // namespace hd
