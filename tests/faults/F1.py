#!/usr/bin/env python3
"""F1, kill -9: sensor and collector die again and again while a capture is delivered; each alert is stored once.

    F1.py [--alerts 100000] [--kills 100] [--seed 1]
"""
from __future__ import annotations

import argparse
import random
import time

from rig import Checks, Rig, wait_for, write_capture


class Killer:
    """Lets a process live for a while, then kills and restarts it. Lives become longer where the delivery lags behind the
    kills, and shorter where it is ahead, so that both come to their end together."""

    def __init__(self, start, kills: int, life: float) -> None:
        self.start, self.kills, self.life = start, kills, life
        self.done = 0
        self.process = start()
        self.dies_at = 0.0

    def plan(self, chance: random.Random) -> None:
        self.dies_at = time.monotonic() + chance.uniform(0.005, 2 * self.life)

    def step(self, chance: random.Random, progress: float) -> None:
        if self.done >= self.kills or time.monotonic() < self.dies_at:
            return
        if self.process.is_running():
            self.process.kill()
            self.done += 1
        share = self.done / self.kills
        self.life = min(1.0, self.life * 1.08) if progress < share * 0.9 else max(0.01, self.life * 0.6)
        self.process = self.start()
        self.plan(chance)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    checks = Checks()
    rig = Rig()
    try:
        capture = rig.folder / "alerts.pcap"
        write_capture(capture, options.alerts)
        rig.start_collector()
        rig.enrol()
        begin = time.monotonic()
        sensor = Killer(lambda: rig.spawn_sensor(capture), options.kills, 0.1)
        rig.collector.kill()
        collector = Killer(rig.spawn_collector, options.kills, 0.1)
        sensor.plan(chance)
        collector.plan(chance)
        end = begin + 30 + 3.0 * options.kills + options.alerts / 2000
        while (sensor.done < options.kills or collector.done < options.kills) and time.monotonic() < end:
            progress = rig.stored() / options.alerts
            sensor.step(chance, progress)
            collector.step(chance, progress)
            if not sensor.process.is_running() and sensor.process.popen.returncode == 0:
                break  # delivered before the last kill
            time.sleep(0.002)
        killed = time.monotonic() - begin
        if not collector.process.is_running():
            collector.process = rig.spawn_collector()
        if not sensor.process.is_running() and sensor.process.popen.returncode != 0:
            sensor.process = rig.spawn_sensor(capture)
        is_over = wait_for(lambda: not sensor.process.is_running(), 120)
        print(f"{sensor.done} kills of the sensor, {collector.done} of the collector in {killed:.0f} s; delivered after {time.monotonic() - begin:.0f} s")
        checks.check(is_over and sensor.process.popen.returncode == 0, "the sensor ends when all is delivered: " + (rig.folder / "sensor.log").read_text()[-1500:])
        checks.check(sensor.done + collector.done >= options.kills, f"at least {options.kills} kills came before the end")
        checks.check(collector.process.stop() == 0, "the collector ends well")
        alerts = rig.alerts()
        expected = sorted((n, n % 4 + 1) for n in range(1, options.alerts + 1))
        checks.check(len(alerts) == options.alerts, f"{len(alerts)} alerts are stored, not {options.alerts}")
        checks.check(len(set(alerts)) == len(alerts), f"{len(alerts) - len(set(alerts))} duplicates")
        checks.check(alerts == expected, f"missing: {sorted(set(expected) - set(alerts))[:5]}, not expected: {sorted(set(alerts) - set(expected))[:5]}")
        status, text = rig.ledger()
        checks.check(status == 0, f"the ledger holds (exit {status}): {text}")
        print(text)
    finally:
        if checks.failed:
            print(f"--- sensor\n{(rig.folder / 'sensor.log').read_text()[-1500:]}\n--- collector\n{(rig.folder / 'collector.log').read_text()[-1500:]}")
        rig.close()
    return checks.finish()


if __name__ == "__main__":
    raise SystemExit(main())
