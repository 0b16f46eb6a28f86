#!/usr/bin/env bash
# runs one case in all its shapes: ./run case FILE [--shape cuts:17] [--keep] [--show]; or --from CAPTURE
source tests/run/lib.sh
need build
if [[ $# -eq 0 || ($1 == --* && $1 != --from) ]]; then
  echo "usage: ./run case FILE [--shape NAME] [--keep] [--show], or ./run case --from CAPTURE >NEW.case" >&2
  exit 2
fi
build release case_runner >&2
[[ $1 == --from ]] && exec build/release/bin/case_runner "$@"
exec build/release/bin/case_runner --file "$@"
