#!/usr/bin/env python3
"""Live capture: the whole sensor on one end of a cable, tcpreplay on the other; every packet has to be accounted for."""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from collector_process import eventually, run_tests
from lib.captures import conversation, dns_query, ethernet, fragments, udp, write_pcap
from lib.netns import Cable, why_not
from lib.sensor import PROGRAM, ROOT, Sensor, lines_of, replay

RULES = """\
alert udp any any -> any any (msg:"a datagram"; content:"hd-udp-alarm"; sid:1;)
alert tcp any any -> any any (msg:"a stream"; flow:established,to_server; content:"hd-tcp-alarm"; sid:2;)
alert udp any any -> any any (msg:"across fragments"; content:"hd-fragment-alarm"; sid:3;)
alert dns any any -> any any (msg:"a name"; dns.query; content:"hd-name-alarm"; sid:4;)
"""
KIT = Path(os.environ.get("HAIDANG_SHARED", ROOT.parent / "shared")) / "conformance" / "captures"


def traffic() -> list[bytes]:
    """Of 40 hosts: datagrams, streams, names, fragments, tags, IPv6 and what is no IP at all."""
    frames = [b"\xff" * 6 + bytes.fromhex("020000000001") + bytes.fromhex("0806") + bytes(28) + bytes(18)]
    server = "198.51.100.7"
    for host in range(1, 41):
        client = f"192.0.2.{host}"
        frames.append(ethernet(udp(client, server, (2000 + host, 9), b"hello hd-udp-alarm" if host % 4 == 0 else b"hello")))
        frames.append(ethernet(udp(server, client, (9, 2000 + host), b"there"), vlans=[7] if host % 8 == 1 else []))
        frames.append(ethernet(udp(f"2001:db8::{host:x}", "2001:db8:1::53", (3000 + host, 53), dns_query(host, "hd-name-alarm.example"))))
        secret = b"GET /hd-tcp-alarm HTTP/1.0\r\n\r\n" if host % 3 == 0 else b"GET / HTTP/1.0\r\n\r\n"
        frames += [ethernet(packet) for packet in conversation(client, server, (4000 + host, 80), secret, b"HTTP/1.0 204 No Content\r\n\r\n")]
        if host % 10 == 0:
            whole = udp(client, server, (5000 + host, 10), b"." * 790 + b"hd-fragment-alarm" + b"." * 800)
            frames += [ethernet(piece) for piece in fragments(whole, 800)]  # the words lie across the first border
    return frames


def tap(cable: Cable, source: str, more: str = "") -> str:
    return f"capture: [{{name: tap, interface: [{cable.port}], source: {source}, ring: 32MiB{', workers: 2' if source == 'af_packet' else ''}{more}}}]\n"


def outputs(eve: Path) -> str:
    return f"output: {{stats_interval: 1s, eve: [{{to: file, path: {eve}, types: [alert, stats]}}]}}\n"


def told(alerts: list[dict]) -> Counter:
    return Counter((line["alert"]["signature_id"], line["src_ip"], line.get("src_port"), line["dest_ip"], line.get("dest_port"))
                   for line in alerts if line["event_type"] == "alert")


def fates(source: dict) -> int:
    return source["inspected"] + source["shunted"] + source["filtered"] + source["lost_card"] + source["lost_ring"] + source["lost_sensor"]


def watch(sensor: Sensor, cable: Cable, sender: subprocess.Popen[str]) -> int:
    """Reads the ledger while frames are sent: it sums each time, never falls, and knows of no packet that was not there."""
    before, readings = 0, 0
    while sender.poll() is None:
        source = sensor.status()["sources"][0]
        on_the_wire = cable.received()
        assert source["sums"] and fates(source) == source["packets"], source
        assert before <= source["packets"] <= on_the_wire, (before, source["packets"], on_the_wire)
        before = source["packets"]
        readings += 1
    assert sender.stdout
    report = sender.stdout.read()
    assert sender.returncode == 0, report
    return readings


