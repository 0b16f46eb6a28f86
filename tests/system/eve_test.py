#!/usr/bin/env python3
"""EVE lines against docs/schemas/eve.schema.json and against readers that are not ours."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

from collector_process import run_tests
from lib.captures import conversation, dns_query, ethernet, fragments, tcp, udp, write_pcap
from lib.sensor import ROOT, Sensor, lines_of, replay

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = ROOT / "docs" / "schemas" / "eve.schema.json"
KIT = Path(os.environ.get("HAIDANG_SHARED", ROOT.parent / "shared")) / "conformance" / "captures"
KIT_CAPTURES = 60
RULES = """\
alert ip any any -> any any (msg:"each flow's first"; sid:1; rev:2; metadata:attack_target Server, tag a, tag b; reference:url,example.com; classtype:trojan-activity; target:dest_ip;)
alert http any any -> any any (msg:"a request"; http.method; content:"GET"; sid:2;)
alert dns any any -> any any (msg:"a name"; dns.query; content:"."; sid:3;)
alert tls any any -> any any (msg:"a name in TLS"; tls.sni; content:"."; sid:4;)
alert tcp any any -> any any (msg:"bytes of a stream"; content:"HTTP"; sid:5;)
"""
TYPES = ["alert", "flow", "anomaly", "http", "dns", "tls"]


def own_frames() -> list[bytes]:
    client, server = "192.0.2.9", "198.51.100.7"
    request = b"GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nUser-Agent: t\xc3\xa9st \"quoted\" \\ \x01\r\n\r\n"
    answer = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok"
    frames = [ethernet(packet, vlans=[7]) for packet in conversation(client, server, (4000, 80), request, answer)]
    frames += [ethernet(udp(client, server, (5000 + i, 53), dns_query(i, f"a{i}.example.com"))) for i in range(3)]
    frames += [ethernet(udp("2001:db8::1", "2001:db8::2", (6000, 53), dns_query(9, "six.example.com")))]
    frames += [ethernet(piece) for piece in fragments(udp(client, server, (7000, 9), b"x" * 3000), 1000)]
    frames += [ethernet(tcp(client, server, (8000, 80), 1, 1, 0x29)), ethernet(udp(client, server, (1, 2), b""))[:30]]  # Xmas flags; cut in its header
    return frames


def own_capture(folder: Path) -> Path:
    capture = folder / "own.pcap"
    write_pcap(capture, own_frames())
    return capture


@cache
def validator() -> object:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def check(lines: list[dict]) -> None:
    for line in lines:
        problems = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in validator().iter_errors(line)]  # type: ignore[attr-defined]
        assert not problems, f"{problems} in {json.dumps(line)[:1000]}"


def test_replay_of_a_capture_with_everything_in_it() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test.rules").write_text(RULES)
        lines = replay(own_capture(folder), folder / "test.rules", folder / "eve.json", "--types", ",".join(TYPES))
        check(lines)
        types = Counter(line["event_type"] for line in lines)
        assert set(types) == set(TYPES) - {"tls"}, types
        assert types["dns"] == 4 and types["http"] == 1, types
        (http,) = [line for line in lines if line["event_type"] == "http"]
        assert http["vlan"] == [7] and http["http"]["status"] == 302 and http["http"]["redirect"] == "/b" and http["http"]["hostname"] == "example.com", http
        flows = {(line["proto"], line.get("dest_port")): line for line in lines if line["event_type"] == "flow"}
        web = flows["TCP", 80] if flows["TCP", 80]["src_port"] == 4000 else next(line for line in lines if line["event_type"] == "flow" and line.get("src_port") == 4000)
        assert web["flow"]["state"] == "closed" and web["flow"]["alerted"] and web["tcp"]["syn"] and web["tcp"]["fin"] and web["app_proto"] == "http", web
        assert web["flow"]["pkts_toserver"] == 5 and web["flow"]["pkts_toclient"] == 3, web
        assert {line["anomaly"]["type"] for line in lines if line["event_type"] == "anomaly"} >= {"decode"}


def test_the_schema_refuses_what_it_does_not_list() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test.rules").write_text(RULES)
        lines = replay(own_capture(folder), folder / "test.rules", folder / "eve.json", "--types", ",".join(TYPES))
    for kind in set(TYPES) - {"tls"}:
        line = next(line for line in lines if line["event_type"] == kind)
        part = line[kind]
        first = next(iter(part))
        for wrong in ({**line, "extra": 1}, {**line, kind: {**part, "extra": 1}}, {**line, kind: {**part, first: {"not": "this"}}}, {**line, "timestamp": "now"},
                      {key: value for key, value in line.items() if key != kind}, {**line, "src_ip": "300.1.1.1"}, {**line, "event_type": "other"}):
            assert list(validator().iter_errors(wrong)), wrong  # type: ignore[attr-defined]


def test_nothing_but_alerts_unless_asked() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test.rules").write_text(RULES)
        capture = own_capture(folder)
        plain = replay(capture, folder / "test.rules", folder / "eve.json")
        assert {line["event_type"] for line in plain} == {"alert"}
        all_types = replay(capture, folder / "test.rules", folder / "all.json", "--types", ",".join(TYPES))
        assert [line for line in all_types if line["event_type"] == "alert"] == plain, "alerts do not depend on the other types"
        only = replay(capture, folder / "test.rules", folder / "dns.json", "--types", "dns")
        assert [line for line in all_types if line["event_type"] == "dns"] == only


def test_run_writes_the_same_and_statistics() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test.rules").write_text(RULES)
        capture = own_capture(folder)
        config = (f"sensor: {{name: pq-lan-01}}\ncapture: [{{name: file, interface: [{capture}], source: pcap_file}}]\n"
                  f"output: {{alert: {{packet: true}}, eve: [{{to: file, path: {folder}/all.json, types: [alert, stats, anomaly, flow, http, dns, tls]}}, {{to: file, path: {folder}/few.json, types: [dns]}}]}}\n")
        with Sensor(folder, "--rules", folder / "test.rules", config=config) as sensor:
            assert sensor.process.wait(60) == 0
        lines = lines_of(folder / "all.json")
        check(lines)
        stats = [line for line in lines if line["event_type"] == "stats"]
        assert stats and stats[-1]["stats"]["capture"]["wire"] == len(own_frames()) and stats[-1]["stats"]["eve"]["records_lost"] == 0, stats[-1]
        assert all(line["haidang"]["sensor"] == "pq-lan-01" for line in lines)
        assert all("packet" in line for line in lines if line["event_type"] == "alert" and line["pkt_src"] == "wire/pcap")
        assert lines_of(folder / "few.json") == [line for line in lines if line["event_type"] == "dns"]

        def bare(found: list[dict]) -> Counter:
            return Counter(json.dumps({key: value for key, value in line.items() if key not in ("haidang", "packet", "packet_info", "payload", "payload_printable", "flow_id")}, sort_keys=True)
                           for line in found if line["event_type"] != "stats")
        offline = replay(capture, folder / "test.rules", folder / "replay.json", "--types", ",".join(TYPES))
        assert bare(lines) == bare(offline), (bare(lines) - bare(offline), bare(offline) - bare(lines))


def test_captures_of_the_kit() -> None:
    captures = sorted(KIT.glob("*.pcap"))
    if not captures:
        print("skipped: ../shared/conformance is not here")
        return
    chosen = captures[::max(1, len(captures) // KIT_CAPTURES)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test.rules").write_text(RULES)
        types: Counter = Counter()
        for capture in chosen:
            lines = replay(capture, folder / "test.rules", folder / "eve.json", "--types", ",".join(TYPES))
            check(lines)
            types.update(line["event_type"] for line in lines)
        assert all(types[kind] > 0 for kind in TYPES), types


def test_captures_of_our_own() -> None:
    captures = sorted((ROOT / "tests" / "captures").glob("*.pcap*"))
    if not captures:
        print("skipped: tests/captures has no captures")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test.rules").write_text(RULES)
        for capture in captures:
            check(replay(capture, folder / "test.rules", folder / "eve.json", "--types", ",".join(TYPES)))


def test_jq_reads_each_line() -> None:
    """jq is the reader of EVE that Debian has; EveBox and Suricata's own tools are not packaged in Debian 12."""
    if not shutil.which("jq"):
        print("skipped: jq is not installed")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test.rules").write_text(RULES)
        eve = folder / "eve.json"
        lines = replay(own_capture(folder), folder / "test.rules", eve, "--types", ",".join(TYPES))
        # The recipes of Suricata's documentation ("Eve JSON: examples with jq").
        recipes = {
            'select(.event_type=="alert") | .alert.signature_id': [line["alert"]["signature_id"] for line in lines if line["event_type"] == "alert"],
            'select(.event_type=="dns") | .dns.queries[0].rrname': [line["dns"]["queries"][0]["rrname"] for line in lines if line["event_type"] == "dns"],
            'select(.event_type=="flow") | .flow.bytes_toserver + .flow.bytes_toclient': [line["flow"]["bytes_toserver"] + line["flow"]["bytes_toclient"] for line in lines if line["event_type"] == "flow"],
            'select(.event_type=="http") | .http.http_user_agent': [line["http"]["http_user_agent"] for line in lines if line["event_type"] == "http"],
        }
        for recipe, expected in recipes.items():
            done = subprocess.run(["jq", "-c", recipe, eve], text=True, capture_output=True, check=True)
            assert [json.loads(line) for line in done.stdout.splitlines()] == expected, recipe


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    if jsonschema is None:
        print("skipped: EVE's schema needs python3-jsonschema")
        sys.exit(0)
    sys.exit(run_tests(TESTS, sys.argv[1:]))
