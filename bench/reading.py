"""The reading of replies: how fast, how large, how soon, and how right on our own cases, which say little of unseen ones."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

from bench.row import Row
from bot.practice import load_tables
from bot.reading.read import read

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "reading"
ROUNDS = 5
START = """
import time
began = time.perf_counter()
from pathlib import Path
from bot.engine.parse import load_yaml
from bot.reading.read import compile_tables, read
names = ("red_flags", "complaints", "words")
tables = compile_tables(*(load_yaml(Path(f"flows/{name}.yaml").read_text("utf-8"))[0] for name in names))
read("36.8", None, tables)
print(time.perf_counter() - began)
"""
FIGURES = {
    "A": ("回答", 0.97),
    "T": ("分诊级别", 0.98),
    "I": ("意图", 0.95),
    "S": ("满意度", 0.92),
    "M": ("记录", 0.85),
}


def run() -> list[Row]:
    """Speed on the project's own cases, and the figures on the lists that were held back at first."""
    sys.path.insert(0, str(CASES))
    import reading_cases

    tables = load_tables(ROOT / "flows")
    cases = reading_cases.load("held_back.txt") + reading_cases.load("dev.txt")
    pairs = [(case.text, reading_cases.QUESTIONS.get(case.question)) for case in cases]
    speed = max(_speed(pairs, tables, reading_cases.TODAY) for _ in range(ROUNDS))
    long = "没有不舒服，就是护士态度差，3.5" * 1250
    began = thread_time()
    read(long[:20000], None, tables)
    slow = (thread_time() - began) * 1000
    rows = [
        Row("读解：一秒多少条（一个核，整条读解）", speed, "条", 2000, most=False),
        Row("读解：两万字的一条", slow, "ms", 100),
        Row("读解：从 import 到第一条", _start(), "s", 1),
        Row("读解：内存", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB", 200),
    ]
    return rows + _figures(reading_cases, tables)


def _speed(pairs: list[tuple[str, Any]], tables: Any, today: Any) -> float:
    tables.short.clear()  # what is remembered would not be read
    began = perf_counter()
    for text, question in pairs:
        read(text, question, tables, today=today)
    return len(pairs) / (perf_counter() - began)


def _start() -> float:
    command = [sys.executable, "-c", START]
    return min(float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout) for _ in range(3))


def _figures(cases: Any, tables: Any) -> list[Row]:
    held = cases.load("held_back.txt") + cases.load("held_back_last.txt")
    rows = []
    for kind, (name, bar) in FIGURES.items():
        known = [(case, cases.outcome(case, tables)) for case in held if case.kind == kind]
        good = sum(cases.right(case, got) for case, got in known)
        rows.append(Row(f"自编题：{name}（{len(known)} 题）", good / len(known), "", bar, most=False))
    alarms = [(case, cases.outcome(case, tables)) for case in held if case.kind == "T"]
    l0 = [got == "L0" for case, got in alarms if case.want == "L0"]
    calm = [got in ("L0", "L1") for case, got in alarms if not set(case.want.split(",")) & {"L0", "L1", "L2"}]
    wrong = [
        got for case in held if case.kind == "A" and (got := cases.outcome(case, tables)).startswith("ok:") and got != case.want
    ]
    answers = sum(case.kind == "A" for case in held)
    rows.append(Row(f"自编题：L0 查全（{len(l0)} 题）", sum(l0) / len(l0), "", 1, most=False))
    rows.append(Row(f"自编题：误报（{len(calm)} 题）", sum(calm) / len(calm), "", 0.02))
    rows.append(Row("自编题：错答当真", len(wrong) / answers, "", 0.01))
    return rows
