#!/usr/bin/env python3
"""F4, the collector's disk is full: nothing is acknowledged that is not stored, the console answers, and all arrives when there
is room again, without a restart. Needs root (tmpfs).

    F4.py [--alerts 60000] [--short]
"""
from __future__ import annotations

import argparse
import os
import subprocess
import urllib.error
import urllib.request

from rig import Checks, Rig, wait_for, write_capture


def answers(url: str) -> bool:
    """The collector's web side answers, whatever it says."""
    try:
        urllib.request.urlopen(url + "/api/v1/session", timeout=5).close()
        return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--alerts", type=int, default=60_000)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.alerts = 20_000
    if os.geteuid() != 0:
        print("skipped: F4 needs root for a small file system\n0 passed, 0 failed")
        return 0
    checks = Checks()
    rig = Rig()
    rig.store.mkdir()
    mounted = False
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "haidang-fault", rig.store], check=True)
        mounted = True
        capture = rig.folder / "alerts.pcap"
        write_capture(capture, options.alerts, 300)
        rig.start_collector()
        rig.enrol()
        sensor = rig.spawn_sensor(capture)
        log = rig.folder / "collector.log"
        full = wait_for(lambda: "full" in log.read_text() or "no space" in log.read_text().lower(), 90)
        checks.check(full, "the collector says that it cannot store: " + log.read_text()[-1500:])
        before = rig.stored()
        checks.check(before < options.alerts, f"not all is stored yet ({before})")
        checks.check(sensor.is_running(), "the sensor keeps what is not acknowledged")
        checks.check(answers(rig.ports["http"]), "the console answers while the disk is full")
        subprocess.run(["mount", "-o", "remount,size=1g", rig.store], check=True)
        checks.check(wait_for(lambda: not sensor.is_running(), 180) and sensor.popen.returncode == 0, "with room again everything is delivered without a restart")
        alerts = rig.alerts()
        checks.check(len(alerts) == options.alerts and len(set(alerts)) == options.alerts, f"{len(alerts)} alerts, {len(set(alerts))} different ones, of {options.alerts}")
        checks.check(rig.collector.stop() == 0, "the collector ends well")
        status, text = rig.ledger()
        checks.check(status == 0, f"the ledger holds (exit {status}): {text}")
        print(text)
    finally:
        for process in (rig.sensor, rig.collector):
            if process is not None:
                process.kill()
        if mounted:
            subprocess.run(["umount", "-l", rig.store], check=False)
        rig.close()
    return checks.finish()


if __name__ == "__main__":
    raise SystemExit(main())
