// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "sensor/verbs/replay_run.hpp"

namespace hd {
namespace {

TEST(EveFile, LeavesADeviceOrPipeWhatItIs) {
  const std::string path = (std::filesystem::temp_directory_path() / ("haidang-fifo-" + std::to_string(::getpid()))).string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);

  auto eve = EveFile::create(path, {});
  ASSERT_TRUE(eve.has_value());
  EXPECT_TRUE((*eve)->finish().has_value());

  struct stat state = {};
  ASSERT_EQ(::stat(path.c_str(), &state), 0);
  EXPECT_TRUE(S_ISFIFO(state.st_mode));
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  ::close(reader);
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace hd
