#!/usr/bin/env python3
"""Reads the sources and says what breaks the rules of the house, one line a finding: `file:line: what`.

Layers and confined headers come from the blocks of docs/architecture.md: page and check cannot part.
With --objects FOLDER the built objects are read as well: nothing mutable may lie at file scope.
"""
from __future__ import annotations

import argparse
import fnmatch
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINES_MAX = 600
FUNCTION_LINES_MAX = 60

# Words that mark unfinished work, and calls that belong to one place each.
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
CLOCKS = re.compile(r"std::chrono::\w+::now|\b(?:gettimeofday|clock_gettime|std::time|std::rand|std::random_device|getrandom)\s*\(|random_device\b")
CLOCK_PLACE = {"sensor/base/clock_system.cpp"}
# Libraries throw; these files wrap them and turn what is thrown into a Result (docs/architecture.md 8).
CATCH_PLACES = ("sensor/serve/*", "sensor/verbs/*", "collector/verbs/*", "sensor/base/json.cpp", "sensor/base/log.cpp", "sensor/base/file.cpp",
                "collector/report/*", "sensor/base/config*.cpp")


def block(name: str) -> list[str]:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    match = re.search(rf"^```{name}\n(.*?)^```", text, re.S | re.M)
    if not match:
        sys.exit(f"tidy: docs/architecture.md has no {name} block")
    return [line for line in match[1].splitlines() if line.strip() and not line.startswith("#")]


def doors() -> dict[str, list[str]]:
    rooms: dict[str, list[str]] = {}
    for line in block("layers"):
        room, _, rest = line.partition(":")
        room = room.strip()
        extra = rest.strip().startswith("+")
        names = rest.replace("+", " ").split()
        program = room.split("/")[0]
        full = [n if "/" in n and n.split("/")[0] in ("sensor", "collector") or "*" in n else f"{program}/{n}" for n in names]
        if extra:
            full += rooms.get("sensor/protocols/*", [])
        rooms[room] = [f"{program}/*" if n == "*" else n for n in full]
    return rooms


def room_of(path: str, rooms: dict[str, list[str]]) -> str | None:
    parts = path.split("/")
    for depth in range(len(parts) - 1, 0, -1):
        candidate = "/".join(parts[:depth])
        if candidate in rooms:
            return candidate
        if candidate.startswith("sensor/protocols/"):
            return candidate
    return None


def allowed(room: str, rooms: dict[str, list[str]]) -> list[str]:
    if room in rooms:
        return rooms[room]
    return rooms["sensor/protocols/*"] if room.startswith("sensor/protocols/") else []


def may_open(room: str, other: str, rooms: dict[str, list[str]]) -> bool:
    if other == room or other.startswith(room + "/"):
        return True
    for door in allowed(room, rooms):
        if door == "**" or fnmatch.fnmatch(other, door) or other == door:
            return True
    return False


def check_includes(path: str, text: str, rooms: dict[str, list[str]], confined: list[tuple[list[str], list[str]]]) -> list[str]:
    findings = []
    room = room_of(path, rooms)
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        target = match[2]
        if match[1] == '"':
            if target.startswith("../") or target.startswith("./"):
                findings.append(f"{path}:{number}: include paths start at the top: {target}")
                continue
            other = room_of(target, rooms)
            if room and other and not may_open(room, other, rooms):
                findings.append(f"{path}:{number}: {room} may not include {other} (docs/architecture.md, layers)")
        if not path.startswith(("sensor/", "collector/")):
            continue
        for patterns, places in confined:
            if any(fnmatch.fnmatch(target, p) for p in patterns):
                stem = path.rsplit(".", 1)[0]
                if not any(path.startswith(place) or stem.startswith(place) for place in places):
                    findings.append(f"{path}:{number}: {target} belongs to {', '.join(places)} (docs/architecture.md, confine)")
    return findings


