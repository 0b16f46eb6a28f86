#!/usr/bin/env python3
"""The release build of haidang-collector from outside: processes, sockets, HTTP. Each test has a store of its own.

    /usr/bin/python3 tests/system/collector_test.py [WORD...]     # only tests whose name has one of the words
    HAIDANG_BUILD=build/dev /usr/bin/python3 tests/system/collector_test.py
"""
from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "faults")]

from collector_peer import ACCEPTED, PENDING, REFUSED, Connection, Refused, Sensor, make_batch, read_invitation  # noqa: E402
from collector_process import PROGRAM, ROOT, Client, Collector, Stream, alert, delivered, enrolled, eventually, folder, person, run_tests, verb  # noqa: E402
from rig import RULES, SENSOR, write_capture  # noqa: E402

E_REVOKED = 9


# --- start and end ---


def test_says_on_one_line_where_it_listens() -> None:
    with folder() as home:
        with Collector(home) as collector:
            told = collector.listening
            assert told["schema"] == "haidang.listening/1" and set(told) == {"schema", "link", "enrol", "http", "key"}, told
            assert all(re.fullmatch(r"(tcp|http)://127\.0\.0\.1:[1-9]\d*", told[name]) for name in ("link", "enrol", "http")), told
            keys = json.loads(collector.verb("keys", "show", "--json"))
            assert keys["public"] == told["key"] and os.stat(keys["file"]).st_mode & 0o777 == 0o600
            assert Client(told["http"]).ask("GET", "/healthz")[0] == 200
            assert json.loads((collector.store / "listening.json").read_text()) == told
        assert not (home / "store" / "listening.json").exists()


def test_ends_well_on_either_signal() -> None:
    for how in (signal.SIGTERM, signal.SIGINT):
        with folder() as home:
            collector = Collector(home)
            Stream(person(collector)).next()  # an open page does not hold it up
            assert collector.end(how) == 0, collector.log.read_text()


def test_refuses_a_second_collector_on_one_store() -> None:
    with folder() as home, Collector(home) as collector:
        second = verb(collector.store, "run", "--link", "tcp://127.0.0.1:0", "--enrol", "closed", "--http", "127.0.0.1:0", "--plain-http")
        assert second.returncode == 7 and "runs on this store already" in second.stderr, second
        assert Client(collector.listening["http"]).ask("GET", "/healthz")[0] == 200


def test_refuses_settings_that_make_no_sense() -> None:
    with folder() as home:
        store = home / "store"
        for words, code, says in ((("--http", "0.0.0.0:0", "--plain-http", "--link", "tcp://127.0.0.1:0", "--enrol", "closed"), 3, "plain HTTP"), (("--http", "8443"), 3, "HOST:PORT"),
                                  (("--link", "udp://x"), 3, "tcp://HOST:PORT"), (("--tls-cert", "x.pem"), 3, "both"), (("--log-level", "loud"), 3, "One of: error, warning"), (("--nothing",), 2, "--nothing")):
            done = verb(store, "run", *words)
            assert done.returncode == code and says in done.stderr, (words, done)
        config = home / "haidang-collector.yaml"
        config.write_text("store:\n  pth: x\n")
        done = verb(store, "config", "check", str(config))
        assert done.returncode == 3 and f"{config}:2:3" in done.stderr and "path" in done.stderr, done


