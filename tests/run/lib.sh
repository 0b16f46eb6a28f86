#!/usr/bin/env bash
# What the verbs share: packages, build folders, messages. Sourced, not run.
set -euo pipefail

say() { printf '\n== %s\n' "$*"; }

# as_root COMMAND...: by sudo where we are not root.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# need GROUP...: installs what is missing of the groups in tests/run/packages.txt, saying what and why first. A package
# written as NAME=COMMAND is there when the command is: other packagings of Node.js bring npm along and forbid Debian's.
need() {
  local group line name missing=()
  for group in "$@"; do
    while read -r line; do
      for name in $line; do
        if [[ $name == *=* ]]; then
          command -v "${name#*=}" >/dev/null || missing+=("${name%=*}")
          continue
        fi
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
      done
    done < <(sed -n "s/^$group: //p" tests/run/packages.txt)
  done
  [[ ${#missing[@]} -eq 0 ]] && return 0
  say "installing ${#missing[@]} Debian packages ($*): ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The compiler cache sees paths as relative, so that another clone of the same sources finds its objects.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-8G}

# build PRESET [TARGET...]: configures when needed, and builds. Progress is ninja's.
build() {
  local preset=$1
  shift
  cmake --preset "$preset" >"build-$preset.log" 2>&1 || { cat "build-$preset.log"; return 1; }
  rm -f "build-$preset.log"
  NINJA_STATUS='[%f/%t %es] ' ninja -C "build/$preset" "$@"
}
