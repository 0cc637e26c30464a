"""Transcripts of talks: replayed as tests, rewritten by `python -m tests.transcript --approve [FILES]`.

A file is a header of `name: value` lines, an empty line, then the talk:

    > patient          < bot (later lines indented)      = answer      ! alarm or ticket
    @ +4h  time passes                                   . what else happened      # a remark, kept

Header: `flow:` (from the project's folder), `patient: age=70 revisit=` (what differs from the sample patient), `reader:` plain or
broken (left out: the real reading with the tables of flows/), `start:` 2026-11-24 10:00 of UTC.
Only `>`, `@` and `#` lines are input; everything else must come out as it stands.
"""

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import unified_diff
from functools import cache
from pathlib import Path

from bot.engine.check import check
from bot.engine.compiled import compile_all
from bot.engine.facts import SAMPLE
from bot.engine.flow import duration, literal
from bot.engine.issue import has_errors
from bot.engine.parse import parse
from bot.engine.run import resume, start
from bot.engine.session import Session
from bot.engine.transcript import elapse, lines

ROOT = Path(__file__).resolve().parent.parent
TRANSCRIPTS = ROOT / "tests" / "transcripts"
START = "2026-11-24 10:00"


@dataclass
class Script:
    """A transcript file: `header` by name, `head` as it stands, `talk` the lines after it."""

    head: list[str]
    header: dict[str, str]
    talk: list[str] = field(default_factory=list)


def load(path):
    head, _, talk = path.read_text(encoding="utf-8").partition("\n\n")
    pairs = [line.partition(":") for line in head.splitlines() if not line.startswith("#")]
    return Script(head.splitlines(), {name.strip(): value.strip() for name, _, value in pairs}, talk.splitlines())


def replay(script):
    """The talk as it goes today, as lines. Between turns the session is written to JSON and read back."""
    header = script.header
    flow = _flows((ROOT / header["flow"]).parent)[_id(ROOT / header["flow"])]
    now = datetime.strptime(header.get("start", START), "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    read = _reader(header.get("reader", "real"), now.date())
    facts = {**SAMPLE, **_facts(header.get("patient", ""))}
    turn = start(flow, facts, now, read)
    out = [*lines(turn.events)]
    for line in script.talk:
        session = Session.from_json(turn.session.to_json())
        if line.startswith("#"):
            out.append(line)
        elif line.startswith("> "):
            out += ["", line]
            turn = resume(flow, session, line[2:], facts, now, read)
            out += lines(turn.events)
        elif line.startswith("@ +"):
            out += ["", line]
            time = duration(line[3:])
            for turn in elapse(flow, session, now, time, facts, read):
                out += lines(turn.events)
            now += time
    return "\n".join(out).splitlines()


def difference(path):
    """What differs between the file and the talk of today, as a diff; empty when nothing does."""
    script = load(path)
    return "\n".join(unified_diff(script.talk, replay(script), "stands", "today", lineterm=""))


def approve(paths):
    """Rewrite the files with the talks of today; the paths that changed."""
    changed = []
    for path in paths:
        script = load(path)
        text = "\n".join([*script.head, "", *replay(script)]) + "\n"
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _facts(text):
    pairs = [pair.partition("=") for pair in text.split()]
    return {name: literal(value) for name, _, value in pairs}


def _id(path):
    return parse(path.read_text(encoding="utf-8"), name=path.stem)[0].id


@cache
def _flows(folder):
    """Every flow of a folder, compiled. Other YAML files (tables) have no `nodes:`."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))}
    parsed = {path: parse(text, name=path.stem) for path, text in texts.items() if "\nnodes:" in text}
    broken = [f"{path.name}:{issue.line}: {issue}" for path, (_, issues) in parsed.items() for issue in issues]
    library = {flow.id: flow for flow, _ in parsed.values() if flow}
    for path, (flow, _) in parsed.items():
        issues = check(flow, library) if flow else []
        broken += [f"{path.name}:{issue.line}: {issue}" for issue in issues if has_errors([issue])]
    if broken:
        raise AssertionError("\n".join(broken))
    return compile_all(library.values())


def _reader(name, today):
    if name == "real":
        return _real(today)
    if str(ROOT / "tests") not in sys.path:
        sys.path.insert(0, str(ROOT / "tests"))
    import plain_reader

    return {"plain": plain_reader.read, "broken": plain_reader.broken}[name]


@cache
def _real(today):
    from bot.cli.reader import make_reader

    return make_reader(ROOT / "flows", today)


def files():
    return sorted(TRANSCRIPTS.rglob("*.txt"))


if __name__ == "__main__":
    named = [Path(name) for name in sys.argv[1:] if not name.startswith("-")]
    if "--approve" in sys.argv[1:]:
        for path in approve(named or files()):
            sys.stdout.write(f"rewritten: {path}\n")
    else:
        differences = [difference(path) for path in named or files()]
        sys.stdout.write("\n".join(filter(None, differences)) or f"{len(differences)} transcripts stand.\n")
        sys.exit(any(differences))
