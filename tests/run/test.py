#!/usr/bin/env python3
"""Runs the parts of the test suite, prints the time of each, and closes with the totals.

    test.py                 all parts
    test.py unit 'Flow*'    one part, with a filter where the part knows one
    test.py --list
"""
from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "build" / "release"
ASAN = ROOT / "build" / "asan-ubsan"
TSAN = ROOT / "build" / "tsan"


@dataclass
class Totals:
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)


def run(command: list[str], totals: Totals, name: str, env: dict[str, str] | None = None) -> None:
    """Runs a program whose output ends in gtest's totals or in `N passed, N failed`, and counts them."""
    process = subprocess.run(command, cwd=ROOT, text=True, errors="replace", capture_output=True, env={**os.environ, **(env or {})}, check=False)
    text = process.stdout + process.stderr
    passed = failed = 0
    for line in text.splitlines():
        if match := re.match(r"\[  PASSED  \] (\d+) test", line):
            passed += int(match[1])
        elif match := re.match(r"\[  FAILED  \] (\d+) test", line):
            failed += int(match[1])
        elif match := re.match(r"(?:\w+: )?(\d+) passed, (\d+) failed", line):
            passed += int(match[1])
            failed += int(match[2])
        elif re.match(r"\[  SKIPPED \] \w", line) or line.startswith("skipped:"):
            totals.skipped.append(f"{name}: {line.strip()}")
    if process.returncode != 0 and failed == 0:
        failed = 1
    if failed:
        print(text[-12000:])
    totals.passed += passed
    totals.failed += failed
    print(f"  {name}: {passed} passed, {failed} failed", flush=True)


def step(command: list[str], totals: Totals, name: str) -> bool:
    """A command that only succeeds or fails."""
    process = subprocess.run(command, cwd=ROOT, text=True, errors="replace", capture_output=True, check=False)
    is_good = process.returncode == 0
    totals.passed += is_good
    totals.failed += not is_good
    if not is_good:
        print((process.stdout + process.stderr)[-12000:])
    print(f"  {name}: {'1 passed, 0 failed' if is_good else '0 passed, 1 failed'}", flush=True)
    return is_good


def build(preset: str, totals: Totals, *targets: str) -> bool:
    # build_tests.sh-like: configure once, then all targets of the preset.
    command = "source tests/run/lib.sh; build " + " ".join([preset, *targets])
    return step(["bash", "-c", command], totals, f"build {preset}")


def part_tidy(totals: Totals, _: str) -> None:
    run([sys.executable, "tests/tidy.py"], totals, "tidy")
    scripts = [str(p.relative_to(ROOT)) for p in sorted((ROOT / "tests" / "run").glob("*.sh"))] + ["run", ".ci/run"]
    step(["shellcheck", "-x", "-e", "SC1091", *scripts], totals, "shellcheck")


def part_build(totals: Totals, _: str) -> None:
    build("release", totals)


def unit_programs(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "bin").glob("unit_*") if os.access(p, os.X_OK))


def part_unit(totals: Totals, pattern: str) -> None:
    for program in unit_programs(RELEASE):
        run([str(program), "--gtest_brief=1", "--gtest_shuffle", f"--gtest_filter={pattern or '*'}"], totals, program.name)


def part_sim(totals: Totals, _: str) -> None:
    program = RELEASE / "bin" / "sim_delivery"
    if program.exists():
        run([str(program), "--seeds", "2000"], totals, "sim")


def part_scripts(folder: str, suffix: str) -> Callable[[Totals, str], None]:
    def part(totals: Totals, pattern: str) -> None:
        for script in sorted((ROOT / "tests" / folder).glob(f"*{suffix}")):
            if pattern and pattern not in script.name:
                continue
            run(["/usr/bin/python3", str(script)], totals, f"{folder}/{script.name}")
    return part


def part_cases(totals: Totals, pattern: str) -> None:
    program = RELEASE / "bin" / "case_runner"
    if program.exists():
        run([str(program), "--root", str(ROOT), *([pattern] if pattern else [])], totals, "cases")


