// SPDX-License-Identifier: Apache-2.0
// A bare client: a socket, what is sent as it stands, what came back as it came.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace hd {

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    is_up_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool is_up() const { return is_up_; }
  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Until `end` has come, or the other side has nothing more.
  std::string read_until(std::string_view end) {
    while (text_.find(end) == std::string::npos && more()) {
    }
    const std::size_t at = text_.find(end);
    const std::size_t length = at == std::string::npos ? text_.size() : at + end.size();
    std::string result = text_.substr(0, length);
    text_.erase(0, length);
    return result;
  }
  std::string read_all() {
    while (more()) {
    }
    return std::move(text_);
  }
  /// One answer with its body, by its Content-Length.
  std::string answer() {
    const std::string head = read_until("\r\n\r\n");
    const std::size_t at = head.find("Content-Length: ");
    const std::size_t length = at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    while (text_.size() < length && more()) {
    }
    std::string result = head + text_.substr(0, length);
    text_.erase(0, std::min(length, text_.size()));
    return result;
  }
  /// The other side has closed.
  bool is_ended() { return !more() && text_.empty(); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  bool more() {
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got > 0) text_.append(bytes.data(), static_cast<std::size_t>(got));
    return got > 0;
  }
  int fd_;
  bool is_up_ = false;
  std::string text_ = {};
};

}  // namespace hd
