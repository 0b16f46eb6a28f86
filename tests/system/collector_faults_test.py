#!/usr/bin/env python3
"""What the collector does when its disk is full, and when strangers knock at its ports beside an honest sensor (F4 and F9 of the
list of faults, in short form).

    /usr/bin/python3 tests/system/collector_faults_test.py [WORD...]
"""
from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import zmq

sys.path.insert(0, str(Path(__file__).resolve().parent))

from collector_peer import NO_CHAIN, PING, PONG, REFUSED, Batch, Connection, Message, Refused, Sensor, Session, make_batch  # noqa: E402
from collector_process import Client, Collector, alert, enrolled, eventually, folder, person, run_tests  # noqa: E402

E_STORE = 10
MIB = 1 << 20


# --- a full disk ---


@contextmanager
def small_disk(home: Path, megabytes: int) -> Iterator[Path]:
    """The store on a file system of its own; nothing where that cannot be had."""
    store = home / "store"
    store.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", store], capture_output=True, check=False)
    if mounted.returncode != 0:
        raise PermissionError(mounted.stderr.decode().strip())
    try:
        yield store
    finally:
        subprocess.run(["umount", "-l", store], check=False)


def fill(path: Path, leave: int) -> None:
    """Takes all of the file system but `leave` bytes."""
    with open(path, "wb", buffering=0) as out:
        while (free := os.statvfs(path.parent).f_bavail * os.statvfs(path.parent).f_frsize) > leave:
            try:
                out.write(bytes(min(free - leave, MIB)))
            except OSError:
                break


def fills_and_drains(stop_below: str, leave: int, still_works: bool) -> None:
    with folder() as home:
        try:
            with small_disk(home, 24) as store:
                config = home / "haidang-collector.yaml"
                config.write_text(f"store: {{stop_below: {stop_below}}}\n")
                with Collector(home, "--config", str(config)) as collector:
                    keeps_its_word(collector, store, leave, still_works)
        except PermissionError as refusal:
            print(f"skipped: no file system of a test's own can be mounted here: {refusal}")


def keeps_its_word(collector: Collector, store: Path, leave: int, still_works: bool) -> None:
    sensor = enrolled(collector)
    client = person(collector)
    link = collector.verb("users", "link", "admin-1").strip()
    first = make_batch(sensor.epoch, 2, 1, [alert()])
    rest = make_batch(sensor.epoch, 2, 2, [alert(1000001 + n, f"203.0.113.{n}") for n in range(200)], first.after)
    with sensor.session(head=rest.last) as session:
        session.send(first)
        session.wait_for_ack(1)
        fill(store / "filler", leave)
        begin = time.monotonic()
        session.send(rest)
        assert session.wait_for_error() == E_STORE and time.monotonic() - begin < 2
        # The session lives, people see what there is, and where there is room kept for them they can work.
        session.connection.send(Message(PING, session.number, payload=struct.pack("<qqq", 1, 0, -1)))
        pong = session.connection.wait_for(PONG)
        assert struct.unpack_from("<I", pong.payload, 32)[0] == 1, "the committer says that it stands still"
        assert client.get("/status")["alerts"] == 1
        if still_works:
            assert Client(collector.listening["http"], link).get("/me")["user"] == "admin-1"
        text = client.ask("GET", "/metrics")[2].decode()
        assert "\nhaidang_store_working 0\n" in text
        (store / "filler").unlink()
        assert session.wait_for_ack(rest.last) == rest.after
    assert "the ledger holds: generated 201 = stored 201" in collector.verb("ledger", "check", "--deep")
    log = collector.log.read_text()
    assert log.count("the store takes no alerts") == 1 and "the store takes alerts again" in log, log


def test_keeps_room_for_people_when_the_disk_fills() -> None:
    fills_and_drains("6MiB", 5 * MIB, True)


def test_takes_a_disk_that_is_full_to_the_last_byte() -> None:
    fills_and_drains("0", 0, False)


# --- strangers ---


class Honest(threading.Thread):
    """A sensor that delivers all the time; how long each acknowledgement took."""

    def __init__(self, sensor: Sensor) -> None:
        super().__init__(daemon=True)
        self.sensor = sensor
        self.is_over = threading.Event()
        self.times: list[float] = []
        self.failure: BaseException | None = None
        self.last = Batch(sensor.epoch, 2, 0, 0, NO_CHAIN)

    def run(self) -> None:
        try:
            with self.sensor.session() as session:
                while not self.is_over.is_set():
                    self.deliver(session)
        except BaseException as failure:  # noqa: BLE001: told by the test
            self.failure = failure

    def deliver(self, session: Session) -> None:
        batch = make_batch(self.sensor.epoch, 2, self.last.last + 1, [alert(1000001, "203.0.113.7")] * 5, self.last.after)
        begin = time.monotonic()
        session.send(batch)
        session.wait_for_ack(batch.last)
        self.times.append(time.monotonic() - begin)
        self.last = batch

    def count(self, seconds: float) -> int:
        before = len(self.times)
        time.sleep(seconds)
        return len(self.times) - before


