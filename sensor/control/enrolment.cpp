// SPDX-License-Identifier: Apache-2.0
// What enrolment leaves beside the sensor's key.
#include "sensor/base/crypto.hpp"
#include "sensor/base/file.hpp"
#include "sensor/base/json.hpp"
#include "sensor/base/json_writer.hpp"
#include "sensor/control/sensor_config.hpp"

namespace hd {

std::string enrolment_path(const std::string& key_file) {
  const std::size_t slash = key_file.rfind('/');
  return (slash == std::string::npos ? std::string() : key_file.substr(0, slash + 1)) + "collector.json";
}

Result<Enrolment> load_enrolment(const std::string& key_file) {
  const std::string path = enrolment_path(key_file);
  const auto text = read_file(path);
  if (!text) {
    return fail({.code = ErrorCode::E6002,
                 .what = "this sensor is not enrolled: there is no " + path,
                 .hint = "haidang-sensor enroll INVITATION; haidang-collector sensors invite NAME prints one."});
  }
  const auto document = JsonDocument::parse(*text);
  PublicKey key{};
  if (!document || !from_z85(document->get("collector_key").as_string(), &key)) {
    return fail({.code = ErrorCode::E6002, .what = path + " is damaged", .hint = "Enrol the sensor anew."});
  }
  return Enrolment{.sensor_id = std::string(document->get("sensor_id").as_string()),
                   .name = std::string(document->get("name").as_string()),
                   .link = std::string(document->get("link").as_string()),
                   .collector_key = std::string(document->get("collector_key").as_string())};
}

Result<void> save_enrolment(const std::string& key_file, const Enrolment& enrolment) {
  std::string text;
  JsonWriter(text)
      .begin_object()
      .field("schema", "haidang.enrolment/1")
      .field("sensor_id", enrolment.sensor_id)
      .field("name", enrolment.name)
      .field("link", enrolment.link)
      .field("collector_key", enrolment.collector_key)
      .end_object();
  return write_file_atomic(enrolment_path(key_file), text + "\n", 0600);
}

}  // namespace hd
