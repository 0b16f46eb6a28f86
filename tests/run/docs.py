#!/usr/bin/env python3
"""Writes docs/reference, docs/man and image/completion from what the programs say of themselves.

    docs.py            writes
    docs.py --check    says which committed texts differ, and fails when one does
"""
from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from docs_man import completions, manual_of_file, manual_of_program  # noqa: E402
from docs_programs import Program, error_pages, protocol_pages  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MADE = "<!-- Made by ./run docs from the programs' own tables; not edited by hand. -->\n"
KINDS = {
    "keyword": "Keywords",
    "content modifier": "Content modifiers",
    "sticky buffer": "Sticky buffers",
    "buffer": "Buffers",
    "transform": "Transforms",
    "field": "Fields",
}


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()


def code(text: str) -> str:
    """Inline code, also of texts with a backtick."""
    return "" if not text else (f"`` {text} ``" if "`" in text else f"`{text}`")


def keywords(sensor: Program) -> str:
    words = sensor.json("keywords")["keywords"]
    out = [MADE, "# Keywords of the rule language\n",
           f"{len(words)} words are supported. `haidang-sensor keywords NAME` prints the same page; a rule that uses another is refused by name.\n"]
    for kind in sorted({word["kind"] for word in words}):
        chosen = [word for word in words if word["kind"] == kind]
        out.append(f"## {KINDS.get(kind, kind.capitalize())} ({len(chosen)})\n")
        for word in chosen:
            out.append(f"### {word['name']}\n\n{word['summary'][:1].upper() + word['summary'][1:]}.\n")
            rows = [("form", code(word["syntax"])), ("example", code(word["example"])),
                    ("also", ", ".join(code(alias) for alias in word["aliases"])), ("source", word["source"])]
            rows = [f"- {name}: {value}" for name, value in rows if value and value != code(word["name"])]
            if rows:
                out.append("\n".join(rows) + "\n")
    return "\n".join(out)


def protocols(sensor: Program) -> str:
    out = [MADE, "# Protocols\n", "What is parsed, and what rules can ask of it. The protocol is recognised by content; ports are a hint.\n"]
    pages = protocol_pages(sensor)
    for protocol in sensor.json("protocols")["protocols"]:
        transports = [name for name in ("tcp", "udp") if protocol[name]]
        out.append(f"## {protocol['name']}\n\nOver {' and '.join(transports).upper()}.\n")
        for section, rows in pages[protocol["name"]].items():
            prefix = "app-layer-event:" + protocol["name"] + "." if section == "events" else ""
            out.append(f"### {protocol['name']}: {section}\n\n| name | what it is |\n|---|---|")
            out.extend(f"| {code(prefix + name)} | {cell(text)} |" for name, text in rows)
            out.append("")
    return "\n".join(out)


def settings(sensor: Program, collector: Program) -> str:
    out = [MADE, "# Settings\n", "## haidang.yaml: the sensor\n",
           "Everything is optional; an unknown key is an error with its line. *Live* keys are taken over by `haidang-sensor reload`.\n",
           "| key | kind | default | live | meaning |\n|---|---|---|---|---|"]
    for row in sensor.json("config", "keys")["keys"]:
        kind = " ".join(code(choice) for choice in row["choices"]) or row["unit"]
        out.append(f"| {code(row['key'])} | {cell(kind)} | {cell(code(row['default']))} | {'yes' if row['live'] else ''} | {cell(row['summary'])} |")
    out.append("\n## haidang-collector.yaml: the collector\n\nAll keys with their defaults, as `haidang-collector config show` prints them.\n")
    out.append("```yaml\n" + collector.say("config", "show").rstrip() + "\n```\n")
    return "\n".join(out)


def errors(sensor: Program) -> str:
    out = [MADE, "# Error codes\n", "Each message ends in its code. `haidang-sensor explain CODE` prints the same page. Numbers are never used again.\n"]
    for name, summary, page in error_pages(sensor):
        out.append(f"## {name}\n\n**{summary[:1].upper() + summary[1:]}.** {page}\n")
    return "\n".join(out)


def commands(programs: list[Program]) -> str:
    out = [MADE, "# Commands\n", "The two programs, verb by verb, as `--help` says it.\n"]
    for program in programs:
        for verb in program.tree().all():
            out.append(f"{'##' if len(verb.words) == 1 else '###'} {verb.title}\n\n```text\n{verb.help}```\n")
    return "\n".join(out)


def texts(folder: Path) -> dict[str, str]:
    sensor, collector = Program(folder / "haidang-sensor"), Program(folder / "haidang-collector")
    result = {
        "docs/reference/keywords.md": keywords(sensor),
        "docs/reference/protocols.md": protocols(sensor),
        "docs/reference/settings.md": settings(sensor, collector),
        "docs/reference/errors.md": errors(sensor),
        "docs/reference/commands.md": commands([sensor, collector]),
        "docs/man/haidang.yaml.5": manual_of_file(sensor),
    }
    for program in (sensor, collector):
        result[f"docs/man/{program.name}.1"] = manual_of_program(program)
        result.update(completions(program))
    return result


def main(arguments: list[str]) -> int:
    is_check = "--check" in arguments
    names = [argument for argument in arguments if not argument.startswith("--")]
    folder = Path(names[0]) if names else ROOT / "build" / "release" / "bin"
    wrong = 0
    made = texts(folder)
    for name, text in made.items():
        text = text.rstrip("\n") + "\n"
        path = ROOT / name
        if is_check:
            if not path.exists() or path.read_text() != text:
                print(f"{name}: differs from what the programs say; ./run docs writes it anew")
                wrong += 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    print(f"{len(made) - wrong} passed, {wrong} failed" if is_check else f"written: {len(made)} files in docs/reference, docs/man, image/completion")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
