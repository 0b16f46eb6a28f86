"""What the programs say of themselves, as values: verbs with their options and examples, keywords, protocols, settings, errors."""
from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Option:
    names: list[str]
    value: str
    text: str


@dataclass
class Verb:
    words: list[str]  # program and verbs
    summary: str
    help: str
    usage: str = ""
    positionals: list[Option] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    verbs: list["Verb"] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return " ".join(self.words)

    def all(self) -> list["Verb"]:
        return [self] + [verb for child in self.verbs for verb in child.all()]


class Program:
    """One of the two programs, asked without anything of this machine's own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name

    def say(self, *arguments: str) -> str:
        env = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOME": "/nonexistent", "NO_COLOR": "1"}
        result = subprocess.run([str(self.path), *arguments], text=True, capture_output=True, env=env, check=False, cwd="/")
        if result.returncode != 0:
            raise SystemExit(f"{self.name} {' '.join(arguments)} ended with {result.returncode}: {result.stderr.strip()}")
        return result.stdout

    def json(self, *arguments: str) -> dict:
        return json.loads(self.say(*arguments, "--json"))

    def version(self) -> str:
        return self.say("--version").split()[-1]

    def tree(self) -> Verb:
        return self._verb([self.name])

    def _verb(self, words: list[str]) -> Verb:
        text = self.say(*words[1:], "--help")
        verb = Verb(words=words, summary=text.split("\n", 1)[0].strip(), help=text.rstrip() + "\n")
        section = ""
        for line in text.split("\n"):
            if line.startswith("Usage:"):
                verb.usage = line.removeprefix("Usage:").strip()
            elif re.match(r"[A-Z][A-Za-z ]*:$", line):
                section = line[:-1]
            elif section == "Examples" and line.strip():
                verb.examples.append(line.strip())
            elif section == "Subcommands" and (match := re.match(r"  ([a-z][\w-]*)(?:\s|$)", line)):
                verb.verbs.append(self._verb([*words, match[1]]))
            elif section in ("Options", "Positionals"):
                self._option(verb.options if section == "Options" else verb.positionals, line)
        return verb

    @staticmethod
    def _option(into: list[Option], line: str) -> None:
        if match := re.match(r"  (\S.*?)(?:\s{2,}(\S.*))?$", line):
            names, _, value = match[1].partition(" ")
            value = re.sub(r"\(Env:\S+\)|REQUIRED|\.\.\.|Needs:.*|Excludes:.*", "", value).strip()
            into.append(Option(names.split(","), value, match[2] or ""))
        elif into and line.startswith("      "):
            into[-1].text = (into[-1].text + " " + line.strip()).strip()


def protocol_pages(sensor: Program) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """By protocol: sections ("buffers", "fields", "events") of names with what they are."""
    pages: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for protocol in sensor.json("protocols")["protocols"]:
        sections: dict[str, list[tuple[str, str]]] = {}
        for line in sensor.say("protocols", protocol["name"]).split("\n")[1:]:
            if match := re.match(r"  (\w+)$", line):
                sections[match[1]] = []
            elif match := re.match(r"    (\S+)\s*(.*)$", line):
                list(sections.values())[-1].append((match[1], match[2]))
        pages[protocol["name"]] = sections
    return pages


def error_pages(sensor: Program) -> list[tuple[str, str, str]]:
    """Code, summary, page."""
    pages = []
    for line in sensor.say("explain").strip().split("\n"):
        code, _, summary = line.partition("  ")
        pages.append((code, summary, sensor.say("explain", code).split("\n", 1)[1].strip()))
    return pages
