// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over files and folders, where there is no libFuzzer. An input that breaks something ends
// the program with its name as the last line.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);
  // A copy of just this size, so that a sanitizer sees the first byte beyond it.
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  static_cast<void>(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()));
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path path = argv[i];
    std::error_code problem;
    if (std::filesystem::is_regular_file(path, problem)) files.push_back(path);
    if (!std::filesystem::is_directory(path, problem)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, problem)) {
      if (entry.is_regular_file(problem)) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& path : files) run(path);
  static_cast<void>(LLVMFuzzerTestOneInput(nullptr, 0));
  std::printf("%zu passed, 0 failed\n", files.size() + 1);
  return 0;
}
