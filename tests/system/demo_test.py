#!/usr/bin/env python3
"""The demo as a newcomer runs it, twice; and the bundled captures against what they are known to raise."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HAIDANG_BUILD", ROOT / "build" / "release"))
KINDS_MIN = 8


def main() -> int:
    passed = failed = 0

    def check(holds: bool, what: str) -> None:
        nonlocal passed, failed
        passed += holds
        failed += not holds
        if not holds:
            print(f"FAILED: {what}")

    done = subprocess.run([sys.executable, ROOT / "tests" / "captures" / "check.py", BUILD / "bin" / "haidang-sensor"], capture_output=True, text=True)
    check(done.returncode == 0, "the captures raise what is written beside them: " + done.stdout + done.stderr)
    for turn in ("first", "second"):
        done = subprocess.run([sys.executable, ROOT / "tests" / "run" / "demo.py", "--once"], capture_output=True, text=True, timeout=300)
        check(done.returncode == 0, f"the {turn} demo ends well: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        check("the ledger holds" in done.stdout, f"the {turn} demo's ledger holds")
        check("/welcome/" in done.stdout, f"the {turn} demo shows a link to log in")
    store = ROOT / "build" / "demo" / "store"
    listed = subprocess.run([BUILD / "bin" / "haidang-collector", "--store", store, "--json", "incidents", "list"], capture_output=True, text=True)
    incidents = json.loads(listed.stdout)["incidents"]
    kinds = {incident["kind"] for incident in incidents}
    check(len(kinds) >= KINDS_MIN, f"incidents of {len(kinds)} kinds: {sorted(kinds)}")
    check(all(incident["duties"] and incident["duties"][0]["left_s"] > 71 * 3600 for incident in incidents), "each incident's clock of 72 hours has just begun")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
