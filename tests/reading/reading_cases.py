"""Cases of replies as plain text, one a line: `A|question|text|status:value`, `T|text|levels;options`, `I|text|intents`,
`S|text|view`, `M|text|type:code,…`. Levels joined by `,` are all right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.reading.reading import Option, Question

HERE = Path(__file__).parent
TODAY = date(2026, 11, 21)


def options(**labels: str) -> tuple[Option, ...]:
    return tuple(Option(value, tuple(words.split())) for value, words in labels.items())


SATISFIED = options(vs="非常满意", s="满意", n="一般", d="不满意", vd="非常不满意")
QUESTIONS = {
    "temp": Question("number", min=34, max=43, unit="℃", about=("体温", "发烧")),
    "sys": Question("number", min=60, max=260, unit="mmHg", about=("高压", "收缩压")),
    "dia": Question("number", min=30, max=160, unit="mmHg", about=("低压", "舒张压")),
    "days": Question("number", min=0, max=30, unit="天"),
    "pain": Question("scale", min=0, max=10, about=("疼", "痛"), words=((0, ("不疼", "不痛", "不怎么疼了")),)),
    "rating": Question("scale", min=1, max=5),
    "sat5": Question("choice", SATISFIED),
    "wound": Question(
        "choice",
        options(dry="干燥没有异常 干燥 正常", red="发红或肿胀 红 肿", leak="渗血或流脓 渗 脓"),
        about=("伤口", "刀口"),
    ),
    "food": Question("choice", options(good="正常", less="偏少", bad="很差", unknown="不清楚")),
    "who": Question("choice", options(me="我是本人 本人", family="我是家属 家属", other="不是本人/打错了", stop="不想接收")),
    "fever": Question("yesno", about=("发烧", "发热", "烧")),
    "meds": Question("yesno", about=("吃药", "按时")),
    "yes": Question("yesno"),
    "revisit": Question("date", about=("复诊", "复查")),
    "symptoms": Question("multichoice", options(cough="咳嗽", dizzy="头晕", nausea="恶心呕吐", none="没有不适")),
    "opinion": Question("text"),
}


@dataclass(frozen=True)
class Case:
    kind: str
    text: str
    want: str
    question: str = ""
    options: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return f"{self.kind} {self.question} {self.text[:24]}"


def load(name: str) -> list[Case]:
    return list(cases((HERE / name).read_text(encoding="utf-8")))


def cases(text: str) -> Iterator[Case]:
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        kind, *fields = line.split("|")
        if kind == "A":
            question, said, want = fields
            yield Case(kind, said, want, question)
        else:
            said, want = fields[0], fields[1]
            want, *extra = want.split(";")
            asked = next((item[2:] for item in extra if item.startswith("q=")), "")
            yield Case(kind, said, want, asked, frozenset(extra))


def outcome(case: Case, tables: object) -> str:
    """What the reading makes of a case, in the writing of the case."""
    from bot.reading.read import read

    question = QUESTIONS.get(case.question)
    if case.kind in "SM" and question is None:
        question = None
    population = frozenset(item[4:] for item in case.options if item.startswith("pop="))
    reading = read(case.text, question, tables, proxy="proxy" in case.options, today=TODAY, population=population)  # type: ignore[arg-type]
    if case.kind == "A":
        assert reading.answer is not None
        status = {"out_of_range": "out", "off_topic": "off"}.get(reading.answer.status, reading.answer.status)
        if status != "ok" or case.want == "ok":
            return status
        value = reading.answer.value
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, list):
            value = ",".join(value)
        elif isinstance(value, float) and value == int(value):
            value = int(value)
        return f"ok:{value}"
    if case.kind == "T":
        return reading.triage
    if case.kind == "I":
        return ",".join(sorted(reading.intents))
    if case.kind == "S":
        return reading.satisfaction or "-"
    return ",".join(f"{record.type}:{record.code or '-'}" for record in reading.records)


def right(case: Case, got: str) -> bool:
    """Whether an outcome is what the case wants."""
    if case.kind in ("T", "S"):
        return got in case.want.split(",")
    if case.kind == "I":
        return got == ",".join(sorted(filter(None, case.want.split(","))))
    if case.kind == "M":
        wanted = sorted(filter(None, case.want.split(",")))
        return sorted(got.split(",") if got else []) == wanted
    return got in case.want.split("/")
