#!/usr/bin/env python3
"""F6, the network: sensor and collector in two namespaces whose link is cut, loses and delays. Needs root.

    F6.py [--alerts 60000] [--cut 12] [--short]
"""
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import time

from rig import COLLECTOR, SENSOR, Checks, Process, Rig, wait_for, write_capture

import json
import re


class Link:
    """Two namespaces, one cable."""

    def __init__(self) -> None:
        tag = f"hdf{os.getpid() % 100000}"
        self.names = (tag + "s", tag + "c")
        for name in self.names:
            subprocess.run(["ip", "netns", "add", name], check=True)
        subprocess.run(["ip", "link", "add", "hd0", "netns", self.names[0], "type", "veth", "peer", "name", "hd0", "netns", self.names[1]], check=True)
        for name, address in zip(self.names, ("192.0.2.1/24", "192.0.2.2/24")):
            self.run(name, "ip", "address", "add", address, "dev", "hd0")
            self.run(name, "ip", "link", "set", "hd0", "up")
            self.run(name, "ip", "link", "set", "lo", "up")

    def run(self, name: str, *command: str) -> None:
        subprocess.run(["ip", "netns", "exec", name, *command], check=True)

    def inside(self, side: int) -> list[str]:
        return ["ip", "netns", "exec", self.names[side]]

    def shape(self, *rule: str) -> bool:
        """tc netem on the sensor's side; without words: none. False where the kernel has no netem."""
        subprocess.run([*self.inside(0), "tc", "qdisc", "del", "dev", "hd0", "root"], stderr=subprocess.DEVNULL, check=False)
        return not rule or subprocess.run([*self.inside(0), "tc", "qdisc", "add", "dev", "hd0", "root", "netem", *rule], stderr=subprocess.DEVNULL, check=False).returncode == 0

    def close(self) -> None:
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--alerts", type=int, default=60_000)
    parser.add_argument("--cut", type=float, default=12)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.alerts, options.cut = 15_000, 8
    if os.geteuid() != 0 or shutil.which("ip") is None:
        print("skipped: F6 needs root and iproute2\n0 passed, 0 failed")
        return 0
    checks = Checks()
    rig = Rig()
    link = Link()
    try:
        capture = rig.folder / "alerts.pcap"
        write_capture(capture, options.alerts, 300)
        rig.collector = Process([*link.inside(1), str(COLLECTOR), "--store", str(rig.store), "run", "--plain-http", "--link", "tcp://192.0.2.2:7701", "--enrol",
                                 "tcp://192.0.2.2:7704", "--http", "127.0.0.1:0"], rig.folder / "collector.log", subprocess.PIPE)
        rig.ports = json.loads(rig.collector.popen.stdout.readline())
        text = subprocess.run([COLLECTOR, "--store", rig.store, "sensors", "invite", "fault", "--auto-confirm", "--address", "tcp://192.0.2.2:7704"], check=True, capture_output=True, text=True).stdout
        subprocess.run([*link.inside(0), SENSOR, "-q", "enroll", re.search(r"hdinv1[a-z0-9]+", text)[0], "--key", rig.key], check=True, timeout=60)
        # A slow cable, so that there is something left to cut.
        has_netem = link.shape("rate", "2mbit")
        if not has_netem:
            print("skipped: this kernel has no netem: only the cut cable is tried")
        command = [*link.inside(0), str(SENSOR), "run", "--source", f"pcap_file:{capture}", "--rules", str(rig.rules), "--set", f"control={rig.folder}/sensor.sock",
                   "--set", "metrics.listen=", "--set", "rules.cache=", "--set", "flow.limit=200k", "--set", f"collector.key={rig.key}", "--set", f"collector.spool.path={rig.spool}"]
        rig.sensor = sensor = Process(command, rig.folder / "sensor.log")
        checks.check(wait_for(lambda: rig.stored() > 0, 30), "delivery begins")
        link.run(link.names[1], "ip", "link", "set", "hd0", "down")
        at_cut = rig.stored()
        time.sleep(options.cut)
        link.run(link.names[1], "ip", "link", "set", "hd0", "up")
        healed = time.monotonic()
        print(f"cut at {at_cut} of {options.alerts} alerts for {options.cut:.0f} s")
        checks.check(wait_for(lambda: rig.stored() > at_cut or not sensor.is_running(), 30), "delivery goes on after the cut")
        print(f"goes on {time.monotonic() - healed:.1f} s after healing")
        checks.check(time.monotonic() - healed <= 15, "delivery goes on soon after healing")
        if has_netem:
            checks.check(link.shape("loss", "20%", "delay", "30ms", "20ms", "reorder", "10%"), "netem takes loss and reordering")
            time.sleep(5)
        link.shape()
        checks.check(wait_for(lambda: not sensor.is_running(), 180) and sensor.popen.returncode == 0, "everything is delivered: " + (rig.folder / "sensor.log").read_text()[-800:])
        rig.collector.stop()
        alerts = rig.alerts()
        checks.check(len(alerts) == options.alerts and len(set(alerts)) == options.alerts, f"{len(alerts)} alerts, {len(set(alerts))} different ones, of {options.alerts}")
        status, text = rig.ledger()
        checks.check(status == 0, f"the ledger holds (exit {status}): {text}")
        print(text)
    finally:
        for process in (rig.sensor, rig.collector):
            if process is not None:
                process.kill()
        link.close()
        rig.close()
    return checks.finish()


if __name__ == "__main__":
    raise SystemExit(main())
