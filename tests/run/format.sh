#!/usr/bin/env bash
# formats all C++ sources with clang-format-19
source tests/run/lib.sh
need test
git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i
