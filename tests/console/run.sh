#!/usr/bin/env bash
# The console in a real browser: against a small collector with fixtures, and against the real one when it is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/run/lib.sh

need console browser
node collector/console/build.mjs --check
node tests/console/install.mjs
exec timeout --kill-after=5 180 node tests/console/main.mjs "$@"
