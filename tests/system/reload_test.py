#!/usr/bin/env python3
"""New rules for a running sensor: from the answer on they hold, to the packet."""
from __future__ import annotations

import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collector_process import eventually, run_tests
from lib.captures import Pipe, ethernet, udp
from lib.sensor import Sensor, lines_of, verb


def rule(sid: int) -> str:
    return f'alert udp any any -> any any (msg:"rule {sid}"; content:"hd-{sid}."; sid:{sid};)\n'


def datagrams(*sids: int) -> list[bytes]:
    return [ethernet(udp(f"192.0.2.{host}", "198.51.100.7", (2000 + sid, 9), f"hd-{sid}.".encode())) for host in range(1, 11) for sid in sids]


class Running:
    def __init__(self, folder: Path, pipe: Pipe, sensor: Sensor) -> None:
        self.folder, self.pipe, self.sensor = folder, pipe, sensor
        self.rules, self.eve = folder / "test.rules", folder / "eve.json"

    def sids(self) -> Counter:
        return Counter(line["alert"]["signature_id"] for line in lines_of(self.eve) if line["event_type"] == "alert")

    def send(self, *sids: int) -> None:
        self.pipe.send(datagrams(*sids))

    def expect(self, wanted: dict[int, int]) -> None:
        eventually(f"alerts {wanted}", lambda: self.sids() == Counter(wanted))

    def settle(self) -> None:
        eventually("all packets are taken", lambda: self.sensor.packets() == self.pipe.count)


@contextmanager
def running(*sids: int, config: str = "") -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as name, Pipe() as pipe:
        folder = Path(name)
        (folder / "test.rules").write_text("".join(map(rule, sids)))
        with Sensor(folder, "--rules", folder / "test.rules", "--source", "pcap_file:-", "--eve", folder / "eve.json", config=config, stdin=pipe.stdin) as sensor:
            sensor.wait_ready()
            yield Running(folder, pipe, sensor)


def test_from_the_answer_on_the_new_rules_hold() -> None:
    with running(1, 2) as it:
        it.send(1, 2, 3)
        it.settle()
        expected = Counter({1: 10, 2: 10})
        for keep in ((2, 3), (1,), (1, 2, 3), (3,)):
            it.rules.write_text("".join(map(rule, keep)))
            answer = it.sensor.reload()
            assert f"{len(keep)} rules loaded" in answer, answer
            it.send(1, 2, 3)  # at once
            it.settle()
            expected += Counter({sid: 10 for sid in keep})
        it.expect(dict(expected))
        (source,) = it.sensor.status()["sources"]
        assert source["inspected"] == it.pipe.count and source["sums"], source


def test_sighup_reads_rules_anew_and_the_last_of_many_wins() -> None:
    with running(1) as it:
        for sid in (2, 3, 2, 3, 2, 3):
            it.rules.write_text(rule(sid))
            it.sensor.process.send_signal(signal.SIGHUP)
        # A signal that comes during a reload must not be forgotten: the last text holds in the end.
        def is_last_one_in_use() -> bool:
            it.send(3)
            it.settle()
            return it.sids()[3] > 0
        eventually("the last rule alerts", is_last_one_in_use)
        before = it.sids()
        it.send(1, 2, 3)
        it.settle()
        eventually("only the last rule", lambda: it.sids()[3] > before[3])
        assert it.sids()[1] == before[1] and it.sids()[2] == before[2], it.sids()


def test_a_rule_that_is_refused_is_named_and_the_others_load() -> None:
    with running(1) as it:
        it.rules.write_text(rule(2) + 'alert udp any any -> any any (msg:"broken"; no_such_keyword:1; sid:3;)\n')
        answer = it.sensor.reload()
        assert "1 rules loaded, 1 refused" in answer, answer
        assert "no_such_keyword" in it.sensor.log.read_text()
        it.send(1, 2)
        it.expect({2: 10})
        assert it.sensor.status()["rules"]["refused"] == 1


def test_under_strict_a_bad_rule_leaves_the_old_ones() -> None:
    with running(1, config="") as it:
        it.rules.write_text(rule(2) + "alert nonsense\n")
        settings = it.folder / "haidang.yaml"
        settings.write_text(settings.read_text().replace('rules: {cache: ""}', 'rules: {cache: "", on_error: strict}'))
        done = verb("reload", "--control", it.sensor.control)
        assert done.returncode != 0 and "old" in done.stderr, (done.returncode, done.stderr)
        it.send(1, 2)
        it.expect({1: 10})


def test_flow_bits_and_flows_outlive_a_reload() -> None:
    first = 'alert udp any any -> any any (msg:"sets"; content:"hd-1."; flowbits:set,seen; noalert; sid:1;)\n'
    second = 'alert udp any any -> any any (msg:"asks"; content:"hd-2."; flowbits:isset,seen; sid:2;)\n'
    frames = {sid: [ethernet(udp("192.0.2.1", "198.51.100.7", (2000, 9), f"hd-{sid}.".encode()))] for sid in (1, 2)}
    with running(9) as it:
        it.rules.write_text(first)
        it.sensor.reload()
        it.pipe.send(frames[1])
        it.settle()
        it.rules.write_text(second + first)  # another order, other numbers
        it.sensor.reload()
        it.pipe.send(frames[2])
        it.expect({2: 1})
        counters = it.sensor.status()["counters"]
        assert counters["flow.total"] == 1, counters["flow.total"]


def test_a_file_that_was_moved_away_is_opened_anew() -> None:
    for how in (signal.SIGHUP, signal.SIGUSR1):
        with running(1) as it:
            it.send(1)
            it.expect({1: 10})
            it.eve.rename(it.folder / "eve.json.old")
            it.sensor.process.send_signal(how)
            eventually("a new file", it.eve.exists)
            it.send(1)
            it.expect({1: 10})
            assert len([line for line in lines_of(it.folder / "eve.json.old") if line["event_type"] == "alert"]) == 10


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, sys.argv[1:]))
