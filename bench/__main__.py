"""`python3 dev.py bench [names] [--small]`: each measurement in a fresh process, one table, exit code 1 when a bar is missed.

What takes many minutes (the day) is measured only when it is named; `--small` makes it short."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.row import Row

ORDER = ["engine", "start", "due", "webhook"]
LONG = {"day"}  # whose `run` takes `small`
ONE = """import json, sys
from bench import {name}
json.dump([row.to_json() for row in {name}.run({how})], open(sys.argv[1], "w"))"""

# an installed program has its bytecode, or writes it when it first starts
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def names() -> list[str]:
    """The measurements there are: modules with a `run`."""
    found = {path.stem for path in Path(__file__).parent.glob("*.py") if "\ndef run(" in path.read_text("utf-8")}
    return sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def measure(name: str, small: bool) -> list[Row]:
    """Run one measurement in a process of its own."""
    import tempfile

    one = ONE.format(name=name, how="small=True" if small and name in LONG else "")

    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        done = subprocess.run([sys.executable, "-c", one, out.name], env=ENVIRONMENT)
        if done.returncode:
            return [Row(f"{name}: 没有测成", float("nan"), "", bar=0)]
        return [Row(**row) for row in json.loads(Path(out.name).read_text("utf-8"))]


def main(wanted: list[str]) -> int:
    """Measure and print."""
    known, small = names(), "--small" in wanted
    wanted = [name for name in wanted if name != "--small"]
    if strange := [name for name in wanted if name not in known]:
        print(f"没有 {'、'.join(strange)}，有的是 {'、'.join(known)}")
        return 2
    console = Console(width=None if sys.stdout.isatty() else 130)
    table = Table(box=None, pad_edge=False)
    for title in ("测什么", "结果", "门槛", "是门槛的几倍", ""):
        table.add_column(title, justify="right" if title in ("结果", "门槛", "是门槛的几倍") else "left", overflow="fold")
    missed = 0
    for name in wanted or [name for name in known if name not in LONG]:
        print(f"… {name}", file=sys.stderr, flush=True)
        for row in measure(name, small):
            bar = "" if row.bar is None else f"{'≤' if row.most else '≥'} {row.bar:g} {row.unit}"
            verdict = {True: "达到", False: "未达到", None: ""}[row.ok]
            ratio = f"{row.ratio:.1f}" if row.ratio else ""
            table.add_row(row.what, f"{row.figure:.4g} {row.unit}", bar, ratio, " ".join(filter(None, [verdict, row.note])))
            missed += row.ok is False
    console.print(table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
