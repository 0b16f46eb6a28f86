// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

namespace hd {
namespace {

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "hd_file_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { EXPECT_TRUE(remove_tree(folder_).has_value()); }
  std::string folder_;
};

TEST_F(FileTest, ReadsWhatWasWritten) {
  const std::string path = folder_ + "/keys";

  ASSERT_TRUE(write_file_atomic(path, std::string("a\0b", 3), 0600).has_value());

  EXPECT_EQ(read_file(path).value(), std::string("a\0b", 3));
  struct stat state {};
  ASSERT_EQ(::stat(path.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777u, 0600u);
  EXPECT_EQ(list_folder(folder_)->size(), 1u) << "no temporary file is left over";
}

TEST_F(FileTest, RefusesAFileThatIsLongerThanAllowed) {
  const std::string path = folder_ + "/long";
  ASSERT_TRUE(write_file_atomic(path, "12345").has_value());

  EXPECT_TRUE(read_file(path, 5).has_value());
  EXPECT_FALSE(read_file(path, 4).has_value());
}

TEST_F(FileTest, NamesThePathAndTheReason) {
  const auto missing = read_file(folder_ + "/none");

  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().what, "cannot read " + folder_ + "/none: No such file or directory");
}

TEST_F(FileTest, MakesFoldersOnceAndListsThemSorted) {
  ASSERT_TRUE(make_folders(folder_ + "/b/c/d").has_value());
  ASSERT_TRUE(make_folders(folder_ + "/b/c/d").has_value());
  ASSERT_TRUE(make_folders(folder_ + "/a").has_value());

  EXPECT_EQ(list_folder(folder_).value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(file_exists(folder_ + "/b/c/d"));
}

TEST_F(FileTest, DoesNotMakeAFolderOverAFile) {
  ASSERT_TRUE(write_file_atomic(folder_ + "/file", "x").has_value());

  EXPECT_FALSE(make_folders(folder_ + "/file/below").has_value());
}

}  // namespace
}  // namespace hd
