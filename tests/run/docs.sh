#!/usr/bin/env bash
# writes docs/reference, man pages and completions from the programs' own tables; --check compares
source tests/run/lib.sh
need build
build release haidang-sensor haidang-collector
exec python3 tests/run/docs.py "$@"
