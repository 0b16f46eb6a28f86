#!/usr/bin/env python3
"""Replays the bundled captures with our rules and compares the alerts with expected.json.

    check.py SENSOR [--print]     --print writes what is raised, in the form of expected.json
"""
from __future__ import annotations

import collections
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def raised(sensor: str) -> dict[str, dict[str, int]]:
    """Alerts by capture and sid; the rules are compiled once for all captures."""
    captures = sorted(HERE.glob("*.pcap"))
    with tempfile.TemporaryDirectory() as folder:
        eve = {capture.stem: pathlib.Path(folder) / f"{capture.stem}.json" for capture in captures}
        batch = pathlib.Path(folder) / "batch.tsv"
        batch.write_text("".join(f"{capture}\t{eve[capture.stem]}\n" for capture in captures))
        subprocess.run([sensor, "replay", "--batch", str(batch), "--rules", str(ROOT / "signatures" / "*.rules"), "--quiet"], check=True, timeout=300)
        found = {}
        for name, path in eve.items():
            lines = (json.loads(line) for line in path.read_text().splitlines())
            count = collections.Counter(str(line["alert"]["signature_id"]) for line in lines if line["event_type"] == "alert")
            found[name] = dict(sorted(count.items()))
    return found


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = raised(sys.argv[1])
    if "--print" in sys.argv:
        rows = [f"  {json.dumps(name)}: {json.dumps(sids)}" for name, sids in found.items()]
        print("{\n" + ",\n".join(rows) + "\n}")
        return 0
    expected = json.loads((HERE / "expected.json").read_text())
    wrong = 0
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            wrong += 1
            print(f"{name}: expected {expected.get(name)}, raised {found.get(name)}")
    print(f"{len(found)} captures, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
