#!/usr/bin/env python3
"""F3, the sensor's disk is full: alerts still arrive, out of memory; a freed disk is taken up again. Needs root (tmpfs).

    F3.py [--alerts 60000] [--short]
"""
from __future__ import annotations

import argparse
import os
import subprocess
import time

from rig import Checks, Rig, wait_for, write_capture


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--alerts", type=int, default=60_000)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.alerts = 15_000
    if os.geteuid() != 0:
        print("skipped: F3 needs root for a small file system\n0 passed, 0 failed")
        return 0
    checks = Checks()
    rig = Rig()
    rig.spool.mkdir()
    mounted = False
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "haidang-fault", rig.spool], check=True)
        mounted = True
        first, second = rig.folder / "first.pcap", rig.folder / "second.pcap"
        write_capture(first, options.alerts, 300)
        write_capture(second, options.alerts, 301)
        rig.start_collector()
        rig.enrol()
        # A disk that was filled by someone else before the first byte.
        filler = rig.spool / "filler"
        with open(filler, "wb") as file:
            try:
                while True:
                    file.write(b"\0" * (1 << 20))
                    file.flush()
            except OSError:
                pass
        sensor = rig.spawn_sensor(first, "--set", "collector.spool.size=64MiB")
        ended = wait_for(lambda: not sensor.is_running(), 180)
        log = (rig.folder / "sensor.log").read_text()
        checks.check(ended and sensor.popen.returncode == 0, "the sensor reads and delivers with a full disk: " + log[-1500:])
        checks.check(len(set(rig.alerts())) == options.alerts, f"{len(rig.alerts())} alerts arrived of {options.alerts}")
        checks.check("warning" in log or "error" in log, "the full disk is said in the log")
        filler.unlink()
        sensor = rig.spawn_sensor(second, "--set", "collector.spool.size=64MiB")
        checks.check(wait_for(lambda: not sensor.is_running(), 180) and sensor.popen.returncode == 0, "with the disk freed it delivers from the disk")
        time.sleep(0.2)
        checks.check(len(rig.alerts()) == 2 * options.alerts, f"{len(rig.alerts())} alerts in all")
        rig.collector.stop()
        status, text = rig.ledger()
        checks.check(status in (0, 2), f"the ledger holds (exit {status}): {text}")
        print(text)
    finally:
        if rig.sensor is not None:
            rig.sensor.kill()
        if mounted:
            subprocess.run(["umount", "-l", rig.spool], check=False)
        rig.close()
    return checks.finish()


if __name__ == "__main__":
    raise SystemExit(main())
