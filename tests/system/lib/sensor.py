"""The sensor as a process of its own, and its verbs beside it."""
from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from collector_process import eventually

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / os.environ.get("HAIDANG_BUILD", "build/release")
PROGRAM = BUILD / "bin" / "haidang-sensor"
PATIENCE = 60.0


def verb(*words: str | Path, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *words], text=True, capture_output=True, timeout=300, check=False, **more)  # type: ignore[call-overload]


def replay(capture: Path, rules: Path, eve: Path, *words: str) -> list[dict]:
    """What `replay` writes for a capture."""
    done = verb("replay", capture, "--rules", rules, "--eve", eve, *words)
    assert done.returncode == 0, f"replay: {done.returncode}: {done.stderr[-2000:]}"
    return lines_of(eve)


def lines_of(eve: Path) -> list[dict]:
    """Every whole line of an EVE file."""
    if not eve.exists():
        return []
    text = eve.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


class Sensor:
    """`run` with its log in a file; `with` ends it by SIGTERM and wants exit 0."""

    def __init__(self, folder: Path, *words: str | Path, config: str = "", before: Sequence[str] = (), stdin: int | None = None) -> None:
        self.log = folder / "sensor.log"
        self.control = folder / "sensor.sock"
        settings = folder / "haidang.yaml"
        settings.write_text(f'control: {self.control}\nmetrics: {{listen: ""}}\nrules: {{cache: ""}}\n' + config, encoding="utf-8")
        self.process = subprocess.Popen([*before, PROGRAM, "run", "--config", settings, *words], stdin=stdin, stderr=self.log.open("a"), text=False)

    def status(self) -> dict:
        """One reading; empty while nobody answers."""
        done = verb("status", "--control", self.control, "--json")
        return json.loads(done.stdout) if done.returncode in (0, 1) and done.stdout else {}

    def is_over(self) -> bool:
        return self.process.poll() is not None

    def wait_ready(self) -> dict:
        def ask() -> dict:
            assert not self.is_over(), f"it ended with {self.process.returncode}: {self.log.read_text()[-3000:]}"
            return self.status()
        status = eventually("the sensor answers", ask)
        assert isinstance(status, dict)
        return status

    def packets(self) -> int:
        return sum(source["packets"] for source in self.status().get("sources", []))

    def reload(self) -> str:
        done = verb("reload", "--control", self.control)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def end(self, how: int = signal.SIGTERM) -> int:
        if not self.is_over():
            self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def __enter__(self) -> Sensor:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        code = self.end()
        assert kind is not None or code == 0, f"it ended with {code}: {self.log.read_text()[-3000:]}"
