// SPDX-License-Identifier: Apache-2.0
#include "sensor/control/socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "sensor/base/file.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr std::size_t kAnswerMax = 16u << 20;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return fail({.code = ErrorCode::E3102,
                 .what = "the path of the control socket is empty or longer than " + std::to_string(sizeof(address.sun_path) - 1) + " bytes"});
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

UniqueFd make_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

bool is_answered(const sockaddr_un& address) {
  const UniqueFd probe = make_socket();
  return probe && ::connect(probe.get(), generic(address), sizeof(address)) == 0;
}

std::string refusal(const Error& error) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .field("ok", false)
      .field("code", "E" + std::to_string(static_cast<int>(error.code)))
      .field("what", error.what)
      .field("hint", error.hint)
      .end_object();
  return out + "\n";
}

int milliseconds(Nanos timeout) { return static_cast<int>(std::min<Nanos>(timeout / kMillisecond, 3'600'000)); }

}  // namespace

struct ControlServer::Impl {
  struct Client {
    UniqueFd fd = {};
    std::string input = {}, output = {};
    bool is_ending = false;
  };
  std::string path = {};
  UniqueFd listener = {}, wakener = {};
  Answer answer = {};
  JsonParser parser = JsonParser({.depth_max = 8, .length_max = kLineMax});
  std::vector<Client> clients = {};

  void accept_one();
  void read(Client& client);
  void flush(Client& client);
  [[nodiscard]] std::string reply(std::string_view line);
};

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlServer::~ControlServer() { (void)::unlink(impl_->path.c_str()); }

Result<std::unique_ptr<ControlServer>> ControlServer::open(const std::string& path, Answer answer) {
  const auto address = address_of(path);
  if (!address) return fail(address.error());
  if (is_answered(*address)) {
    return fail({.code = ErrorCode::E4001, .what = "another sensor answers at " + path, .hint = "Give this one a control: of its own."});
  }
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    if (auto made = make_folders(path.substr(0, slash), 0755); !made) return fail(std::move(made.error()));
  }
  (void)::unlink(path.c_str());
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->answer = std::move(answer);
  impl->listener = make_socket();
  impl->wakener = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  // 0600 from the first moment on: the mode of a socket's name is its creator's umask, here that of the descriptor.
  if (!impl->listener || !impl->wakener || ::fchmod(impl->listener.get(), 0600) != 0 ||
      ::bind(impl->listener.get(), generic(*address), sizeof(*address)) != 0 ||
      ::listen(impl->listener.get(), static_cast<int>(kClientsMax)) != 0) {
    return fail(system_error("make the control socket", path, errno));
  }
  impl->clients.reserve(kClientsMax);
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

void ControlServer::wake() noexcept {
  const std::uint64_t one = 1;
  const ssize_t written = ::write(impl_->wakener.get(), &one, sizeof(one));
  (void)written;  // full means that it is awake already
}

void ControlServer::serve(Nanos timeout) {
  std::vector<pollfd> waits = {{.fd = impl_->wakener.get(), .events = POLLIN, .revents = 0},
                               {.fd = impl_->clients.size() < kClientsMax ? impl_->listener.get() : -1, .events = POLLIN, .revents = 0}};
  for (const Impl::Client& client : impl_->clients) {
    const bool has_output = !client.output.empty();
    waits.push_back({.fd = client.fd.get(), .events = static_cast<short>(has_output ? POLLOUT : POLLIN), .revents = 0});
  }
  if (::poll(waits.data(), waits.size(), milliseconds(timeout)) <= 0) return;
  if (waits[0].revents != 0) {
    std::uint64_t count = 0;
    const ssize_t taken = ::read(impl_->wakener.get(), &count, sizeof(count));
    (void)taken;
  }
  for (std::size_t i = 0; i < impl_->clients.size(); ++i) {
    Impl::Client& client = impl_->clients[i];
    const short what = waits[i + 2].revents;
    if ((what & POLLOUT) != 0) {
      impl_->flush(client);
    } else if ((what & (POLLIN | POLLHUP | POLLERR)) != 0) {
      impl_->read(client);
    }
  }
  std::erase_if(impl_->clients, [](const Impl::Client& client) { return client.is_ending && client.output.empty(); });
  if (waits[1].revents != 0) impl_->accept_one();
}

