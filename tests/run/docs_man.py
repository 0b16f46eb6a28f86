"""Manual pages (roff) and shell completions from the programs' verbs and settings."""
from __future__ import annotations

from docs_programs import Option, Program, Verb

PAGES = {
    "haidang-sensor": "haidang.yaml(5), haidang-collector(1)",
    "haidang-collector": "haidang-sensor(1)",
}
FILES = {
    "haidang-sensor": [("/etc/haidang/haidang.yaml", "settings, see haidang.yaml(5)"), ("/var/lib/haidang-sensor", "spool and keys"),
                       ("/var/cache/haidang", "compiled rules; may be deleted")],
    "haidang-collector": [("/etc/haidang/haidang-collector.yaml", "settings"), ("/var/lib/haidang-collector", "store and keys")],
}
EXITS = [("0", "did it, and all is well"), ("1", "did it, and found something"), ("2", "wrong use"), ("3", "configuration"),
         ("4", "surroundings: permission, port, memory, disk"), ("5", "input that cannot be read"), ("6", "the other side does not answer"),
         ("7", "refused by state or role"), ("8", "not supported here"), ("70", "our bug"), ("130", "stopped by Ctrl-C")]


def roff(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def heading(name: str, section: int, version: str) -> list[str]:
    return [f'.\\" Made by ./run docs; not edited by hand.', f'.TH {name.upper()} {section} "" "Hai Dang {version}" "Hai Dang"']


def options(rows: list[Option]) -> list[str]:
    out: list[str] = []
    for row in rows:
        names = ", ".join(f"\\fB{roff(name)}\\fR" for name in row.names)
        out += [".TP", names + (f" \\fI{roff(row.value)}\\fR" if row.value else ""), roff(row.text) or "\\&"]
    return out


def verb_section(verb: Verb) -> list[str]:
    name = " ".join(verb.words[1:])
    out = [".TP", f"\\fB{roff(name)}\\fR", roff(verb.summary)]
    rows = [row for row in verb.positionals + verb.options if "--help" not in row.names]
    if rows:
        out += [".RS"] + options(rows) + [".RE"]
    return out


def manual_of_program(program: Program) -> str:
    tree = program.tree()
    out = heading(program.name, 1, program.version())
    out += [".SH NAME", f"{roff(program.name)} \\- {roff(tree.summary.rstrip('.'))}"]
    out += [".SH SYNOPSIS", f".B {roff(program.name)}", "[\\fIoptions\\fR] \\fIverb\\fR [\\fIargument\\fR ...]"]
    examples = dict.fromkeys(line for verb in tree.all() for line in verb.examples)
    out += [".SH EXAMPLES", ".nf"] + [roff(line) for line in examples] + [".fi"]
    out += [".SH OPTIONS"] + options(tree.options)
    out += [".SH VERBS"]
    for verb in tree.all()[1:]:
        out += verb_section(verb)
    out += [".SH EXIT STATUS"]
    for code, text in EXITS:
        out += [".TP", f".B {code}", roff(text)]
    out += [".SH FILES"]
    for path, text in FILES[program.name]:
        out += [".TP", f".I {roff(path)}", roff(text)]
    return "\n".join(out + [".SH SEE ALSO", PAGES[program.name]])


def manual_of_file(sensor: Program) -> str:
    out = heading("haidang.yaml", 5, sensor.version())
    out += [".SH NAME", "haidang.yaml \\- settings of haidang\\-sensor"]
    out += [".SH DESCRIPTION", roff("YAML. Everything is optional; an unknown key is an error with its line. "
                                    "haidang-sensor config show prints what is in effect, haidang-sensor config check FILE reads a file. "
                                    "Live keys are taken over by haidang-sensor reload.")]
    out += [".SH EXAMPLE", ".nf", "capture:", roff("  - source: af_packet"), "    interface: eth1", ".fi", ".SH KEYS"]
    for row in sensor.json("config", "keys")["keys"]:
        facts = [", ".join(row["choices"]) or row["unit"]]
        facts += [f"default {row['default']}"] if row["default"] else []
        facts += ["live"] if row["live"] else []
        out += [".TP", f"\\fB{roff(row['key'])}\\fR ({roff('; '.join(facts))})", roff(row["summary"]) or "\\&"]
    return "\n".join(out + [".SH SEE ALSO", "haidang\\-sensor(1)"])


def flags(verb: Verb) -> list[str]:
    return sorted({name for row in verb.options for name in row.names if name.startswith("--")})


def bash(program: Program, tree: Verb) -> str:
    function = "_" + program.name.replace("-", "_")
    out = [f"# bash completion of {program.name}. Made by ./run docs; not edited by hand.", f"{function}() {{",
           "  local word=${COMP_WORDS[COMP_CWORD]} path=\"\" words=\"\" index",
           "  for ((index = 1; index < COMP_CWORD; index++)); do",
           "    [[ ${COMP_WORDS[index]} == -* ]] || path+=\" ${COMP_WORDS[index]}\"", "  done", "  case $path in"]
    # The longest path first: what follows a verb's own words is its argument.
    for verb in sorted(tree.all(), key=lambda v: -len(v.words)):
        path = "".join(" " + word for word in verb.words[1:])
        names = [child.words[-1] for child in verb.verbs] + flags(verb) + (flags(tree) if verb is not tree else [])
        pattern = f'"{path}"*' if path else "*"
        out.append(f"    {pattern}) words=\"{' '.join(dict.fromkeys(names))}\" ;;")
    out += ["  esac", "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")",
            "  [[ ${#COMPREPLY[@]} -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- \"$word\")", "}",
            f"complete -o filenames -F {function} {program.name}"]
    return "\n".join(out)


