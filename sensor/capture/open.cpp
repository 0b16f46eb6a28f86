// SPDX-License-Identifier: Apache-2.0
// From the name of a source to the source.
#include "sensor/capture/source.hpp"

#include <filesystem>

namespace hd {

Result<SourceName> parse_source(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  if (colon != std::string::npos && (kind == "pcap_file" || kind == "pcap" || kind == "af_packet")) {
    if (colon + 1 == text.size())
      return fail(ErrorCode::E1001, "the source \"" + text + "\" names nothing behind the colon");
    return SourceName{kind, text.substr(colon + 1)};
  }
  std::error_code problem;
  if (text == "-" || std::filesystem::exists(text, problem)) return SourceName{"pcap_file", text};
  return fail({.code = ErrorCode::E1001,
               .what = "the source \"" + text + "\" is not known",
               .hint = "Write pcap_file:PATH, pcap:INTERFACE or af_packet:INTERFACE."});
}

Result<std::unique_ptr<Source>> open_source(const SourceName& name, const CaptureOptions& options) {
  if (name.kind == "af_packet") return open_af_packet(name.target, options);
  if (name.kind == "pcap") return open_libpcap(name.target, options);
  std::error_code problem;
  if (std::filesystem::is_directory(name.target, problem)) return open_capture_folder(name.target, options);
  return open_capture_file(name.target, options);
}

}  // namespace hd
