// SPDX-License-Identifier: Apache-2.0
// A folder of a test's own, gone when the test ends.
#pragma once

#include "tests/support/capture_writer.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace hd::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hd-capture-XXXXXX").string();
    HD_ASSERT(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code problem;
    std::filesystem::remove_all(path_, problem);
  }
  /// Writes a file and answers its path.
  std::string write(const std::string& name, Bytes bytes) const {
    const std::string path = path_ + "/" + name;
    HD_ASSERT(write_bytes(path, bytes));
    return path;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace hd::test
