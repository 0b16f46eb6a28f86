#!/usr/bin/env bash
# builds the Debian packages into build/packages
source tests/run/lib.sh
need build package
if command -v node >/dev/null; then
  node collector/console/build.mjs >/dev/null || say "the console could not be built: the collector's package serves the API alone"
fi
build release haidang-sensor haidang-collector
rm -rf build/packages
mkdir -p build/packages
(cd build/release && cpack --config CPackConfig.cmake >package.log 2>&1) || { cat build/release/package.log; exit 1; }
rm -rf build/packages/_CPack_Packages
say "built: $(cd build/packages && echo *.deb)"
