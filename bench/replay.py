#!/usr/bin/env python3
"""Runs the whole sensor on a capture and prints what it cost; with --against suricata, both in turn, A B A B.

    bench/replay.py night.pcap --rules et-open.rules
    bench/replay.py ent-open.pcap --rules et-open.rules --against suricata --root build/sid --runs 3

Cost is user and system CPU of the whole process, less a run on the capture's first two packets (start-up), minimum of the runs.
Suricata runs from a Debian sid root (bench/suricata-root.sh), one worker, EVE with alerts only, its memory limits raised so that it drops nothing.
"""
from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SURICATA_SETS = [
    "stream.memcap=4gb", "stream.reassembly.memcap=8gb", "flow.memcap=4gb", "defrag.memcap=1gb", "ippair.memcap=1gb", "host.memcap=1gb",
    "detect.thresholds.memcap=256mb", "app-layer.protocols.http.memcap=0", "unix-command.enabled=no", "stream.reassembly.randomize-chunk-size=no",
    "app-layer.protocols.modbus.enabled=yes", "app-layer.protocols.dnp3.enabled=yes", "app-layer.protocols.enip.enabled=yes",
    "app-layer.protocols.pgsql.enabled=yes", "spm-algo=bm", "logging.outputs.1.file.enabled=no",
]
SURICATA_OUTPUTS = """%YAML 1.1
---
include: /etc/suricata/suricata.yaml
outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      types:
        - alert
"""


@dataclass
class Run:
    cpu: float
    memory_kib: int
    alerts: collections.Counter


def measured(command: list[str], cwd: Path | None = None) -> tuple[float, int]:
    """CPU seconds and the peak of resident memory (KiB) of this one process."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f"{command[0]}: exit {process.returncode}\n{errors.read().decode(errors='replace')[-2000:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def extent(capture: Path) -> tuple[int, int]:
    """Packets and bytes of a pcap file."""
    packets = total = 0
    with open(capture, "rb") as file:
        magic = file.read(24)[:4]
        order = "<" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        while len(head := file.read(16)) == 16:
            length = struct.unpack(order + "I", head[8:12])[0]
            file.seek(length, os.SEEK_CUR)
            packets += 1
            total += length
    return packets, total


def sids_of(eve: Path) -> collections.Counter:
    counts: collections.Counter = collections.Counter()
    with eve.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            record = json.loads(line)
            if record.get("event_type") == "alert":
                counts[record["alert"]["signature_id"]] += 1
    return counts


def first_packets(capture: Path, folder: Path) -> Path:
    """The capture's header and its first two packets."""
    out = folder / "two.pcap"
    with capture.open("rb") as source:
        head = source.read(24)
        order = "<" if head[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        content = head
        for _ in range(2):
            record = source.read(16)
            if len(record) < 16:
                break
            content += record + source.read(struct.unpack(order + "I", record[8:12])[0])
    out.write_bytes(content)
    return out


def run_sensor(sensor: Path, capture: Path, rules: Path | None, folder: Path) -> Run:
    eve = folder / "eve.json"
    empty = folder / "none.rules"
    empty.write_text("")
    cpu, memory = measured([str(sensor), "replay", str(capture), "--rules", str(rules or empty), "--eve", str(eve), "--cache", str(folder / "cache"), "-q"])
    return Run(cpu, memory, sids_of(eve))


def run_suricata(root: Path, capture: Path, rules: Path | None, folder: Path) -> Run:
    inside = root / "tmp" / "bench"
    inside.mkdir(parents=True, exist_ok=True)
    for name, source in (("capture.pcap", capture), ("rules.rules", rules)):
        target = inside / name
        target.unlink(missing_ok=True)
        if source is None:
            target.write_text("")
        else:
            try:
                os.link(source, target)
            except OSError:
                shutil.copy(source, target)
    log = inside / "log"
    shutil.rmtree(log, ignore_errors=True)
    log.mkdir()
    (inside / "bench.yaml").write_text(SURICATA_OUTPUTS)
    sets = [part for one in SURICATA_SETS for part in ("--set", one)]
    cpu, memory = measured(["chroot", str(root), "suricata", "-c", "/tmp/bench/bench.yaml", "--runmode=single", "-k", "none", "-r", "/tmp/bench/capture.pcap", "-S", "/tmp/bench/rules.rules",
                            "-l", "/tmp/bench/log", *sets])
    return Run(cpu, memory, sids_of(log / "eve.json"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--rules", type=Path, help="rules of both; without: none")
    parser.add_argument("--sensor", type=Path, default=ROOT / "build/release/bin/haidang-sensor")
    parser.add_argument("--against", choices=["suricata"])
    parser.add_argument("--root", type=Path, default=ROOT / "build/sid", help="Debian sid root with Suricata")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cache").mkdir(mode=0o700)
        two = first_packets(arguments.capture, folder)
        engines = {"haidang": lambda c: run_sensor(arguments.sensor, c, arguments.rules, folder)}
        if arguments.against:
            engines["suricata"] = lambda c: run_suricata(arguments.root, c, arguments.rules, folder)
        start: dict[str, float] = {}
        best: dict[str, Run] = {}
        for one, run in engines.items():
            run(two)  # warms the caches
            start[one] = min(run(two).cpu for _ in range(2))
        for _ in range(arguments.runs):
            for one, run in engines.items():
                result = run(arguments.capture)
                if one not in best or result.cpu < best[one].cpu:
                    best[one] = result
                print(f"  {one}: {result.cpu - start[one]:.2f} s packets, {sum(result.alerts.values())} alerts", flush=True)
        packets, total = extent(arguments.capture)
        for one, result in best.items():
            seconds = max(1e-9, result.cpu - start[one])
            print(f"{one}: {packets / seconds / 1e6:.2f} M packets/s, {total * 8 / seconds / 1e9:.2f} Gbit/s, {seconds / packets * 1e9:.0f} ns a packet (CPU)")
            print(f"{one}: start-up {start[one]:.2f} s, packets {seconds:.2f} s CPU, peak {result.memory_kib // 1024} MiB, {sum(result.alerts.values())} alerts of {len(result.alerts)} sids")
        if arguments.against:
            ours, theirs = best["haidang"], best["suricata"]
            print(f"ratio (packets) {(ours.cpu - start['haidang']) / (theirs.cpu - start['suricata']):.3f}")
            print("only haidang:", sorted(set(ours.alerts) - set(theirs.alerts)))
            print("only suricata:", sorted(set(theirs.alerts) - set(ours.alerts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