def live_equals_replay(source: str, capture: Path, frames: list[bytes], rules: str, loops: int) -> None:
    with tempfile.TemporaryDirectory() as name, Cable() as cable:
        folder = Path(name)
        eve, rule_file = folder / "eve.json", folder / "test.rules"
        rule_file.write_text(rules)
        with Sensor(folder, "--rules", rule_file, config=tap(cable, source) + outputs(eve), before=cable.before()) as sensor:
            sensor.wait_ready()
            readings = watch(sensor, cable, cable.play(capture, "--topspeed", "--loop", str(loops)))
            sent = len(frames) * loops
            assert cable.received() == sent, (cable.counts(), sent)
            eventually("every packet has its fate", lambda: sensor.packets() == sent)
            assert readings >= 1
            assert sensor.end() == 0
            (ledger,) = [line["stats"]["capture"] for line in lines_of(eve) if line["event_type"] == "stats"][-1:]
        assert ledger["wire"] == sent == ledger["inspected"], ledger
        assert ledger["kernel_drops"] == 0, ledger
        repeated = folder / "repeated.pcap"
        write_pcap(repeated, frames * loops)
        offline = told(replay(repeated, rule_file, folder / "replay.json"))
        live = told(lines_of(eve))
        assert live and live == offline, {"live alone": live - offline, "replay alone": offline - live}


