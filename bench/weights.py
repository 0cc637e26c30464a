"""`python -m bench.weights`: learn bot/reading/weights.py anew from tests/reading/opinion/*.txt, about ten seconds.

A line is `labels|text` or `labels|text|question` (a name of reading_cases.QUESTIONS): labels are intents, complaint codes,
praise, proposes (the codes are suggestions) and the view good, middling or bad, `-` for none; `-intents`, `-matters`, `-view`
say that a line was not labelled for those. Logistic regression, one label against the rest, by stochastic gradient steps that
shrink with what a weight has already moved (AdaGrad); the seed is fixed, so that the same cases give the same table."""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import exp, sqrt
from pathlib import Path
from typing import Any

from bot.practice import load_tables
from bot.reading.intents import ORDER
from bot.reading.opinion import PRAISE, PROPOSES, STEP, VIEWS
from bot.reading.read import read

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "reading"
OUT = ROOT / "bot" / "reading" / "weights.py"
ROUNDS, PACE, SHRINK, SEED, BASE = 14, 0.075, 3e-4, 1, -3.0
# Weights that are smaller than this after the rounds are dropped, and the rest learn this many rounds more without them.
BARRED = frozenset(" \"'\\")
UNSAID = {"I": ("-matters", "-view"), "S": ("-matters", "-intents"), "M": ("-intents", "-view"), "T": ("-intents",)}
SIDES = {"very_satisfied": "satisfied", "very_dissatisfied": "dissatisfied"}
LEAST, MORE = 0.2, 6


sys.path.insert(0, str(CASES))


@dataclass(frozen=True)
class Heard:
    """One case: the evidence, the labels that hold, and the labels that it says anything about."""

    evidence: tuple[str, ...]
    holds: frozenset[str]
    open: frozenset[str]