void ControlServer::Impl::accept_one() {
  UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return;
  ucred peer = {};
  socklen_t length = sizeof(peer);
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return;
  clients.push_back({.fd = std::move(fd)});
  if (peer.uid == 0 || peer.uid == ::geteuid()) return;
  clients.back().output = refusal({.code = ErrorCode::E4002, .what = "only root and the sensor's own user may ask"});
  clients.back().is_ending = true;
}

void ControlServer::Impl::read(Client& client) {
  std::array<char, kLineMax> bytes = {};
  const ssize_t length = ::recv(client.fd.get(), bytes.data(), bytes.size(), 0);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) {
    client.is_ending = true;
    return;
  }
  client.input.append(bytes.data(), static_cast<std::size_t>(length));
  for (std::size_t end = client.input.find('\n'); end != std::string::npos; end = client.input.find('\n')) {
    client.output += reply(std::string_view(client.input).substr(0, end));
    client.input.erase(0, end + 1);
  }
  if (client.input.size() >= kLineMax) {
    client.output += refusal({.code = ErrorCode::E1001, .what = "the question is too long"});
    client.is_ending = true;
  }
  if (!client.output.empty()) flush(client);
}

void ControlServer::Impl::flush(Client& client) {
  const ssize_t length = ::send(client.fd.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length < 0) {
    client.output.clear();
    client.is_ending = true;
    return;
  }
  client.output.erase(0, static_cast<std::size_t>(length));
}

std::string ControlServer::Impl::reply(std::string_view line) {
  const auto request = parser.parse(line);
  if (!request || !request->is(JsonKind::object)) {
    return refusal({.code = ErrorCode::E1001, .what = "the question is not a JSON object"});
  }
  const auto result = answer(request->get("verb").as_string(), *request);
  if (!result) return refusal(result.error());
  return R"({"ok":true,"answer":)" + *result + "}\n";
}

// --- asking ---

namespace {

/// Reads one line within the time that is left.
Result<std::string> read_line(int fd, Nanos timeout, Clock& clock) {
  const Ticks end = clock.ticks() + timeout;
  std::string line;
  std::array<char, 65536> bytes = {};
  while (line.find('\n') == std::string::npos) {
    const Nanos left = end - clock.ticks();
    pollfd wait = {.fd = fd, .events = POLLIN, .revents = 0};
    if (left <= 0 || line.size() > kAnswerMax || ::poll(&wait, 1, milliseconds(left) + 1) == 0) {
      return fail({.code = ErrorCode::E6001, .what = "the sensor does not answer"});
    }
    const ssize_t length = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR)) {
      return fail({.code = ErrorCode::E6001, .what = "the sensor ended the conversation"});
    }
    if (length > 0) line.append(bytes.data(), static_cast<std::size_t>(length));
  }
  line.resize(line.find('\n'));
  return line;
}

}  // namespace

Result<std::string> ask_control(const std::string& path, std::string_view request, Nanos timeout) {
  const auto address = address_of(path);
  if (!address) return fail(address.error());
  const UniqueFd fd = make_socket();
  if (!fd || ::connect(fd.get(), generic(*address), sizeof(*address)) != 0) {
    const int number = errno;
    if (number == EACCES || number == EPERM) return fail(system_error("ask the sensor at", path, number));
    return fail({.code = ErrorCode::E4001, .what = "no sensor runs here (" + path + ")", .hint = "systemctl start haidang-sensor"});
  }
  if (auto sent = write_all(fd.get(), std::string(request) + "\n", path); !sent) return fail(std::move(sent.error()));
  SystemClock clock;
  const auto line = read_line(fd.get(), timeout, clock);
  if (!line) return fail(line.error());
  const auto answer = JsonDocument::parse(*line);
  if (!answer) return fail({.code = ErrorCode::E6003, .what = "the sensor's answer is not JSON"});
  if (answer->get("ok").as_bool()) return answer->get("answer").to_json();
  ErrorCode code = ErrorCode::E6003;
  const std::string said(answer->get("code").as_string());
  if (said.size() == 5) code = static_cast<ErrorCode>(std::strtol(said.c_str() + 1, nullptr, 10));
  return fail({.code = code, .what = std::string(answer->get("what").as_string()), .hint = std::string(answer->get("hint").as_string())});
}

}  // namespace hd
