#!/usr/bin/env bash
# runs the micro-benchmarks: ./run bench [NAME...]; bench/replay.py measures the whole sensor on a capture
source tests/run/lib.sh
need build test
build release
names=("$@")
[[ ${#names[@]} -gt 0 ]] || mapfile -t names < <(cd bench && printf '%s\n' *_bench.cpp | sed 's/_bench\.cpp$//')
for name in "${names[@]}"; do
  say "bench $name"
  "build/release/bin/bench_$name" --benchmark_min_time=0.2
done