class Listener:
    """Stands in the tables in place of the opinion and keeps what the reading shows it."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def weigh(self, evidence: Iterable[str]) -> dict[str, float]:
        self.seen = set(evidence)
        return {}


def lines() -> list[tuple[frozenset[str], str, str]]:
    """The labels, the text and the name of the question of each case."""
    found = []
    for path in sorted((CASES / "opinion").glob("*.txt")):
        for line in path.read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                labels, text, *asked = line.split("|")
                found.append((frozenset(labels.split(",")) - {"-"}, text, asked[0] if asked else ""))
    return found + told()


def told() -> list[tuple[frozenset[str], str, str]]:
    """The cases of the tests that say something of intents, views or records, but for those that are held back."""
    import reading_cases

    found = []
    for path in sorted(CASES.glob("*.txt")):
        ours = [line for line in path.read_text("utf-8").splitlines() if line[1:2] == "|" and line[0] in UNSAID]
        for case in reading_cases.cases("\n".join(ours)) if not path.name.startswith("held_back") else ():
            if "proxy" in case.options:
                continue
            labels = set(UNSAID[case.kind])
            if case.kind == "I":
                labels |= set(filter(None, case.want.split(",")))
            elif case.kind == "S":
                views = {SIDES.get(want, want) for want in case.want.split(",")}
                labels |= {name for name, view in VIEWS.items() if views == {view}} if len(views) == 1 else {"-view"}
            elif case.kind == "M":
                for kind, code in (want.split(":") for want in case.want.split(",") if want):
                    labels |= {PRAISE} if kind == "praise" else {code, PROPOSES} if kind == "suggestion" else {code}
            found.append((frozenset(labels), case.text, case.question))
    return found


def listen(cases: Iterable[tuple[frozenset[str], str, str]], tables: Any) -> list[Heard]:
    """What the reading shows of each case."""
    import reading_cases

    listener = Listener()
    tables = replace(tables, opinion=listener, short={})
    codes = frozenset((*tables.matters.codes, PRAISE, PROPOSES))
    heard = []
    for labels, text, asked in cases:
        tables.short.clear()
        listener.seen = set()
        said = read(text, reading_cases.QUESTIONS.get(asked), tables, today=reading_cases.TODAY)
        if (said.records or said.satisfaction) and labels == frozenset(UNSAID["T"]):
            continue
        bad = bool(labels & codes - {PRAISE, PROPOSES}) and PROPOSES not in labels
        view = labels & VIEWS.keys()
        if not view and "-view" not in labels and bad != (PRAISE in labels):
            view = frozenset(("bad" if bad else "good",))
        open_ = set() if "-intents" in labels else set(ORDER)
        open_ |= set() if "-matters" in labels else codes
        open_ |= set() if "-view" in labels or (bad and PRAISE in labels and not view) else VIEWS.keys()
        heard.append(Heard(tuple(sorted(listener.seen)), (labels | view) & open_, frozenset(open_)))
    return heard


def learn(heard: list[Heard]) -> dict[str, tuple[float, dict[str, float]]]:
    """For each label its base and the weight of each piece of evidence."""
    labels = sorted({label for case in heard for label in case.holds})
    count = len(labels)
    often = Counter(piece for case in heard for piece in case.evidence)
    cases = [
        (
            [piece for piece in case.evidence if often[piece] > 1],
            frozenset(number for number, label in enumerate(labels) if label in case.holds),
            [number for number, label in enumerate(labels) if label in case.open],
        )
        for case in heard
    ]
    weights: dict[str, list[float]] = defaultdict(lambda: [0.0] * count)
    moved: dict[str, list[float]] = defaultdict(lambda: [0.01] * count)
    base, swayed = [BASE] * count, [0.01] * count
    chance = random.Random(SEED)
    for turn in range(ROUNDS + MORE):
        settled = turn >= ROUNDS
        if turn == ROUNDS:
            for row in weights.values():
                row[:] = [weight if abs(weight) >= LEAST else 0.0 for weight in row]
        chance.shuffle(cases)
        for pieces, holds, told in cases:
            rows = [weights[piece] for piece in pieces]
            sums = [base[number] + sum(column) for number, column in enumerate(zip(*rows, strict=True))] if rows else base[:]
            for number in told:
                value = sums[number]
                off = (1 / (1 + exp(-value)) if value > -30 else 0.0) - (number in holds)
                if -0.02 < off < 0.02:
                    continue
                swayed[number] += off * off
                base[number] -= 0.25 * off / sqrt(swayed[number])
                for piece, row in zip(pieces, rows, strict=True):
                    if settled and not row[number]:
                        continue
                    step = off + SHRINK * row[number]
                    moved[piece][number] += step * step
                    row[number] -= PACE * step / sqrt(moved[piece][number])
    return {
        label: (base[number], {piece: row[number] for piece, row in weights.items() if row[number]})
        for number, label in enumerate(labels)
    }


def written(learnt: dict[str, tuple[float, dict[str, float]]]) -> str:
    """The module that holds the weights, one line a label."""
    rows = []
    for label, (base, weights) in learnt.items():
        kept = sorted(((round(weight / STEP), piece) for piece, weight in weights.items()), key=lambda pair: (-pair[0], pair[1]))
        told = " ".join(f"{piece} {steps}" for steps, piece in kept if steps and BARRED.isdisjoint(piece) and piece.isprintable())
        rows.append(f"    {label!r}: {f'{round(base / STEP)} {told}'!r},".replace("'", '"'))
    head = (
        '"""What the second opinion learnt: `python -m bench.weights` writes this. For each label its base and its weights."""\n'
    )
    return f"# ruff: noqa: E501\n{head}\nLEARNT: dict[str, str] = {{\n" + "\n".join(rows) + "\n}\n"


def main() -> None:
    """Learn and write."""
    heard = listen(lines(), load_tables(ROOT / "flows"))
    module = written(learn(heard))
    compile(module, OUT.name, "exec")
    OUT.write_text(module, "utf-8")
    print(f"{len(heard)} cases, {OUT.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
