"""What the fault tests share: a collector and a sensor as real processes, captures that raise a known set of alerts, and
the ledger's word afterwards. Everything lies in one temporary folder; all traffic stays on loopback."""
from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HAIDANG_BUILD", ROOT / "build" / "release"))
SENSOR = BUILD / "bin" / "haidang-sensor"
COLLECTOR = BUILD / "bin" / "haidang-collector"

RULES = "\n".join(
    f'alert udp any any -> any {5000 + severity} (msg:"fault test, severity {severity}"; content:"hai-dang "; priority:{severity}; sid:{severity}; rev:1;)'
    for severity in (1, 2, 3, 4)
)


def checksum(header: bytes) -> int:
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def write_capture(path: Path, alerts: int, payload: int = 64, severity_of=lambda n: n % 4 + 1) -> None:
    """One UDP packet an alert; packet n (from 1) has its number in the payload and severity_of(n) in its port."""
    with open(path, "wb", buffering=1 << 20) as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for n in range(1, alerts + 1):
            body = f"hai-dang {n:08d} ".encode().ljust(payload, b".")
            source = 0x0A000000 | (n // 50_000 << 16) | (n % 251 + 1)
            udp = struct.pack(">HHHH", 1024 + n % 50_000, 5000 + severity_of(n), 8 + len(body), 0) + body
            ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), n & 0xFFFF, 0, 64, 17, 0, source, 0x0A630001)
            ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
            frame = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\x00" + ip + udp
            out.write(struct.pack("<IIII", 1_660_000_000 + n // 1000, n % 1000 * 1000, len(frame), len(frame)) + frame)


class Process:
    """A program of ours, ended by its own id only."""

    def __init__(self, command: list[str], log: Path, stdout: int | None = None) -> None:
        self.log = log
        with open(log, "ab") as errors:
            self.popen = subprocess.Popen(command, stdout=stdout if stdout is not None else subprocess.DEVNULL, stderr=errors)

    def is_running(self) -> bool:
        return self.popen.poll() is None

    def kill(self) -> None:
        if self.is_running():
            self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()

    def stop(self, patience: float = 20) -> int:
        if self.is_running():
            self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9


class Rig:
    """A collector's store, an enrolled sensor, and what they run with."""

    def __init__(self, folder: str | None = None) -> None:
        self.folder = Path(folder or tempfile.mkdtemp(prefix="haidang-fault-"))
        self.store = self.folder / "store"
        self.spool = self.folder / "spool"
        self.key = self.folder / "sensor.key"
        self.rules = self.folder / "fault.rules"
        self.rules.write_text(RULES + "\n")
        self.ports: dict[str, str] = {}
        self.collector: Process | None = None
        self.sensor: Process | None = None

    def close(self) -> None:
        for process in (self.sensor, self.collector):
            if process is not None:
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_collector(self, *more: str) -> dict[str, str]:
        """Answers what it listens on. After the first start it takes the same ports again."""
        command = [str(COLLECTOR), "--store", str(self.store), "run", "--plain-http",
                   "--link", self.ports.get("link", "tcp://127.0.0.1:0"), "--enrol", self.ports.get("enrol", "tcp://127.0.0.1:0"),
                   "--http", self.ports.get("http", "127.0.0.1:0").removeprefix("http://"), *more]
        self.collector = Process(command, self.folder / "collector.log", subprocess.PIPE)
        assert self.collector.popen.stdout is not None
        line = self.collector.popen.stdout.readline()
        if not line:
            raise RuntimeError("the collector does not start: " + (self.folder / "collector.log").read_text()[-2000:])
        self.ports = json.loads(line)
        return self.ports

    def spawn_collector(self) -> Process:
        """The same without waiting: for tests that kill it at any moment of its start."""
        command = [str(COLLECTOR), "--store", str(self.store), "run", "--plain-http", "--link", self.ports["link"],
                   "--enrol", self.ports["enrol"], "--http", self.ports["http"].removeprefix("http://")]
        self.collector = Process(command, self.folder / "collector.log")
        return self.collector

    def enrol(self, name: str = "fault") -> None:
        text = subprocess.run([COLLECTOR, "--store", self.store, "sensors", "invite", name, "--auto-confirm"], check=True, capture_output=True, text=True).stdout
        invitation = re.search(r"hdinv1[a-z0-9]+", text)
        assert invitation is not None, text
        subprocess.run([SENSOR, "-q", "enroll", invitation[0], "--key", self.key], check=True, timeout=60)

    def spawn_sensor(self, capture: Path | str, *more: str) -> Process:
        command = [str(SENSOR), "run", "--source", f"pcap_file:{capture}", "--rules", str(self.rules), "--set", f"control={self.folder}/sensor.sock",
                   "--set", "metrics.listen=", "--set", "rules.cache=", "--set", "flow.limit=200k", "--set", f"collector.key={self.key}", "--set", f"collector.spool.path={self.spool}", *more]
        self.sensor = Process(command, self.folder / "sensor.log")
        return self.sensor

    def stored(self) -> int:
        """Alerts in the store by now."""
        try:
            with sqlite3.connect(f"file:{self.store_file()}?mode=ro", uri=True, timeout=5) as store:
                return store.execute("SELECT coalesce(sum(stored),0) FROM lane WHERE lane > 0").fetchone()[0]
        except (sqlite3.Error, FileNotFoundError):
            return 0

    def store_file(self) -> Path:
        found = sorted(self.store.glob("*.db")) + sorted(self.store.glob("*.sqlite*"))
        if not found:
            raise FileNotFoundError(self.store)
        return found[0]

    def alerts(self) -> list[tuple[int, int]]:
        """(packet of the capture, sid) of every stored alert, sorted."""
        with sqlite3.connect(f"file:{self.store_file()}?mode=ro", uri=True) as store:
            return sorted((row[0], row[1]) for row in store.execute("SELECT replay_cursor, sid FROM alert"))

    def ledger(self) -> tuple[int, str]:
        done = subprocess.run([COLLECTOR, "--store", self.store, "ledger", "check", "--deep"], capture_output=True, text=True)
        return done.returncode, (done.stdout + done.stderr).strip()


class Checks:
    """Counts what holds; prints what does not."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def check(self, holds: bool, what: str) -> bool:
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}", flush=True)
        return holds

    def finish(self) -> int:
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def wait_for(condition, patience: float, step: float = 0.05) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(step)
    return bool(condition())
