// SPDX-License-Identifier: Apache-2.0
#include "collector/api/files.hpp"

#include <array>

#include "sensor/base/file.hpp"

namespace hd::api {
namespace {

struct Media {
  std::string_view suffix, type;
};
constexpr std::array<Media, 7> kMedia = {{{".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
                                          {".svg", "image/svg+xml"}, {".png", "image/png"}, {".json", "application/json"}, {".txt", "text/plain; charset=utf-8"}}};

std::string_view media_of(std::string_view name) {
  for (const Media& media : kMedia) {
    if (name.ends_with(media.suffix)) return media.type;
  }
  return {};
}

bool takes_gzip(const Request& request) { return request.header("accept-encoding").find("gzip") != std::string_view::npos; }

}  // namespace

Result<ConsoleFiles> ConsoleFiles::load(const std::string& folder) {
  ConsoleFiles result;
  std::size_t total = 0;
  for (const std::string& part : {std::string(), std::string("assets/")}) {
    const auto names = list_folder(folder + "/" + part);
    if (!names) return fail(names.error());
    for (const std::string& name : *names) {
      const std::string_view media = media_of(name);
      if (media.empty()) continue;
      const std::string path = folder + "/" + part + name;
      auto text = read_file(path, kConsoleBytesMax);
      if (!text) return fail(std::move(text.error()));
      File file{.media = std::string(media), .is_kept = !part.empty()};
      total += text->size();
      file.plain = std::make_shared<const std::string>(std::move(*text));
      if (file_exists(path + ".gz")) {
        auto packed = read_file(path + ".gz", kConsoleBytesMax);
        if (!packed) return fail(std::move(packed.error()));
        total += packed->size();
        file.packed = std::make_shared<const std::string>(std::move(*packed));
      }
      if (total > kConsoleBytesMax) return fail(ErrorCode::E4001, folder + " holds more than a console does (32 MiB)");
      result.files_["/" + part + name] = std::move(file);
    }
  }
  if (!result.files_.contains("/index.html")) return fail(ErrorCode::E4001, folder + " holds no built console (index.html is missing)");
  return result;
}

Response ConsoleFiles::answer(const Request& request) const {
  auto found = files_.find(request.path);
  const bool is_asset = request.path.starts_with("/assets/");
  if (found == files_.end() && !is_asset) found = files_.find("/index.html");
  if (found == files_.end()) {
    Response missing{.status = 404, .body = "not found\n"};
    missing.with("Content-Type", "text/plain").with("Cache-Control", "no-store");
    return missing;
  }
  const File& file = found->second;
  Response response;
  response.with("Content-Type", file.media).with("Vary", "Accept-Encoding");
  response.with("Cache-Control", file.is_kept ? "public, max-age=31536000, immutable" : "no-cache");
  const bool is_packed = file.packed && takes_gzip(request);
  if (is_packed) response.with("Content-Encoding", "gzip");
  response.shared_body = is_packed ? file.packed : file.plain;
  return response;
}

}  // namespace hd::api
