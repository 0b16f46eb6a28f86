#!/usr/bin/env python3
"""F2, collector away: alerts outgrow the spool; what must go goes from the least severe lane, each number with a note.

    F2.py [--alerts 400000] [--spool 64MiB] [--short]
"""
from __future__ import annotations

import argparse
import sqlite3
import threading
import time
from pathlib import Path

from rig import Checks, Rig, wait_for, write_capture

MIB = 1 << 20


def folder_bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_blocks * 512
        except FileNotFoundError:
            pass  # deleted while we looked
    return total


class Sampler(threading.Thread):
    """The most that the spool ever took."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.most, self.ends = folder, 0, False

    def run(self) -> None:
        while not self.ends:
            self.most = max(self.most, folder_bytes(self.folder))
            time.sleep(0.02)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--alerts", type=int, default=400_000)
    parser.add_argument("--spool", type=int, default=256, help="MiB")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.alerts, options.spool = 60_000, 80
    checks = Checks()
    rig = Rig()
    try:
        capture = rig.folder / "alerts.pcap"
        # One of ten is very severe: those fit into the spool many times over.
        write_capture(capture, options.alerts, 600, lambda n: 1 if n % 10 == 0 else 2 + n % 3)
        rig.start_collector()
        rig.enrol()
        checks.check(rig.collector.stop() == 0, "the collector ends well")
        sampler = Sampler(rig.spool)
        sampler.start()
        sensor = rig.spawn_sensor(capture, "--set", f"collector.spool.size={options.spool}MiB")
        log = rig.folder / "sensor.log"
        raised = wait_for(lambda: "waiting for the collector" in log.read_text(), 240)
        checks.check(raised and sensor.is_running(), "the sensor reads the capture to its end and waits: " + log.read_text()[-1000:])
        rig.start_collector()
        checks.check(wait_for(lambda: not sensor.is_running(), 240) and sensor.popen.returncode == 0, "the sensor ends when the rest is delivered")
        sampler.ends = True
        sampler.join()
        rig.collector.stop()
        checks.check(sampler.most <= options.spool * MIB + MIB, f"the spool took {sampler.most // MIB} MiB of {options.spool}")
        with sqlite3.connect(f"file:{rig.store_file()}?mode=ro", uri=True) as store:
            rows = store.execute("SELECT lane, sum(stored), sum(shed) FROM lane GROUP BY lane").fetchall()
            lanes = {lane: (stored, shed) for lane, stored, shed in rows}
            first = dict(store.execute("SELECT severity, max(rowid) FROM alert GROUP BY severity"))
            middle = store.execute("SELECT avg(rowid) FROM alert WHERE severity = 4").fetchone()[0]
        print("lanes (stored, shed):", lanes)
        total = sum(stored + shed for lane, (stored, shed) in lanes.items() if lane > 0)
        checks.check(total == options.alerts, f"{total} alerts are stored or shed, not {options.alerts}")
        checks.check(lanes[1][1] == 0, "nothing very severe was shed")
        checks.check(lanes[4][1] > 0, "something was shed at all")
        for lane in (2, 3):
            if lanes[lane][1] > 0:
                checks.check(lanes[lane + 1][0] <= 20_000, f"lane {lane} was shed only when lane {lane + 1} had nothing left to give")
        checks.check(middle is None or first[1] < middle, "the very severe ones arrive first")
        status, text = rig.ledger()
        checks.check(status == 0, f"the ledger holds (exit {status}): {text}")
        print(text)
    finally:
        rig.close()
    return checks.finish()


if __name__ == "__main__":
    raise SystemExit(main())
