"""Broken flow files and the Issues expected of them: lines `#! line code words` at the top of tests/broken_flows/*.yaml.

`python -m tests.broken --approve` rewrites those lines; read the diff."""

import sys
from pathlib import Path

from bot.engine.check import check
from bot.engine.parse import parse

ROOT = Path(__file__).resolve().parent
FOLDER = ROOT / "broken_flows"
SIGN = "#! "


def expected(path):
    return [line.removeprefix(SIGN) for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(SIGN)]


def found(text):
    """The Issues as lines; line numbers count in the text as given, the expected lines included."""
    library = {path.stem: parse(path.read_text(encoding="utf-8"))[0] for path in (ROOT / "flows").glob("*.yaml")}
    flow, issues = parse(text)
    issues = [*issues, *(check(flow, library) if flow else [])]
    return [f"{issue.line} {issue.code}{' 提醒' if issue.level == 'warning' else ''} {issue}" for issue in issues]


def approve(path):
    body = [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if not line.startswith(SIGN)]
    count = 0
    for _ in range(3):  # the lines at the top move the lines below
        top = [f"{SIGN}{line}\n" for line in found("".join([f"{SIGN}\n"] * count + body))]
        count = len(top)
    path.write_text("".join(top + body), encoding="utf-8")


if __name__ == "__main__" and "--approve" in sys.argv:
    for each in sorted(FOLDER.glob("*.yaml")):
        approve(each)
