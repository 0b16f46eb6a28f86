#!/usr/bin/env bash
# runs one case in all its shapes: ./run case FILE [--shape cuts:17] [--keep] [--show]
source tests/run/lib.sh
need build
if [[ $# -eq 0 || $1 == --* ]]; then
  echo "usage: ./run case FILE [--shape NAME] [--keep] [--show]" >&2
  exit 2
fi
build release case_runner
exec build/release/bin/case_runner --file "$@"