def part_docs(totals: Totals, _: str) -> None:
    if (RELEASE / "bin" / "haidang-collector").exists():
        run([sys.executable, "tests/run/docs.py", "--check"], totals, "reference, manual pages and completions are those of the programs")


def part_fuzz(totals: Totals, _: str) -> None:
    """Each program over its corpus; a folder that bears no program's name is a protocol's, and fuzz_protocol's."""
    corpora = sorted((ROOT / "tests" / "fuzz" / "corpus").iterdir())
    programs = {program.name.removeprefix("fuzz_"): program for program in sorted((ASAN / "bin").glob("fuzz_*"))}
    for name, program in programs.items():
        own = [str(folder) for folder in corpora if folder.name == name or (name == "protocol" and folder.name not in programs)]
        if own:
            step([str(program), *own], totals, f"{program.name} over {', '.join(Path(folder).name for folder in own)}")


def part_asan(totals: Totals, pattern: str) -> None:
    if not build("asan-ubsan", totals):
        return
    env = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1", "UBSAN_OPTIONS": "print_stacktrace=1",
           "LSAN_OPTIONS": f"suppressions={ROOT / 'tests' / 'run' / 'lsan.supp'}:print_suppressions=0"}
    for program in unit_programs(ASAN):
        run([str(program), "--gtest_brief=1", f"--gtest_filter={pattern or '*'}"], totals, f"asan {program.name}", env)
    run([str(ASAN / "bin" / "case_runner"), "--root", str(ROOT), "--few"], totals, "asan cases, three shapes each", env)
    part_fuzz(totals, "")


def part_tsan(totals: Totals, pattern: str) -> None:
    targets = [f"unit_{name}" for name in ("base", "spool", "output", "collector_ingest") if (ROOT / "tests" / "unit" / name.replace("collector_", "collector/")).exists()]
    env = {"TSAN_OPTIONS": f"suppressions={ROOT / 'tests' / 'run' / 'tsan.supp'}"}
    if targets and build("tsan", totals, *targets):
        for target in targets:
            run([str(TSAN / "bin" / target), "--gtest_brief=1", f"--gtest_filter={pattern or '*'}"], totals, f"tsan {target}", env)


def part_conformance(totals: Totals, _: str) -> None:
    kit = ROOT.parent / "shared" / "conformance" / "run.py"
    if not kit.exists():
        totals.skipped.append("conformance: ../shared/conformance is not here")
        return
    floor = (ROOT / "tests" / "conformance" / "floor").read_text().strip()
    step([sys.executable, str(kit), "--sensor", str(RELEASE / "bin" / "haidang-sensor"), "--min-strict", floor], totals, f"conformance, at least {floor} % strict")


def part_console(totals: Totals, _: str) -> None:
    script = ROOT / "tests" / "console" / "run.sh"
    if script.exists():
        run(["bash", str(script)], totals, "console")


PARTS: dict[str, Callable[[Totals, str], None]] = {
    "tidy": part_tidy,
    "build": part_build,
    "unit": part_unit,
    "cases": part_cases,
    "docs": part_docs,
    "sim": part_sim,
    "console": part_console,
    "system": part_scripts("system", "_test.py"),
    "conformance": part_conformance,
    "asan": part_asan,
    "tsan": part_tsan,
}


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] == "--list":
        print("\n".join(PARTS))
        return 0
    if arguments and arguments[0] not in PARTS:
        print(f"test: there is no part \"{arguments[0]}\"; ./run test --list", file=sys.stderr)
        return 2
    chosen = [arguments[0]] if arguments else list(PARTS)
    pattern = arguments[1] if len(arguments) > 1 else ""
    totals = Totals()
    for name in chosen:
        begin = time.monotonic()
        print(f"== {name}", flush=True)
        PARTS[name](totals, pattern)
        print(f"== {name}: {time.monotonic() - begin:.0f} s", flush=True)
    for line in totals.skipped:
        print(f"skipped: {line}")
    print(f"{totals.passed} passed, {totals.failed} failed")
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
