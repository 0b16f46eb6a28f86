#!/usr/bin/env python3
"""The demo: a collector on SQLite, an enrolled sensor with the bundled rules, the bundled captures over the real path (ZeroMQ
with CURVE, spool, acknowledgement), then the incidents that were opened.

    demo.py [--once] [--port 8443] [--captures FOLDER]
"""
from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SENSOR = ROOT / "build" / "release" / "bin" / "haidang-sensor"
COLLECTOR = ROOT / "build" / "release" / "bin" / "haidang-collector"
STATE = ROOT / "build" / "demo"
PATIENCE = 120


class Demo:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.collector: subprocess.Popen[str] | None = None
        self.sensor: subprocess.Popen[str] | None = None
        self.listening: dict[str, str] = {}

    def ask(self, *arguments: str) -> str:
        done = subprocess.run([COLLECTOR, "--store", STATE / "store", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"demo: haidang-collector {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def start_collector(self) -> None:
        command = [COLLECTOR, "--store", STATE / "store", "--systems", ROOT / "tests" / "captures" / "systems.json", "run", "--plain-http",
                   "--link", "tcp://127.0.0.1:0", "--enrol", "tcp://127.0.0.1:0", "--http", f"127.0.0.1:{self.options.port}"]
        console = ROOT / "build" / "console"
        if console.is_dir():
            command += ["--console", console]
        with open(STATE / "collector.log", "w", encoding="utf-8") as log:
            self.collector = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.collector.stdout is not None
        line = self.collector.stdout.readline()
        if not line:
            raise SystemExit("demo: the collector does not start:\n" + (STATE / "collector.log").read_text())
        self.listening = json.loads(line)

    def enrol(self) -> None:
        invitation = re.search(r"hdinv1[a-z0-9]+", self.ask("sensors", "invite", "demo", "--auto-confirm"))
        assert invitation is not None
        subprocess.run([SENSOR, "-q", "enroll", invitation[0], "--key", STATE / "sensor.key"], check=True)

    def replay(self, captures: list[Path]) -> None:
        rules = sorted(str(path) for path in (ROOT / "signatures").glob("*.rules"))
        command = [SENSOR, "run", "--set", f"control={STATE}/sensor.sock", "--set", "metrics.listen=", "--set", f"rules.cache={STATE}/cache",
                   "--set", f"collector.key={STATE}/sensor.key", "--set", f"collector.spool.path={STATE}/spool", "--set", "collector.spool.size=1GiB",
                   "--set", "sensor.name=demo", "--set", "flow.limit=64k", "--set", "stream.memory=256MiB"]
        for rule in rules:
            command += ["--rules", rule]
        command += ["--source", f"pcap_file:{captures[0].parent}"]
        with open(STATE / "sensor.log", "w", encoding="utf-8") as log:
            self.sensor = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, text=True)
        begin = time.monotonic()
        shown = 0.0
        while self.sensor.poll() is None:
            spent = time.monotonic() - begin
            if spent > PATIENCE:
                raise SystemExit("demo: the replay does not end; see " + str(STATE / "sensor.log"))
            if spent - shown > 1:
                shown = spent
                print(f"   replaying {len(captures)} captures … {spent:.0f} s", flush=True)
            time.sleep(0.1)
        if self.sensor.returncode != 0:
            raise SystemExit("demo: the sensor ended with an error:\n" + (STATE / "sensor.log").read_text())
        print("   " + (STATE / "sensor.log").read_text().strip().splitlines()[-1].split(": ", 1)[-1])

    def show(self) -> int:
        incidents = json.loads(self.ask("--json", "incidents", "list"))["incidents"]
        print(f"\n{len(incidents)} incidents were opened:\n")
        for incident in reversed(incidents):
            duty = incident["duties"][0] if incident["duties"] else None
            left = "no duty" if duty is None else f"{duty['left_s'] // 3600} h {duty['left_s'] % 3600 // 60:02d} min left of 72 h"
            severity = {1: "very high", 2: "high", 3: "medium"}.get(incident["severity"], "low")
            print(f"  {incident['number']}  {severity:9}  {incident['title']}")
            print(f"                {incident['attacker'] or '?'} against {incident['victim'] or '?'}, {incident['alerts']} alerts, {left}")
        print("\n" + self.ask("ledger", "check").strip())
        return len(incidents)

    def stop(self) -> None:
        for process in (self.sensor, self.collector):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description="Replays recorded attacks through sensor and collector.")
    parser.add_argument("--once", action="store_true", help="end when the incidents were shown")
    parser.add_argument("--port", type=int, default=0, help="of the console; default: a free one")
    parser.add_argument("--captures", type=Path, default=ROOT / "tests" / "captures", help="folder of captures")
    options = parser.parse_args()
    captures = sorted(path for path in options.captures.iterdir() if path.suffix in (".pcap", ".pcapng"))
    if not captures:
        print(f"demo: there is no capture in {options.captures}", file=sys.stderr)
        return 5
    shutil.rmtree(STATE, ignore_errors=True)
    STATE.mkdir(parents=True)
    demo = Demo(options)
    try:
        print("\n== starting the collector", flush=True)
        demo.start_collector()
        print("== enrolling the sensor", flush=True)
        demo.enrol()
        print(f"== replaying {len(captures)} captures: {', '.join(path.stem for path in captures)}", flush=True)
        demo.replay(captures)
        opened = demo.show()
        link = demo.ask("users", "add", "demo", "--role", "admin", "--full-name", "Demo", "--one-time-link").strip().splitlines()[-1]
        print(f"\nconsole: {demo.listening['http']}\nlog in once with: {link}")
        if options.once:
            return 0 if opened else 1
        print("\nCtrl-C ends the demo.", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
        return 0
    except KeyboardInterrupt:
        return 0
    finally:
        demo.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    raise SystemExit(main())