def port_of(endpoint: str) -> int:
    return urlsplit(endpoint).port or 0


def knock(port: int, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.sendall(data)
    return connection


def garbage(collector: Collector) -> None:
    """Greetings of other protocols, of other mechanisms, lengths that cannot be."""
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + bytes(32)
    for endpoint in (collector.listening["link"], collector.listening["enrol"]):
        for data in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(4096), b"\x01\x00", b"\xff" + bytes(8) + b"\x7f\x01\x05", greeting.replace(b"CURVE", b"NULL\0"),
                     greeting.replace(b"CURVE", b"PLAIN"), greeting + b"\x06" + struct.pack(">Q", 1 << 63), greeting + b"\x04\x05HELLO", b""):
            for _ in range(10):
                knock(port_of(endpoint), data).close()


def strange_keys(collector: Collector, sensor: Sensor) -> None:
    """Keys that nobody knows, a server key that is not the server's, sockets without CURVE."""
    context = zmq.Context()
    for _ in range(10):
        try:
            Connection(context, sensor.link, zmq.curve_keypair(), sensor.server_key)
            raise AssertionError("a key that nobody knows was let in")
        except Refused:
            pass
    sockets = []
    for kind in ("null", "plain", "server"):
        one = context.socket(zmq.DEALER)
        one.linger = 0
        if kind == "plain":
            one.plain_username, one.plain_password = b"root", b"root"
        if kind == "server":
            one.curve_publickey, one.curve_secretkey = sensor.keys
            one.curve_serverkey = zmq.curve_keypair()[0]
        one.connect(sensor.link)
        one.send_multipart([b"x" * 96, b""])
        sockets.append(one)
    time.sleep(0.5)
    for one in sockets:
        one.close()


def guesses(sensor: Sensor) -> None:
    """One-time tokens that were never given."""
    for n in range(40):
        guesser = Sensor(sensor.invitation)
        guesser.invitation = type(sensor.invitation)(**{**vars(sensor.invitation), "token": n.to_bytes(16, "big")})
        kind, told = guesser.enrol()
        assert kind == REFUSED and (n < 5 or "too many tries" in told["why"] or "unknown" in told["why"]), told


def crowd(collector: Collector, count: int) -> None:
    """Connections that begin a handshake and never end it, all at once, then a stream of short ones."""
    port = port_of(collector.listening["link"])
    held = [knock(port, b"\xff") for _ in range(count)]
    for _ in range(10 * count):
        knock(port, b"\xff" + bytes(8)).close()
    for one in held:
        one.close()


def memory_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors_of(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_serves_an_honest_sensor_beside_strangers() -> None:
    with folder() as home, Collector(home) as collector:
        sensor = enrolled(collector)
        honest = Honest(sensor)
        honest.start()
        assert honest.count(1.0) > 0 and not honest.failure, honest.failure
        pid = collector.process.pid
        memory, descriptors, lines = memory_of(pid), descriptors_of(pid), len(collector.log.read_text().splitlines())
        begin = time.monotonic()
        quiet = len(honest.times)
        garbage(collector)
        strange_keys(collector, sensor)
        guesses(sensor)
        crowd(collector, 200)
        seconds = time.monotonic() - begin
        honest.is_over.set()
        honest.join(30)
        assert not honest.failure, honest.failure
        assert len(honest.times) > quiet, "nothing was acknowledged meanwhile"
        assert max(honest.times[quiet:]) < 5, f"one acknowledgement took {max(honest.times[quiet:]):.1f} s"
        assert memory_of(pid) - memory < 64 * MIB, f"{(memory_of(pid) - memory) // MIB} MiB more"
        eventually("the descriptors fall back", lambda: descriptors_of(pid) <= descriptors + 4)
        written = len(collector.log.read_text().splitlines()) - lines
        assert written <= 10 * seconds + 10, f"{written} lines in {seconds:.0f} s"
        assert f"the ledger holds: generated {honest.last.last} = stored {honest.last.last} " in collector.verb("ledger", "check", "--deep")


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, sys.argv[1:]))
