// SPDX-License-Identifier: Apache-2.0
#include "sensor/control/socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "sensor/base/file.hpp"

namespace hd {
namespace {

/// A server in a thread of its own until the test ends.
class ControlSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "hd-ctl-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/run/sensor.sock";
    auto server = ControlServer::open(path_, [](std::string_view verb, const JsonView& request) -> Result<std::string> {
      if (verb == "echo") return request.get("value").to_json();
      return fail({.code = ErrorCode::E1001, .what = "there is no verb " + std::string(verb), .hint = "status"});
    });
    ASSERT_TRUE(server.has_value()) << to_text(server.error());
    server_ = std::move(*server);
    thread_ = std::thread([this] {
      while (!is_ending_.load(std::memory_order_acquire)) server_->serve(10 * kSecond);  // pairs with TearDown
    });
  }
  void TearDown() override {
    is_ending_.store(true, std::memory_order_release);
    if (server_ != nullptr) server_->wake();
    if (thread_.joinable()) thread_.join();
    server_.reset();
    EXPECT_FALSE(file_exists(path_));
    EXPECT_TRUE(remove_tree(folder_));
  }
  std::string folder_, path_;
  std::unique_ptr<ControlServer> server_;
  std::atomic<bool> is_ending_ = false;
  std::thread thread_;
};

TEST_F(ControlSocketTest, AnswersWhatItIsAsked) {
  const auto answer = ask_control(path_, R"({"verb":"echo","value":{"a":[1,2]}})", 5 * kSecond);

  ASSERT_TRUE(answer.has_value()) << to_text(answer.error());
  EXPECT_EQ(*answer, R"({"a":[1,2]})");
}

TEST_F(ControlSocketTest, TellsWhyItDoesNot) {
  const auto answer = ask_control(path_, R"({"verb":"dance"})", 5 * kSecond);

  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::E1001);
  EXPECT_EQ(answer.error().what, "there is no verb dance");
  EXPECT_EQ(answer.error().hint, "status");
}

TEST_F(ControlSocketTest, RefusesWhatIsNoObjectAndGoesOn) {
  EXPECT_FALSE(ask_control(path_, "[1]", 5 * kSecond).has_value());
  EXPECT_FALSE(ask_control(path_, "{", 5 * kSecond).has_value());
  EXPECT_FALSE(ask_control(path_, std::string(R"({"verb":")") + std::string(10'000, 'x') + "\"}", 5 * kSecond).has_value());
  EXPECT_TRUE(ask_control(path_, R"({"verb":"echo","value":1})", 5 * kSecond).has_value());
}

TEST_F(ControlSocketTest, IsOpenToItsUserOnly) {
  struct stat found = {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(ControlSocketTest, SilentClientsDoNotStandInTheWay) {
  std::vector<UniqueFd> silent;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  for (std::size_t i = 0; i + 1 < ControlServer::kClientsMax; ++i) {
    silent.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(silent.back().get(), static_cast<const sockaddr*>(static_cast<const void*>(&address)), sizeof(address)), 0);
  }

  EXPECT_TRUE(ask_control(path_, R"({"verb":"echo","value":1})", 5 * kSecond).has_value());
}

TEST_F(ControlSocketTest, SecondSensorDoesNotTakeThePathOver) {
  const auto second = ControlServer::open(path_, nullptr);

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::E4001);
}

TEST(ControlSocket, NobodyThereIsSaidSo) {
  const auto answer = ask_control("/nowhere/sensor.sock", "{}", kSecond);

  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::E4001);
  EXPECT_EQ(ask_control(std::string(200, 'x'), "{}", kSecond).error().code, ErrorCode::E3102);
}

}  // namespace
}  // namespace hd
