#!/usr/bin/env bash
# checks layers, confined headers, lengths, clocks, names (tests/tidy.py)
source tests/run/lib.sh
exec python3 tests/tidy.py "$@"
