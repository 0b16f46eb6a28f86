#!/usr/bin/env python3
"""F9, keys and floods: strangers knock at both ports in every wrong way while an honest sensor delivers; then it is revoked.

    F9.py [--alerts 100000] [--short]
"""
from __future__ import annotations

import argparse
import os
import socket
import struct
import subprocess
import threading
import time

from rig import COLLECTOR, Checks, Rig, wait_for, write_capture

try:
    import zmq
except ImportError:
    zmq = None


def port_of(endpoint: str) -> int:
    return int(endpoint.rsplit(":", 1)[1])


def resident_kib(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


class Flood(threading.Thread):
    """Repeats one wrong way until it is told to end."""

    def __init__(self, act) -> None:
        super().__init__(daemon=True)
        self.act, self.ends, self.count = act, False, 0

    def run(self) -> None:
        while not self.ends:
            try:
                self.act()
            except OSError:
                pass
            self.count += 1
            time.sleep(0.01)


def garbage(port: int):
    def act() -> None:
        with socket.create_connection(("127.0.0.1", port), 2) as peer:
            peer.sendall(os.urandom(600))
    return act


def huge_frame(port: int):
    """A greeting of ZMTP 3.1 with CURVE, then a frame that claims 2^63 bytes."""
    greeting = b"\xff" + b"\0" * 8 + b"\x7f\x03\x01" + b"CURVE".ljust(20, b"\0") + b"\0" + b"\0" * 31
    def act() -> None:
        with socket.create_connection(("127.0.0.1", port), 2) as peer:
            peer.sendall(greeting + b"\x06" + struct.pack(">Q", 1 << 63) + b"x" * 64)
    return act


def old_greeting(port: int):
    def act() -> None:
        with socket.create_connection(("127.0.0.1", port), 2) as peer:
            peer.sendall(b"\x01\x00")  # ZMTP 1.0
    return act


class SlowHandshakes:
    """Connections that send next to nothing and stay."""

    def __init__(self, port: int, count: int) -> None:
        self.peers = []
        for _ in range(count):
            peer = socket.create_connection(("127.0.0.1", port), 2)
            peer.sendall(b"\xff")
            self.peers.append(peer)

    def close(self) -> None:
        for peer in self.peers:
            peer.close()


def stranger(port: int, server_key: bytes | None, own: tuple[bytes, bytes] | None):
    """A ZeroMQ client with a wrong server key, a key that nobody knows, or no security at all."""
    def act() -> None:
        context = zmq.Context()
        peer = context.socket(zmq.DEALER)
        peer.setsockopt(zmq.LINGER, 0)
        if own is not None:
            peer.curve_secretkey, peer.curve_publickey, peer.curve_serverkey = own[1], own[0], server_key
        peer.connect(f"tcp://127.0.0.1:{port}")
        try:
            peer.send_multipart([b"SSP1" + b"\0" * 92, b""], zmq.NOBLOCK)
            peer.poll(50)
        except zmq.ZMQError:
            pass
        peer.close()
        context.term()
    return act


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.alerts = 20_000
    checks = Checks()
    rig = Rig()
    try:
        first, second = rig.folder / "first.pcap", rig.folder / "second.pcap"
        write_capture(first, options.alerts, 200)
        write_capture(second, 2_000, 201)
        rig.start_collector()
        rig.enrol()
        log = rig.folder / "collector.log"
        before_kib, before_log = resident_kib(rig.collector.popen.pid), len(log.read_text().splitlines())
        ports = [port_of(rig.ports["link"]), port_of(rig.ports["enrol"])]
        acts = [make(port) for port in ports for make in (garbage, huge_frame, old_greeting)]
        if zmq is not None and zmq.has("curve"):
            key = rig.ports["key"].encode()
            wrong = zmq.curve_keypair()[0]
            acts += [stranger(ports[0], key, zmq.curve_keypair()), stranger(ports[0], wrong, zmq.curve_keypair()), stranger(ports[0], None, None),
                     stranger(ports[1], key, zmq.curve_keypair())]
        floods = [Flood(act) for act in acts]
        slow = SlowHandshakes(ports[0], 200)
        begin = time.monotonic()
        for flood in floods:
            flood.start()
        sensor = rig.spawn_sensor(first)
        ended = wait_for(lambda: not sensor.is_running(), 120)
        spent = time.monotonic() - begin
        most_kib = resident_kib(rig.collector.popen.pid)
        for flood in floods:
            flood.ends = True
        for flood in floods:
            flood.join(5)
        slow.close()
        lines = len(log.read_text().splitlines()) - before_log
        print(f"{sum(flood.count for flood in floods)} wrong connections in {spent:.1f} s beside {options.alerts} alerts; memory +{(most_kib - before_kib) // 1024} MiB; {lines} log lines")
        checks.check(ended and sensor.popen.returncode == 0, "the honest sensor delivers: " + (rig.folder / "sensor.log").read_text()[-800:])
        checks.check(len(set(rig.alerts())) == options.alerts, f"{len(set(rig.alerts()))} alerts arrived of {options.alerts}")
        checks.check(most_kib - before_kib <= 160 << 10, f"memory grew by {(most_kib - before_kib) >> 10} MiB")
        checks.check(lines <= 20 + 12 * (spent + 1), f"{lines} log lines in {spent:.0f} s")
        subprocess.run([COLLECTOR, "--store", rig.store, "sensors", "revoke", "fault"], check=True, capture_output=True)
        time.sleep(2)
        stored = rig.stored()
        sensor = rig.spawn_sensor(second)
        time.sleep(4)
        checks.check(rig.stored() == stored, f"{rig.stored() - stored} alerts came from a revoked sensor")
        checks.check(sensor.is_running(), "the revoked sensor keeps what it has")
        sensor.stop()
        checks.check(rig.collector.stop() == 0, "the collector ends well")
        with_pending, text = rig.ledger()
        checks.check(with_pending == 0, f"the ledger holds (exit {with_pending}): {text}")
        print(text)
    finally:
        rig.close()
    return checks.finish()


if __name__ == "__main__":
    raise SystemExit(main())
