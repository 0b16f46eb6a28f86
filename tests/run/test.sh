#!/usr/bin/env bash
# builds with warnings as errors and runs all that CI runs; `./run test PART [FILTER]` for one part
source tests/run/lib.sh
need build test console browser package
exec python3 tests/run/test.py "$@"
