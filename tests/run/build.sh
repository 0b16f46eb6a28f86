#!/usr/bin/env bash
# builds the release; the programs lie in build/release/bin
source tests/run/lib.sh
need build
build release haidang-sensor haidang-collector
say "built: build/release/bin/haidang-sensor, build/release/bin/haidang-collector"