def test_reads_the_same_settings_from_a_file() -> None:
    with folder() as home:
        config = home / "haidang-collector.yaml"
        config.write_text(f"store: {{path: {home}/store}}\ningest: {{bind: 'tcp://127.0.0.1:0', enrol: closed}}\nhttp: {{bind: '127.0.0.1:0', plain: true}}\n")
        process = subprocess.Popen([PROGRAM, "--config", config, "run"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout
        told = json.loads(process.stdout.readline())
        assert told["enrol"] == "" and Client(told["http"]).ask("GET", "/healthz")[0] == 200
        refused = verb(home / "store", "sensors", "invite", "tram")
        assert refused.returncode == 7 and "closed" in refused.stderr, refused
        process.terminate()
        assert process.wait(30) == 0
        process.stdout.close()
        shipped = verb(home / "store", "config", "check", str(ROOT / "image" / "etc" / "haidang-collector.yaml"))
        assert shipped.returncode == 0, shipped.stderr


def test_speaks_tls_with_a_certificate_of_its_own() -> None:
    with folder() as home:
        for _ in range(2):
            with Collector(home, plain=False) as collector:
                assert collector.listening["http"].startswith("https://")
                assert Client(collector.listening["http"]).ask("GET", "/healthz")[0] == 200
                assert person(collector).get("/me")["user"] == "admin-1"
        assert collector.log.read_text().count("made a certificate") == 1


def test_tells_the_service_manager_how_it_is() -> None:
    with folder() as home:
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(str(home / "notify"))
        manager.settimeout(30)
        with Collector(home, env={"NOTIFY_SOCKET": str(home / "notify"), "WATCHDOG_USEC": "300000"}) as collector:
            heard = manager.recv(4096).decode()
            assert heard.startswith("READY=1\nSTATUS=listening on"), heard
            while "WATCHDOG=1" not in heard:
                heard = manager.recv(4096).decode()
        while "STOPPING=1" not in heard:
            heard = manager.recv(4096).decode()
        assert collector.process.returncode == 0
        manager.close()


# --- sensors ---


def test_enrols_a_sensor_that_a_person_confirms() -> None:
    with folder() as home, Collector(home) as collector:
        sensor = Sensor(read_invitation(collector.verb("sensors", "invite", "tram-bac-01", "--ttl", "10m")))
        assert sensor.enrol()[0] == PENDING
        known = json.loads(collector.verb("sensors", "list", "--json"))["sensors"]
        assert [(one["name"], one["state"], one["fingerprint"]) for one in known] == [("tram-bac-01", "waiting", sensor.fingerprint())], known
        wrong = verb(collector.store, "sensors", "confirm", "tram-bac-01", "0000 " * 8)
        assert wrong.returncode == 7 and "fingerprint" in wrong.stderr, wrong
        assert "accepted" in collector.verb("sensors", "confirm", "tram-bac-01", *sensor.fingerprint().upper().split())
        kind, told = sensor.enrol()
        assert kind == ACCEPTED and told["link"] == collector.listening["link"] and told["fingerprint"] == sensor.fingerprint(), told
        delivered(sensor, alert())
        twice = Sensor(sensor.invitation)
        assert twice.enrol()[0] == REFUSED
        again = verb(collector.store, "sensors", "invite", "tram-bac-01")
        assert again.returncode == 7 and "--replace" in again.stderr, again


def test_drops_a_sensor_that_another_process_revokes() -> None:
    with folder() as home, Collector(home) as collector:
        sensor = enrolled(collector)
        first = make_batch(sensor.epoch, 2, 1, [alert(), alert()])
        with sensor.session(head=4) as session:
            session.send(first)
            session.wait_for_ack(2)
            collector.verb("sensors", "revoke", "tram-bac-01")
            assert session.wait_for_error() == E_REVOKED
            session.send(make_batch(sensor.epoch, 2, 3, [alert(), alert()], first.after))
        try:
            Connection(sensor.context, sensor.link, sensor.keys, sensor.server_key)
            raise AssertionError("a revoked key was let in")
        except Refused:
            pass
        assert "stored 2 " in collector.verb("ledger", "check")


def test_a_new_key_takes_the_place_of_the_old() -> None:
    with folder() as home, Collector(home) as collector:
        old = enrolled(collector)
        new = Sensor(read_invitation(collector.verb("sensors", "invite", "tram-bac-01", "--auto-confirm", "--replace")))
        assert new.enrol()[0] == ACCEPTED and new.id == old.id
        delivered(new, alert())
        try:
            Connection(old.context, old.link, old.keys, old.server_key)
            raise AssertionError("a replaced key was let in")
        except Refused:
            pass


def test_stores_each_alert_once_across_kills() -> None:
    with folder() as home:
        collector = Collector(home)
        sensor = enrolled(collector)
        after, number = bytes(16), 0
        for round_ in range(4):
            batch = make_batch(sensor.epoch, 2, number + 1, [alert(1000001 + round_, f"203.0.113.{n + 1}") for n in range(50)], after)
            with sensor.session(acked=number, head=batch.last, chain=after) as session:
                assert [at["c"] for at in session.welcome["cursors"]] == ([number] if number else []), session.welcome
                session.send(batch)
                session.wait_for_ack(batch.last)
                session.send(batch)  # once more, as after a lost ACK
            assert collector.end((signal.SIGKILL, signal.SIGTERM)[round_ % 2]) in (0, -signal.SIGKILL)
            after, number = batch.after, batch.last
            collector = Collector(home)
            sensor.link = collector.listening["link"]
        with collector:
            ledger = json.loads(collector.verb("ledger", "check", "--deep", "--json"))
            assert ledger["holds"] and (ledger["generated"], ledger["stored"], ledger["shed"], ledger["pending"]) == (200, 200, 0, 0), ledger


# --- verbs beside a running collector ---


def test_verbs_work_beside_it() -> None:
    with folder() as home, Collector(home) as collector:
        delivered(enrolled(collector), alert(1000001), alert(1000002, "198.51.100.9"))
        eve = home / "eve.json"
        eve.write_text("\n".join(alert(1000003, f"192.0.2.{n}") for n in range(1, 31)) + "\n")
        assert "imported 30 alerts" in collector.verb("import", "eve", str(eve), "--sensor", "archive")
        assert "imported 0 alerts (30 lines were there before)" in collector.verb("import", "eve", str(eve), "--sensor", "archive")
        assert "the ledger holds: generated 32 = stored 32" in collector.verb("ledger", "check")
        listed = json.loads(collector.verb("incidents", "list", "--json"))["incidents"]
        for incident in listed:
            assert json.loads(collector.verb("incidents", "show", incident["number"]))["chain_intact"]
        copy = home / "copy.sqlite"
        collector.verb("backup", "create", str(copy))
        assert sqlite3.connect(copy).execute("SELECT count(*) FROM alert").fetchone() == (32,)
        assert verb(collector.store, "backup", "create", str(copy)).returncode != 0, "a copy was written over"
        assert person(collector).get("/status")["alerts"] == 32


def test_a_link_logs_in_once() -> None:
    with folder() as home, Collector(home) as collector:
        collector.verb("users", "add", "ha", "--role", "analyst", "--full-name", "Nguyễn Hà")
        link = collector.verb("users", "link", "ha", "--url", "https://truc.example:8443/").strip()
        assert re.fullmatch(r"https://truc\.example:8443/welcome/[0-9a-f]{64}", link), link
        client = Client(collector.listening["http"], link)
        me = client.get("/me")
        assert (me["user"], me["full_name"], me["role"]) == ("ha", "Nguyễn Hà", "analyst"), me
        status, _, refusal = Client(collector.listening["http"]).ask("POST", "/api/v1/welcome", {"token": link.rsplit("/", 1)[1]})
        assert status == 401 and refusal["error"]["code"] == "HD-401", refusal
        password = {"old": "", "new": "mười hai ký tự trở lên"}
        assert client.ask("POST", "/api/v1/me/password", password)[0] == 200
        collector.verb("users", "add", "ha", "--role", "admin")  # keeps the password
        assert Client(collector.listening["http"]).ask("POST", "/api/v1/session", {"user": "ha", "password": password["new"]})[0] == 200
        collector.verb("users", "disable", "ha")
        assert client.ask("GET", "/api/v1/me")[0] == 401
        assert Client(collector.listening["http"]).ask("POST", "/api/v1/session", {"user": "ha", "password": password["new"]})[0] == 401


# --- the API ---


def faults(document: dict, schema: dict, value: object, place: str) -> list[str]:
    """What of a value does not match its schema; as much of JSON Schema as the document uses."""
    if "$ref" in schema:
        return faults(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], value, place)
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}
    kind = schema.get("type")
    if kind and (not isinstance(value, kinds[kind]) or (kind in ("integer", "number") and isinstance(value, bool))):
        return [f"{place}: {value!r} is no {kind}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{place}: {value!r} is none of {schema['enum']}")
    if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", str(value)):
        found.append(f"{place}: {value!r} is no time")
    if isinstance(value, dict) and kind == "object":
        found += [f"{place}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, member in value.items():
            if name in schema["properties"]:
                found += faults(document, schema["properties"][name], member, f"{place}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{place}: {name} is not documented")
    if isinstance(value, list):
        for n, item in enumerate(value):
            found += faults(document, schema.get("items", {}), item, f"{place}[{n}]")
    return found


def check_answer(document: dict, operation: dict, path: str, answer: tuple[int, str, object]) -> list[str]:
    status, media, body = answer
    response = operation["responses"].get(str(status), operation["responses"].get("default"))
    if response is None or status == 500:
        return [f"{path}: {status} is not documented"]
    if media not in response["content"]:
        return [f"{path}: {status} with {media}, documented {list(response['content'])}"]
    return faults(document, response["content"][media]["schema"], body, path)


def test_answers_as_its_openapi_document_says() -> None:
    with folder() as home, Collector(home) as collector:
        delivered(enrolled(collector), *(alert(1000001 + n, f"203.0.113.{n + 1}", severity=1) for n in range(5)))
        client, stranger, viewer = person(collector), Client(collector.listening["http"]), person(collector, "viewer")
        document = stranger.get("/openapi.json")
        group = client.get("/groups")["groups"][0]
        if not client.get("/incidents")["incidents"]:
            status, _, body = client.ask("POST", f"/api/v1/groups/{group['id']}/incident", {})
            assert status == 200, body
        detail = client.get(f"/groups/{group['id']}")
        values = {"/groups/{id}": group["id"], "/alerts/{id}": detail["samples"][0]["id"], "{number}": client.get("/incidents")["incidents"][0]["number"], "{name}": "tram-bac-01"}
        found, asked = [], 0
        for pattern, methods in document["paths"].items():
            if "get" not in methods or "text/event-stream" in methods["get"]["responses"]["200"]["content"]:
                continue
            path = pattern
            for name in re.findall(r"\{\w+\}", pattern):
                path = path.replace(name, str(values.get(pattern, values.get(name))))
            found += check_answer(document, methods["get"], f"GET {path}", client.ask("GET", "/api/v1" + path))
            found += check_answer(document, methods["get"], f"GET {pattern} of nothing", client.ask("GET", "/api/v1" + re.sub(r"\{\w+\}", "99999999", pattern)))
            refused = stranger.ask("GET", "/api/v1" + path)
            assert refused[0] == (200 if methods["get"]["x-role"] == "anyone" else 401), (path, refused)
            if methods["get"]["x-role"] == "admin":
                refused = viewer.ask("GET", "/api/v1" + path)
                assert refused[0] == 403, (path, refused)
            found += check_answer(document, methods["get"], f"GET {path} by a stranger", refused)
            asked += 1
        assert asked >= 12 and not found, "\n".join(found)


def test_shows_what_a_sensor_delivered() -> None:
    with folder() as home, Collector(home) as collector:
        sensor = enrolled(collector)
        delivered(sensor, *(alert(1000001, "203.0.113.7") for _ in range(20)))
        client = person(collector)
        groups = client.get("/groups")["groups"]
        assert [(one["sid"], one["count"], one["attacker"], one["sensor"]) for one in groups] == [(1000001, 20, "203.0.113.7", "tram-bac-01")], groups
        one = client.get("/sensors/tram-bac-01/ledger")
        assert (one["generated"], one["stored"], one["violations"]) == (20, 20, []), one
        # That it was heard is noted every few seconds.
        eventually("the sensor was seen", lambda: "last_seen" in json.loads(collector.verb("sensors", "list", "--json"))["sensors"][0])


def test_shows_what_a_sensor_says_of_itself() -> None:
    if not SENSOR.exists():
        print(f"skipped: {SENSOR} is not built")
        return
    with folder() as home, Collector(home) as collector:
        invitation, key, capture, rules = collector.verb("sensors", "invite", "tram-bac-01", "--auto-confirm").strip(), home / "sensor.key", home / "alerts.pcap", home / "test.rules"
        write_capture(capture, 500)
        rules.write_text(RULES + "\n")
        subprocess.run([SENSOR, "-q", "enroll", invitation, "--key", key], check=True, timeout=60)
        settings = {"control": home / "sensor.sock", "metrics.listen": "", "rules.cache": "", "flow.limit": "20k", "collector.key": key, "collector.spool.path": home / "spool"}
        ran = subprocess.run([SENSOR, "run", "--source", f"pcap_file:{capture}", "--rules", rules, *(word for name, value in settings.items() for word in ("--set", f"{name}={value}"))],
                             capture_output=True, text=True, timeout=120, check=False)
        assert ran.returncode == 0, ran.stderr
        client = person(collector)
        told = eventually("its last word", lambda: (one := client.get("/sensors/tram-bac-01")["sensor"])["health"] and one["health"]["packets"] == 500 and one)
        assert told["health"]["sums"] and told["health"]["inspected"] == 500 and told["software"].startswith("haidang-sensor"), told
        assert told["pending"] == 0 and client.get("/status")["alerts"] == 500, told


def test_streams_changes_and_resumes() -> None:
    with folder() as home, Collector(home) as collector:
        client = person(collector)
        stream = Stream(client)
        hello = stream.next()
        assert hello["event"] == "hello" and "id" in hello, hello
        sensor = enrolled(collector)
        seen = [stream.next()]
        stream.close()
        assert json.loads(seen[0]["data"])["topic"] == "sensor", seen
        delivered(sensor, alert())  # while nobody listens
        resumed = Stream(client, int(seen[0]["id"]))
        assert resumed.next()["event"] == "hello"
        topics = set()
        while "group" not in topics:
            change = resumed.next()
            assert change["event"] == "change" and int(change["id"]) > int(seen[0]["id"]), change
            topics.add(json.loads(change["data"])["topic"])
        resumed.close()


def test_meters_pass_promtool_and_count_right() -> None:
    with folder() as home, Collector(home) as collector:
        sensor = enrolled(collector)
        delivered(sensor, alert(), alert(), alert())
        client = Client(collector.listening["http"])

        def samples() -> dict[str, float]:
            status, media, body = client.ask("GET", "/metrics")
            assert status == 200 and media == "text/plain" and isinstance(body, bytes)
            lines = [line.rsplit(" ", 1) for line in body.decode().splitlines() if line and not line.startswith("#")]
            return {name: float(value) for name, value in lines}

        now = eventually("the link's meters", lambda: (all_ := samples()).get("haidang_stored_total") == 3 and all_)
        for name, value in {'haidang_ingest_alerts_total{sensor="tram-bac-01"}': 3, 'haidang_ledger_missing{sensor="tram-bac-01"}': 0, "haidang_ledger_violations": 0, "haidang_store_working": 1,
                            "haidang_collector_alerts_total": 3, "haidang_enrol_refused_total": 0}.items():
            assert now.get(name) == value, (name, now.get(name))
        if not shutil.which("promtool"):
            print("skipped: promtool is not installed (Debian: prometheus)")
            return
        text = client.ask("GET", "/metrics")[2]
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
        assert checked.returncode == 0 and not checked.stderr, checked.stderr.decode()


def test_serves_the_console() -> None:
    if not (ROOT / "build" / "console" / "index.html").exists():
        print("skipped: the console is not built (./run console)")
        return
    with folder() as home, Collector(home, "--console", str(ROOT / "build" / "console")) as collector:
        client = Client(collector.listening["http"])
        for path in ("/", "/inbox", "/welcome/abc"):
            status, media, page = client.ask("GET", path)
            assert status == 200 and media == "text/html" and b"<script" in page, (path, status)


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, sys.argv[1:]))
