"""The collector as a process of its own, its verbs beside it, a client of its API, and sensors that deliver to it."""
from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from collector_peer import ACCEPTED, Sensor, make_batch, read_invitation

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("HAIDANG_BUILD", "build/release")
PROGRAM = BUILD / "bin" / "haidang-collector"
PATIENCE = 30.0
STARTED: list[subprocess.Popen[str]] = []  # so that a test that fails leaves no process behind


def eventually(what: str, question: Callable[[], object]) -> object:
    """Asks until the answer is true; what it was."""
    end = time.monotonic() + PATIENCE
    while True:
        if answer := question():
            return answer
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.02)


def verb(store: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, "--store", store, *words], text=True, capture_output=True, timeout=60, check=False)


class Collector:
    """Started on free ports; `with` ends it by SIGTERM."""

    def __init__(self, folder: Path, *words: str, plain: bool = True, env: dict[str, str] | None = None) -> None:
        self.folder, self.store = folder, folder / "store"
        self.log = folder / "log"
        command = [PROGRAM, "run", "--store", self.store, "--link", "tcp://127.0.0.1:0", "--enrol", "tcp://127.0.0.1:0", "--http", "127.0.0.1:0"]
        self.process = subprocess.Popen([*command, *(["--plain-http"] if plain else []), *words], stdout=subprocess.PIPE, stderr=self.log.open("a"), text=True,
                                        env={**os.environ, **(env or {})})
        STARTED.append(self.process)
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, f"it ended instead of listening: {self.log.read_text()}"
        self.listening = json.loads(line)

    def verb(self, *words: str) -> str:
        """What a verb prints; it must succeed."""
        done = verb(self.store, *words)
        assert done.returncode == 0, f"{words}: {done.returncode}: {done.stderr}"
        return done.stdout

    def end(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        assert self.process.stdout
        self.process.stdout.close()
        return code

    def __enter__(self) -> Collector:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            code = self.end()
            assert code == 0, f"it ended with {code}: {self.log.read_text()[-2000:]}"


class Client:
    """A logged-in person, or somebody else."""

    def __init__(self, url: str, link: str = "") -> None:
        self.address = urlsplit(url)
        self.cookie = self.csrf = ""
        if link:
            status, _, me = self.ask("POST", "/api/v1/welcome", {"token": link.rsplit("/", 1)[1]})
            assert status == 200, me
            self.csrf = me["csrf"]

    def connect(self) -> http.client.HTTPConnection:
        if self.address.scheme == "http":
            return http.client.HTTPConnection(self.address.netloc, timeout=PATIENCE)
        return http.client.HTTPSConnection(self.address.netloc, timeout=PATIENCE, context=ssl._create_unverified_context())

    def headers(self) -> dict[str, str]:
        return ({"Cookie": self.cookie} if self.cookie else {}) | ({"X-CSRF-Token": self.csrf} if self.csrf else {})

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, str, object]:
        """Status, media type, and the body: parsed when it is JSON, else bytes."""
        connection = self.connect()
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, self.headers() | ({"Content-Type": "application/json"} if text else {}))
        answer = connection.getresponse()
        raw = answer.read()
        if cookie := answer.getheader("Set-Cookie"):
            self.cookie = cookie.split(";")[0]
        connection.close()
        media = (answer.getheader("Content-Type") or "").split(";")[0]
        return answer.status, media, json.loads(raw) if media == "application/json" else raw

    def get(self, path: str) -> dict:
        status, _, body = self.ask("GET", "/api/v1" + path)
        assert status == 200, f"{path}: {status} {body}"
        assert isinstance(body, dict)
        return body


class Stream:
    """Server-sent events, read one at a time."""

    def __init__(self, client: Client, after: int | None = None) -> None:
        self.connection = client.connect()
        self.connection.request("GET", "/api/v1/stream", headers=client.headers() | ({} if after is None else {"Last-Event-ID": str(after)}))
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200 and self.answer.getheader("Content-Type", "").startswith("text/event-stream")

    def next(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        while True:
            line = self.answer.readline().decode().rstrip("\r\n")
            if not line and "event" in fields:
                return fields
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value

    def close(self) -> None:
        self.connection.close()


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="haidang-collector-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def alert(sid: int = 1000001, source: str = "203.0.113.7", target: str = "10.0.0.1", severity: int = 2) -> str:
    return json.dumps({"timestamp": "2026-08-29T19:06:00.000000+0000", "event_type": "alert", "src_ip": source, "src_port": 40000, "dest_ip": target, "dest_port": 80, "proto": "TCP",
                       "alert": {"action": "allowed", "gid": 1, "signature_id": sid, "rev": 1, "signature": f"HD TEST {sid}", "category": "Web Application Attack", "severity": severity,
                                 "metadata": {"signature_severity": ["Major"]}}})


def enrolled(collector: Collector, name: str = "tram-bac-01") -> Sensor:
    sensor = Sensor(read_invitation(collector.verb("sensors", "invite", name, "--auto-confirm")))
    kind, told = sensor.enrol()
    assert kind == ACCEPTED, told
    return sensor


def delivered(sensor: Sensor, *lines: str) -> None:
    batch = make_batch(sensor.epoch, 2, 1, list(lines))
    with sensor.session(head=batch.last) as session:
        session.send(batch)
        assert session.wait_for_ack(batch.last) == batch.after


def person(collector: Collector, role: str = "admin") -> Client:
    return Client(collector.listening["http"], collector.verb("users", "add", f"{role}-1", "--role", role, "--one-time-link").strip())


def run_tests(tests: list[Callable[[], None]], wanted: list[str]) -> int:
    """Each alone; prints what failed, then the totals."""
    passed = failed = 0
    for test in tests:
        if wanted and not any(word in test.__name__ for word in wanted):
            continue
        try:
            test()
            passed += 1
        except Exception:  # noqa: BLE001: a test that fails in any way has failed
            failed += 1
            print(f"FAILED {test.__name__}\n{traceback.format_exc()}", file=sys.stderr)
        for process in STARTED:
            if process.poll() is None:
                process.kill()
                process.wait()
        STARTED.clear()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