def zsh(program: Program, tree: Verb) -> str:
    def described(verb: Verb) -> str:
        return " ".join("'" + f"{child.words[-1]}:{child.summary}".replace("'", "'\\''") + "'" for child in verb.verbs)
    out = [f"#compdef {program.name}", "# Made by ./run docs; not edited by hand.", "local -a verbs", "case ${words[2]} in"]
    for verb in tree.verbs:
        if verb.verbs:
            out.append(f"  {verb.words[-1]}) (( CURRENT == 3 )) && {{ verbs=({described(verb)}); _describe verb verbs; return; }} ;;")
    out += ["esac", f"if (( CURRENT == 2 )); then verbs=({described(tree)}); _describe verb verbs; else _files; fi"]
    return "\n".join(out)


def fish(program: Program, tree: Verb) -> str:
    def quoted(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    names = " ".join(verb.words[-1] for verb in tree.verbs)
    out = [f"# fish completion of {program.name}. Made by ./run docs; not edited by hand."]
    for verb in tree.verbs:
        out.append(f"complete -c {program.name} -n 'not __fish_seen_subcommand_from {names}' -a {verb.words[-1]} -d {quoted(verb.summary)}")
        for child in verb.verbs:
            out.append(f"complete -c {program.name} -n '__fish_seen_subcommand_from {verb.words[-1]}' -a {child.words[-1]} -d {quoted(child.summary)}")
        for row in verb.options:
            for name in row.names:
                if name.startswith("--") and name != "--help":
                    value = " -r" if row.value else ""
                    out.append(f"complete -c {program.name} -n '__fish_seen_subcommand_from {verb.words[-1]}' -l {name[2:]}{value} -d {quoted(row.text)}")
    return "\n".join(out)


def completions(program: Program) -> dict[str, str]:
    tree = program.tree()
    return {
        f"image/completion/bash/{program.name}": bash(program, tree),
        f"image/completion/zsh/_{program.name}": zsh(program, tree),
        f"image/completion/fish/{program.name}.fish": fish(program, tree),
    }
