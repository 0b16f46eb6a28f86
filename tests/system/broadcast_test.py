#!/usr/bin/env python3
"""The broadcast read by a subscriber that knows docs/formats/broadcast.md alone."""
from __future__ import annotations

import json
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

from collector_process import run_tests
from lib.captures import Pipe, ethernet, udp
from lib.sensor import Sensor, lines_of

try:
    import zmq
except ImportError:
    zmq = None

RULES = "".join(f'alert udp any any -> any any (msg:"severity {n}"; content:"hd-{n}-"; priority:{n}; sid:{n};)\n' for n in (1, 2, 3))
NAME = "pq-lan-01"
PATIENCE_MS = 30_000


def datagrams(count: int) -> list[bytes]:
    return [ethernet(udp(f"192.0.2.{i % 200 + 1}", "198.51.100.7", (2000 + i % 5000, 9), f"hd-{i % 3 + 1}-{i}".encode())) for i in range(count)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Subscriber:
    def __init__(self, endpoint: str, prefix: str = "eve/") -> None:
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        self.socket.setsockopt(zmq.RCVTIMEO, PATIENCE_MS)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.connect(endpoint)
        self.socket.subscribe(prefix.encode())

    def messages(self) -> Iterator[tuple[str, dict]]:
        while True:
            topic, line = self.socket.recv_multipart()
            assert b"\n" not in line
            yield topic.decode(), json.loads(line)

    def rest(self) -> list[tuple[str, dict]]:
        """After the sensor's end: what came and was not read yet."""
        self.socket.setsockopt(zmq.RCVTIMEO, 1000)
        found = []
        try:
            for message in self.messages():
                found.append(message)
        except zmq.Again:
            return found
        return found

    def close(self) -> None:
        self.socket.close(0)
        self.context.term()


def broadcast(endpoint: str, count: int) -> tuple[list[tuple[str, dict]], list[dict]]:
    """All messages of a run over `count` datagrams, the last count among them, and the lines of the file beside it."""
    with tempfile.TemporaryDirectory() as name, Pipe() as pipe:
        folder = Path(name)
        endpoint = endpoint.format(folder=folder)
        (folder / "test.rules").write_text(RULES)
        config = (f"sensor: {{name: {NAME}}}\ncapture: [{{name: pipe, interface: [\"-\"], source: pcap_file}}]\n"
                  f"output: {{stats_interval: 1s, eve: [{{to: zmq_pub, bind: \"{endpoint}\", types: [alert, stats]}}, {{to: file, path: {folder}/eve.json, types: [alert, stats]}}]}}\n")
        seen: list[tuple[str, dict]] = []
        with Sensor(folder, "--rules", folder / "test.rules", config=config, stdin=pipe.stdin) as sensor:
            subscriber = Subscriber(endpoint)
            for topic, line in subscriber.messages():  # the subscription has arrived when something comes
                seen.append((topic, line))
                if topic.startswith("eve/hd_count/"):
                    break
            pipe.send(datagrams(count))
            pipe.close()
            assert sensor.process.wait(60) == 0
            seen += subscriber.rest()
            subscriber.close()
        return seen, lines_of(folder / "eve.json")


def check(seen: list[tuple[str, dict]], file: list[dict], count: int) -> None:
    lines = [(topic, line) for topic, line in seen if not topic.startswith("eve/hd_count/")]
    assert {line["hd"]["sensor"] for _, line in seen} == {NAME}
    assert len({line["hd"]["run"] for _, line in seen}) == 1
    numbers = [line["hd"]["n"] for _, line in lines]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "a hole in hd.n"
    for topic, line in lines:
        severity = line["alert"]["severity"] if line["event_type"] == "alert" else 0
        assert topic == f"eve/{line['event_type']}/{severity}/{NAME}", topic
    assert Counter(topic for topic, _ in lines if "/alert/" in topic) == Counter(f"eve/alert/{i % 3 + 1}/{NAME}" for i in range(count))
    counts = [line for topic, line in seen if topic == f"eve/hd_count/0/{NAME}"]
    assert counts and counts[-1]["hd"]["n"] == numbers[-1], (counts[-1], numbers[-1])
    assert counts[-1]["count"]["alert"] == {"sent": count, "dropped": 0}, counts[-1]
    without = [{key: value for key, value in line.items() if key != "hd"} for _, line in lines if line["event_type"] == "alert"]
    assert without == [line for line in file if line["event_type"] == "alert"], "the broadcast says what the file says"


def test_a_subscriber_gets_every_line_over_tcp() -> None:
    check(*broadcast(f"tcp://127.0.0.1:{free_port()}", 3000), 3000)


def test_a_subscriber_gets_every_line_over_ipc() -> None:
    check(*broadcast("ipc://{folder}/eve.sock", 300), 300)


def test_a_prefix_chooses_a_severity_and_holes_show_what_was_not_asked_for() -> None:
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as name, Pipe() as pipe:
        folder = Path(name)
        (folder / "test.rules").write_text(RULES)
        with Sensor(folder, "--rules", folder / "test.rules", "--source", "pcap_file:-", "--eve", endpoint, config=f"sensor: {{name: {NAME}}}\n", stdin=pipe.stdin):
            everything, worst = Subscriber(endpoint), Subscriber(endpoint, "eve/alert/1/")
            for listener in (everything, worst):
                if listener is everything:
                    next(listener.messages())
            next(everything.messages())  # a second count: by now the other's subscription has arrived too
            pipe.send(datagrams(30))
            pipe.close()
            found = [line for _, line in islice(worst.messages(), 10)]
            assert [line["alert"]["severity"] for line in found] == [1] * 10
            numbers = [line["hd"]["n"] for line in found]
            assert all(later - earlier >= 3 for earlier, later in pairwise(numbers)), numbers
            everything.close()
            worst.close()


def test_refuses_clear_text_beyond_this_machine() -> None:
    with tempfile.TemporaryDirectory() as name, Pipe() as pipe:
        folder = Path(name)
        (folder / "test.rules").write_text(RULES)
        sensor = Sensor(folder, "--rules", folder / "test.rules", "--source", "pcap_file:-", "--eve", "tcp://0.0.0.0:0", stdin=pipe.stdin)
        assert sensor.process.wait(30) != 0
        assert "clear text" in sensor.log.read_text(), sensor.log.read_text()


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    if zmq is None:
        print("skipped: the broadcast needs pyzmq (Debian: python3-zmq)")
        sys.exit(0)
    sys.exit(run_tests(TESTS, sys.argv[1:]))