def check_text(path: str, text: str) -> list[str]:
    findings = []
    lines = text.splitlines()
    is_source = path.startswith(("sensor/", "collector/"))
    if len(lines) > LINES_MAX and "data" not in Path(path).name:
        findings.append(f"{path}:1: {len(lines)} lines, more than {LINES_MAX}: split it by subject")
    if path.endswith((".hpp", ".cpp")) and not text.startswith("// SPDX-License-Identifier: Apache-2.0"):
        findings.append(f"{path}:1: the first line is the SPDX line")
    if path.endswith(".hpp") and "#pragma once" not in text:
        findings.append(f"{path}:1: no #pragma once")
    may_catch = any(fnmatch.fnmatch(path, place) for place in CATCH_PLACES)
    for number, line in enumerate(lines, 1):
        code = line.split("//")[0]
        if path != "tests/tidy.py" and UNFINISHED.search(line):
            findings.append(f"{path}:{number}: a word that marks unfinished work")
        if is_source and path not in CLOCK_PLACE and CLOCKS.search(code):
            findings.append(f"{path}:{number}: clocks and chance are handed in (docs/architecture.md 9)")
        if is_source and not may_catch and re.search(r"\b(throw|catch)\b\s*[\(;]", code):
            findings.append(f"{path}:{number}: exceptions stay in the files that wrap a library")
    return findings


def check_functions(path: str, text: str) -> list[str]:
    """Functions longer than a screen. A brace at the left margin (or within a namespace) ends one."""
    findings = []
    begin = 0
    end = ""
    has_switch = False
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"^( {0,4})[A-Za-z].*\)( const)?( noexcept)?( override)? \{$", line)
        if head and not re.match(r"^\s*(if|for|while|switch|else|do|return|namespace)\b", line):
            begin, end, has_switch = number, head[1] + "}", False
        has_switch |= "switch (" in line
        if begin and line == end:
            if number - begin > FUNCTION_LINES_MAX and not has_switch:
                findings.append(f"{path}:{begin}: a function of {number - begin} lines; {FUNCTION_LINES_MAX} fit on a screen")
            begin = 0
    return findings


def check_objects(folder: Path) -> list[str]:
    """Sections that hold mutable data. Constant tables with pointers lie in .data.rel.ro and are fine."""
    findings = []
    for library in sorted(folder.glob("libhd_*.a")):
        output = subprocess.run(["objdump", "-t", str(library)], capture_output=True, text=True, check=False).stdout
        for line in output.splitlines():
            match = re.match(r"^[0-9a-f]+ .{7} (\.(?:data|bss|tdata|tbss)(?:\.(?!rel\.ro)\S+)?)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
            if not match or int(match[2], 16) == 0 or match[1].startswith(".data.rel.ro"):
                continue
            symbol = match[3]
            # A protocol's table refers to rows of the other files of its folder, so that it is filled when the program
            # starts; nothing changes it afterwards.
            if re.fullmatch(r"_ZN2hd8protocol\d+\w+5tableE", symbol) or match[1].startswith(".data.rel.local"):
                continue
            if not ("hd" in symbol and symbol.startswith(("_ZN2hd", "_ZL", "_ZZN2hd", "_ZGVZN2hd"))):
                continue
            findings.append(f"{library.name}: mutable data at file scope: {symbol} in {match[1]}")
    return findings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=Path, help="build folder whose libraries are read for mutable data")
    arguments = parser.parse_args()
    rooms = doors()
    confined = []
    for line in block("confine"):
        left, _, right = line.partition(":")
        confined.append((left.split(), [p for p in right.split()]))
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    findings: list[str] = []
    checked = 0
    for path in files:
        if not path.endswith((".hpp", ".cpp", ".py", ".def")) or not (ROOT / path).is_file():
            continue
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        checked += 1
        findings += check_text(path, text)
        if path.endswith((".hpp", ".cpp")):
            findings += check_includes(path, text, rooms, confined)
            if path.startswith(("sensor/", "collector/")):
                findings += check_functions(path, text)
    folder = arguments.objects or (ROOT / "build" / "release")
    if folder.is_dir():
        findings += check_objects(folder)
    for finding in findings:
        print(finding)
    print(f"tidy: {checked - len({f.split(':')[0] for f in findings})} passed, {len({f.split(':')[0] for f in findings})} failed")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
