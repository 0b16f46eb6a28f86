#!/usr/bin/env bash
# Makes a Debian sid root with Suricata in it, for comparison only: bench/suricata-root.sh [FOLDER]
# Needs root and debootstrap; the mirror is the one that this machine uses (HD_MIRROR overrides).
set -euo pipefail
root=${1:-build/sid}
if [[ -x $root/usr/bin/suricata ]]; then
  echo "$root: $(chroot "$root" suricata -V)"
  exit 0
fi
mirror=${HD_MIRROR:-$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v '^ *#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -1 | tr -d ' ')}
[[ -n $mirror ]] || { echo "no Debian mirror is known here; set HD_MIRROR" >&2; exit 4; }
mkdir -p "$root"
debootstrap --variant=minbase sid "$root" "$mirror"
cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
for file in /etc/apt/apt.conf.d/*; do
  grep -qi proxy "$file" && cp "$file" "$root/etc/apt/apt.conf.d/" || true
done
chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends suricata
chroot "$root" suricata -V
