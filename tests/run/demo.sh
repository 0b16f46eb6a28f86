#!/usr/bin/env bash
# builds, replays recorded attacks through sensor and collector, and shows the incidents; --once ends by itself
source tests/run/lib.sh
say "Hải Đăng demo: builds the release, starts a collector and a sensor on this machine's loopback, replays recorded attacks"
need build console
build release haidang-sensor haidang-collector
say "building the console"
bash tests/run/console.sh || say "the console could not be built (above: why); the demo goes on without it, with incidents, API and reports"
exec python3 tests/run/demo.py "$@"
