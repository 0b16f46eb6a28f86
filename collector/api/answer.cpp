// SPDX-License-Identifier: Apache-2.0
#include "collector/api/answer.hpp"

#include "collector/domain/alert.hpp"

namespace hd::api {
namespace {

Response json_response(unsigned status, std::string body) {
  Response response{.status = status, .body = std::move(body)};
  response.with("Content-Type", "application/json; charset=utf-8").with("Cache-Control", "no-store");
  return response;
}

}  // namespace

Response answer(WallTime now, const std::function<void(JsonWriter&)>& write) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().field("as_of", utc_text(now));
  write(json);
  json.end_object();
  return json_response(200, std::move(text));
}

Response refuse(unsigned status, std::string_view code, std::string_view vi, std::string_view en, std::string_view field) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("error").begin_object().field("code", code).field("vi", vi).field("en", en);
  if (!field.empty()) json.field("field", field);
  json.end_object().end_object();
  return json_response(status, std::move(text));
}

Response refuse_lacks(const std::vector<Lack>& lacks) {
  std::string text, vi, en;
  for (const Lack& lack : lacks) {
    vi += (vi.empty() ? "" : "; ") + lack.vi;
    en += (en.empty() ? "" : "; ") + lack.en;
  }
  JsonWriter json(text);
  json.begin_object().key("error").begin_object().field("code", "HD-422");
  json.field("vi", "Chưa chuyển trạng thái được: " + vi + ".").field("en", "Cannot change the state yet: " + en + ".");
  json.key("lacks").begin_array();
  for (const Lack& lack : lacks) json.begin_object().field("field", lack.field).field("vi", lack.vi).field("en", lack.en).end_object();
  json.end_array().end_object().end_object();
  return json_response(422, std::move(text));
}

Response not_found(std::string_view vi, std::string_view en) { return refuse(404, "HD-404", vi, en); }

Response store_failed(const Error& error) {
  if (error.code == ErrorCode::E7003) {
    return refuse(409, "HD-409", "Mục này vừa thay đổi hoặc không cho phép việc đó. Tải lại rồi chọn.", "This changed meanwhile, or does not allow it: " + error.what + ". Reload and choose.");
  }
  return refuse(503, "HD-503", "Kho dữ liệu không trả lời. Cảnh báo vẫn được cảm biến giữ, chưa mất gì.", "The store does not answer. Sensors keep their alerts; nothing is lost.");
}

}  // namespace hd::api
