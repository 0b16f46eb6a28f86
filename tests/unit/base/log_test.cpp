// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/log.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <vector>

#include "sensor/base/file.hpp"
#include "sensor/base/systemd.hpp"

namespace hd {
namespace {

TEST(Logger, SaysWhatItsLevelAllowsAndNoControlBytes) {
  std::vector<std::string> lines;
  const Logger log(LogLevel::info, [&lines](LogLevel, std::string_view line) { lines.emplace_back(line); });

  log.info("session of {} opened", "tram-bac-01\n\x1b[31m");
  log.debug("not said");
  log.error("code {}", 3);

  EXPECT_EQ(lines, (std::vector<std::string>{"session of tram-bac-01\\x0a\\x1b[31m opened", "code 3"}));
}

TEST(LogLimiter, CountsWhatIsBeyondItsRate) {
  LogLimiter limiter(2);

  int allowed = 0;
  for (int i = 0; i < 5; ++i) allowed += limiter.allow({kSecond}) ? 1 : 0;

  EXPECT_EQ(allowed, 2);
  EXPECT_EQ(limiter.take_refused(), 3u);
  EXPECT_TRUE(limiter.allow({2 * kSecond}));
  EXPECT_EQ(limiter.take_refused(), 0u);
}

TEST(ServiceManager, SendsItsStatesToTheSocket) {
  const std::string path = ::testing::TempDir() + "hd_notify_" + std::to_string(::getpid());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);

  const ServiceManager manager(path, "30000000");
  manager.ready("41 rules\nX=1");
  std::string got(256, '\0');
  got.resize(static_cast<std::size_t>(::recv(fd.get(), got.data(), got.size(), 0)));

  EXPECT_EQ(got, "READY=1\nSTATUS=41 rules X=1");
  EXPECT_EQ(manager.watchdog_interval(), 10 * kSecond);
  EXPECT_FALSE(ServiceManager("", "").watchdog_interval().has_value());
  EXPECT_TRUE(remove_tree(path).has_value());
}

}  // namespace
}  // namespace hd
