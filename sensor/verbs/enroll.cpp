// SPDX-License-Identifier: Apache-2.0
// enroll: makes this sensor known to a collector by an invitation (docs/formats/ssp1.md, enrolment).
#include <sys/utsname.h>
#include <unistd.h>

#include <memory>

#include "sensor/base/file.hpp"
#include "sensor/base/json.hpp"
#include "sensor/base/json_writer.hpp"
#include "sensor/base/text.hpp"
#include "sensor/control/sensor_config.hpp"
#include "sensor/link/frame.hpp"
#include "sensor/link/invitation.hpp"
#include "sensor/link/zmq/socket.hpp"
#include "sensor/verbs/command_line.hpp"

namespace hd {
namespace {

constexpr char kExamples[] =
    "  haidang-sensor enroll hdinv1…                        # the string that haidang-collector sensors invite printed\n"
    "  haidang-sensor enroll hdinv1… --wait 10m             # until a person has compared the fingerprints and confirmed";

constexpr Nanos kAnswerTimeout = 5 * kSecond;
constexpr Nanos kAskEvery = 2 * kSecond;

struct EnrollOptions {
  std::string invitation = {};
  std::string key = {};
  std::string wait = "2m";
};

struct Answer {
  FrameType type = FrameType::refused;
  std::string body = {};
};

Result<CurveKeys> own_keys(const std::string& path) {
  if (file_exists(path)) return load_curve_keys(path);
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    if (auto made = make_folders(path.substr(0, slash), 0700); !made) return fail(std::move(made.error()));
  }
  const CurveKeys keys = make_curve_keys();
  if (auto saved = save_curve_keys(path, keys); !saved) return fail(std::move(saved.error()));
  return keys;
}

std::string request_of(const Invitation& invitation) {
  utsname machine = {};
  ::uname(&machine);
  char host[256] = {};
  (void)::gethostname(host, sizeof host - 1);
  std::string text;
  JsonWriter(text)
      .begin_object()
      .field("token", to_hex(invitation.token))
      .field("machine", std::string(host) + ", " + machine.sysname + " " + machine.release + " " + machine.machine)
      .field("software", "haidang-sensor " HD_VERSION)
      .end_object();
  return text;
}

/// One question, one answer, over a connection of its own.
Result<Answer> ask(const Invitation& invitation, const CurveKeys& keys, Clock& clock) {
  auto context = ZmqContext::make(16);
  if (!context) return fail(std::move(context.error()));
  const std::string endpoint = "tcp://" + invitation.host + ":" + std::to_string(invitation.enrol_port);
  auto socket = ZmqSocket::dealer(*context, endpoint, keys, invitation.collector_key, LinkPort::enrol);
  if (!socket) return fail(std::move(socket.error()));
  PayloadCodec codec;
  const FrameHeader header{.type = FrameType::enrol, .sent_ns = clock.wall().ns};
  const std::string request = request_of(invitation);
  const WireMessage message = codec.encode(header, as_bytes(request), PayloadCodec::Compress::never);
  bool is_sent = false;
  for (const Ticks end = clock.ticks() + kAnswerTimeout; clock.ticks() < end;) {
    if (!is_sent) is_sent = socket->send(message);
    ZmqPoll poll;
    poll.add(*socket);
    poll.wait(50 * kMillisecond);
    const auto incoming = socket->receive();
    if (!incoming) continue;
    FrameHeader got;
    std::vector<std::uint8_t> payload;
    if (incoming->frames != 2 || decode_frame(incoming->header, &got) != WireError::none ||
        codec.decode(got, incoming->payload, &payload) != WireError::none) {
      return fail(ErrorCode::E6003, "the collector's answer is malformed");
    }
    return Answer{.type = got.type, .body = std::string(as_chars(payload))};
  }
  return fail({.code = ErrorCode::E6001,
               .what = "no answer from " + endpoint,
               .hint = "Is the collector running, and does a packet filter let this port through?"});
}

Exit enroll(const CommandLine& command, const EnrollOptions& options) {
  const auto invitation = invitation_of(options.invitation);
  if (!invitation) return command.fail_with(invitation.error());
  const auto patience = parse_duration(options.wait);
  if (!patience) return command.fail_with({.code = ErrorCode::E1001, .what = "--wait wants a duration, such as 10m"});
  std::string path = options.key;
  if (path.empty()) {
    ConfigErrors errors;
    const SensorConfigFile file = read_sensor_config(command.config, {}, process_environment(), errors);
    if (!errors.empty()) return command.fail_with(errors);
    path = check_config(file.tree, sensor_rows(), errors).text("collector.key");
  }
  const auto keys = own_keys(path);
  if (!keys) return command.fail_with(keys.error());
  if (!command.quiet) note("fingerprint of this sensor: " + fingerprint_of(keys->public_key));

  SystemClock clock;
  const Ticks end = clock.ticks() + *patience;
  bool has_told = false;
  for (;;) {
    const auto answer = ask(*invitation, *keys, clock);
    if (!answer) return command.fail_with(answer.error());
    const auto body = JsonDocument::parse(answer->body);
    if (!body) return command.fail_with(body.error());
    if (answer->type == FrameType::refused) {
      (void)command.fail_with({.code = ErrorCode::E6002,
                               .what = "the collector refuses this invitation: " + std::string(body->get("why").as_string()),
                               .hint = "Ask for a new one: haidang-collector sensors invite NAME"});
      return Exit::refused;
    }
    if (answer->type == FrameType::accepted) {
      const Enrolment enrolment{.sensor_id = std::string(body->get("sensor_id").as_string()),
                                .name = std::string(body->get("name").as_string()),
                                .link = "tcp://" + invitation->host + ":" + std::to_string(invitation->link_port),
                                .collector_key = to_z85(invitation->collector_key)};
      if (auto saved = save_enrolment(path, enrolment); !saved) return command.fail_with(saved.error());
      if (command.json) (void)print(R"({"schema":"haidang.enrolled/1","sensor_id":")" + enrolment.sensor_id + "\"}\n");
      else if (!command.quiet) (void)print("enrolled as " + enrolment.name + "; alerts go to " + enrolment.link + "\n");
      return Exit::good;
    }
    if (!has_told && !command.quiet) note("the collector waits for a person to compare the fingerprints and confirm this sensor");
    has_told = true;
    if (clock.ticks() + kAskEvery >= end) {
      return command.fail_with({.code = ErrorCode::E6001,
                                .what = "nobody has confirmed this sensor yet",
                                .hint = "Confirm it in the console, then run the same command again: the invitation still holds."});
    }
    ::usleep(static_cast<useconds_t>(kAskEvery / kMicrosecond));
  }
}

}  // namespace

void add_enroll(CLI::App& app, CommandLine& command) {
  CLI::App& verb = add_verb(app, "enroll", "makes this sensor known to a collector", kExamples);
  auto options = std::make_shared<EnrollOptions>();
  verb.add_option("invitation", options->invitation, "what haidang-collector sensors invite printed")->required()->type_name("INVITATION");
  verb.add_option("--key", options->key, "key file, made if it is not there; default: collector.key of haidang.yaml")->type_name("FILE");
  verb.add_option("--wait", options->wait, "how long to wait for a person's confirmation")->type_name("DURATION")->capture_default_str();
  verb.callback([&command, options] { command.chosen = [&command, options] { return enroll(command, *options); }; });
}

}  // namespace hd
