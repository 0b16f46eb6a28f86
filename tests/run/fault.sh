#!/usr/bin/env bash
# runs a fault test of the delivery at full size: ./run fault F1 [--seed N]
source tests/run/lib.sh
need build test
name=${1:-}
if [[ ! -f tests/faults/$name.py ]]; then
  echo "usage: ./run fault NAME [options]; there are: $(cd tests/faults && echo F*.py | sed 's/\.py//g')" >&2
  exit 2
fi
shift
build release haidang-sensor haidang-collector
exec /usr/bin/python3 "tests/faults/$name.py" "$@"
