#!/usr/bin/env bash
# The console in a real browser: against a small collector with fixtures, and against the real one when it is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/run/lib.sh

need console browser
# Its packages come from npm's registry: without it there is nothing to try, but for CI, which must have it.
if ! { node collector/console/build.mjs --check && node tests/console/install.mjs; }; then
  if [[ -z ${CI:-} ]] && ! npm ping >/dev/null 2>&1; then
    echo "skipped: the console: npm's registry does not answer"
    echo "0 passed, 0 failed"
    exit 0
  fi
  exit 1
fi
exec timeout --kill-after=5 180 node tests/console/main.mjs "$@"
