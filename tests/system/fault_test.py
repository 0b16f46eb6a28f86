#!/usr/bin/env python3
"""The fault tests of tests/faults in a short form; `./run fault F1` runs one at its full size."""
from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

FAULTS = Path(__file__).resolve().parents[1] / "faults"
SHORT = {"F1": ["--alerts", "20000", "--kills", "12"]}


def main() -> int:
    passed = failed = 0
    for script in sorted(FAULTS.glob("F*.py")):
        done = subprocess.run([sys.executable, script, *SHORT.get(script.stem, ["--short"])], capture_output=True, text=True, timeout=300)
        for line in (done.stdout + done.stderr).splitlines():
            print(f"  {script.stem}: {line}")
        totals = re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.MULTILINE)
        passed += int(totals[1]) if totals else 0
        failed += int(totals[2]) if totals else 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
