#!/usr/bin/env bash
# builds the web console into build/console; --check: its types too; --shots: pictures of it into build/console-shots
set -euo pipefail
source tests/run/lib.sh

need console
shots=0
wants=()
for word in "$@"; do
  if [[ $word == --shots ]]; then shots=1; else wants+=("$word"); fi
done
node collector/console/build.mjs "${wants[@]}"
if [[ $shots -eq 1 ]]; then
  need browser
  node tests/console/install.mjs
  node tests/console/shots.mjs
fi