def own_capture(source: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        frames = traffic()
        capture = Path(name) / "own.pcap"
        write_pcap(capture, frames)
        live_equals_replay(source, capture, frames, RULES, loops=20)


def test_two_workers_account_for_every_packet_and_alert_as_replay_does() -> None:
    own_capture("af_packet")


def test_libpcap_accounts_for_every_packet_and_alerts_as_replay_does() -> None:
    own_capture("pcap")


def test_counts_what_the_filter_let_pass_and_no_more() -> None:
    for source in ("af_packet", "pcap"):
        with tempfile.TemporaryDirectory() as name, Cable() as cable:
            folder = Path(name)
            (folder / "test.rules").write_text(RULES)
            capture = folder / "own.pcap"
            frames = traffic()
            write_pcap(capture, frames)
            wanted = sum(1 for frame in frames if frame[12:14] == b"\x86\xdd")
            eve = folder / "eve.json"
            with Sensor(folder, "--rules", folder / "test.rules", config=tap(cable, source, ', filter: "ip6 and udp port 53"') + outputs(eve), before=cable.before()) as sensor:
                sensor.wait_ready()
                watch(sensor, cable, cable.play(capture, "--topspeed"))
                eventually("what passes the filter", lambda sensor=sensor, wanted=wanted: sensor.packets() == wanted)
            assert {key[0] for key in told(lines_of(eve))} == {4}


def test_counts_what_the_filter_drops_from_a_file() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test.rules").write_text(RULES)
        capture, eve = folder / "own.pcap", folder / "eve.json"
        frames = traffic()
        write_pcap(capture, frames)
        wanted = sum(1 for frame in frames if frame[12:14] == b"\x86\xdd")
        config = f'capture: [{{name: file, interface: [{capture}], source: pcap_file, filter: "ip6 and udp port 53"}}]\n' + outputs(eve)
        with Sensor(folder, "--rules", folder / "test.rules", config=config) as sensor:
            assert sensor.process.wait(60) == 0
        ledger = [line["stats"]["capture"] for line in lines_of(eve) if line["event_type"] == "stats"][-1]
        assert ledger["inspected"] == wanted and ledger["filtered"] == len(frames) - wanted and ledger["wire"] == len(frames), ledger


def test_new_rules_in_the_middle_of_traffic_lose_nothing() -> None:
    def rules(*words: str) -> str:
        return "".join(f'alert udp any any -> any any (msg:"{word}"; content:"hd-{word}"; sid:{ {"always": 1, "old": 2, "new": 3}[word]};)\n' for word in words)

    frames = [ethernet(udp(f"192.0.2.{host}", "198.51.100.7", (2000 + host, 9), f"hd-{word}".encode())) for host in range(1, 41) for word in ("always", "old", "new")]
    with tempfile.TemporaryDirectory() as name, Cable() as cable:
        folder = Path(name)
        rule_file, capture, eve = folder / "test.rules", folder / "own.pcap", folder / "eve.json"
        rule_file.write_text(rules("always", "old"))
        write_pcap(capture, frames)

        def sids() -> Counter:
            return Counter(line["alert"]["signature_id"] for line in lines_of(eve) if line["event_type"] == "alert")

        with Sensor(folder, "--rules", rule_file, config=tap(cable, "af_packet") + outputs(eve), before=cable.before()) as sensor:
            sensor.wait_ready()
            sent = 0
            for step, (words, gone) in enumerate([(("always", "new"), 2), (("always", "old"), 3)]):
                sender = cable.play(capture, "--pps", "20000", "--loop", "300")
                eventually("traffic flows", lambda sent=sent: sensor.packets() > sent + 100)
                rule_file.write_text(rules(*words))
                if step == 0:
                    sensor.process.send_signal(1)
                    eventually("the log says that rules were reloaded", lambda: "rules reloaded" in sensor.log.read_text())
                else:
                    assert "2 rules loaded" in sensor.reload()
                assert sender.poll() is None, "the reload came too late to be in the middle"
                watch(sensor, cable, sender)
                sent += len(frames) * 300
                eventually("every packet has its fate", lambda sent=sent: sensor.packets() == sent)
                assert sensor.status()["sources"][0]["inspected"] == sent
                before = eventually("every alert is written", lambda sent=sent: (now := sids())[1] == sent // 3 and now)
                assert isinstance(before, Counter)
                watch(sensor, cable, cable.play(capture, "--topspeed"))
                sent += len(frames)
                after = eventually("the alerts of the last round", lambda sent=sent: (now := sids())[1] == sent // 3 and now)
                assert isinstance(after, Counter)
                assert after - before == Counter({1: 40, 5 - gone: 40}), (before, after)
            both = sids()
            assert 0 < both[2] < both[1] and 0 < both[3] < both[1], both


def test_says_what_to_try_without_root() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        rule_file = folder / "test.rules"
        rule_file.write_text(RULES)
        for source in ("af_packet", "pcap"):
            config = folder / f"{source}.yaml"
            config.write_text(f"control: {folder}/sensor.sock\nmetrics: {{listen: \"\"}}\nrules: {{cache: \"\"}}\noutput: {{eve: [{{to: stdout}}]}}\n")
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
            done = subprocess.run([*command, PROGRAM, "run", "--config", config, "--source", f"{source}:lo", "--rules", rule_file], text=True, capture_output=True, timeout=60, check=False)
            assert done.returncode == 4, (done.returncode, done.stderr)
            assert "E4002" in done.stderr and "CAP_NET_RAW" in done.stderr and "sudo" in done.stderr, done.stderr


def test_a_capture_of_the_kit_live_as_offline() -> None:
    for capture in sorted(KIT.glob("*.pcap"), key=lambda path: path.stat().st_size, reverse=True):
        frames = frames_of(capture)
        if 200 <= len(frames) <= 2000 and max(map(len, frames)) <= 1514 and min(map(len, frames)) >= 60:
            rules = 'alert udp any any -> any any (msg:"any datagram"; sid:1;)\nalert tcp any any -> any any (msg:"any data"; flow:established; dsize:>0; sid:2;)\n'
            live_equals_replay("af_packet", capture, frames, rules, loops=1)
            return
    print("skipped: ../shared/conformance has no capture that fits")


def frames_of(capture: Path) -> list[bytes]:
    """Ethernet frames of a pcap file in this machine's byte order; none of another."""
    data = capture.read_bytes()
    frames: list[bytes] = []
    if data[:4] != bytes.fromhex("d4c3b2a1") or data[20:24] != b"\1\0\0\0":
        return [b""]
    at = 24
    while at + 16 <= len(data):
        length, on_the_wire = (int.from_bytes(data[at + i:at + i + 4], "little") for i in (8, 12))
        if length != on_the_wire:
            return [b""]
        frames.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return frames


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    if reason := why_not():
        print(f"skipped: live capture: {reason}")
        TESTS = [test for test in TESTS if test in (test_counts_what_the_filter_drops_from_a_file, test_says_what_to_try_without_root)]
    sys.exit(run_tests(TESTS, sys.argv[1:]))
