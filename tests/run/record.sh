#!/usr/bin/env bash
# records the bundled captures anew, from real programs in network namespaces (root)
source tests/run/lib.sh
need record
if [[ $(id -u) -ne 0 ]]; then
  echo "run record: network namespaces need root" >&2
  exit 4
fi
exec bash tests/record/record.sh "$@"
