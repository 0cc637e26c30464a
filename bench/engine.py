"""The engine alone: one reply of a 5-question flow, the session to JSON and back, with a reader that costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from time import thread_time
from typing import Any

from bench.row import Row
from bot.engine.compiled import compile
from bot.engine.facts import SAMPLE
from bot.engine.parse import parse
from bot.engine.reader import Question
from bot.engine.run import resume, start
from bot.engine.session import Session

BAR = 60.0  # µs
ROUNDS = 7
TALKS = 300
REPLIES = ("36.8", "1", "2", "yes", "很好")
FLOW = """
id: bench
title: 五个问题
remind_after: 4h
expire_after: 24h
otherwise: nurse
alarms:
  - {if: temperature >= 38.5, level: L1, reason: 发热, go: caution}
  - {if: wound == 'leak' or wound == 'red' and pain >= 5, level: L1, reason: 伤口异常, go: caution}
  - {if: pain >= 7, level: L2, reason: 疼痛明显}
nodes:
  - id: hello
    say: "{{ patient.name }}您好，我是{{ patient.hospital }}随访助手。今天是您出院第{{ patient.day }}天。"
  - {id: temperature, ask: 今天体温多少度？例如 36.8, answer: {type: number, min: 34, max: 43}, hint: 请回复数字}
  - id: wound
    ask: 伤口现在怎么样？
    answer: {type: choice, options: {dry: [干燥], red: [红], leak: [渗血]}}
    route:
      - {if: wound == 'leak', go: caution}
      - {go: pain}
  - {id: pain, ask: "体温{{ temperature }}度记下了。现在有多疼？", answer: {type: scale}, hint: 请回复 0 到 10}
  - {id: pills, ask: 药按时吃了吗？, answer: {type: yesno}}
  - {id: opinion, ask: 有什么意见？, answer: {type: feedback}}
  - {id: bye, say: "谢谢{{ patient.name }}，祝早日康复。", go: end}
  - {id: caution, say: 请今天来院。, go: end}
  - {id: nurse, escalate: {level: L3, reason: 未完成}, say: 护士会联系您。}
"""


@dataclass(frozen=True, slots=True)
class _Heard:
    value: Any
    quote: str
    status: str = "ok"
    rest: str = ""
    sure: bool = True
    corrects: bool = False


def _read(said: str, question: Question, *, unasked: bool = False) -> _Heard:
    match question.kind:
        case "number" | "scale":
            return _Heard(float(said), said)
        case "choice":
            return _Heard(question.options[int(said) - 1].value, said)
        case "yesno":
            return _Heard(said == "yes", said)
    return _Heard(said, said)


def run() -> list[Row]:
    """µs of one core for one reply: the median of some rounds."""
    flow, issues = parse(FLOW)
    if flow is None or issues:
        raise ValueError("the flow of this measurement is broken")
    compiled = compile(flow, {})
    now = datetime(2026, 11, 24, 10, tzinfo=UTC)
    times = []
    for _ in range(ROUNDS):
        spent = 0.0
        for _ in range(TALKS):
            state = start(compiled, SAMPLE, now, _read).session.to_json()
            before = thread_time()
            for said in REPLIES:
                turn = resume(compiled, Session.from_json(state), said, SAMPLE, now, _read)
                state = turn.session.to_json()
            spent += thread_time() - before
            if turn.session.status != "completed":
                raise ValueError("the measured talk did not come to its end")
        times.append(spent / TALKS / len(REPLIES) * 1e6)
    return [Row("engine: one reply of a 5-question flow, session through JSON", sorted(times)[ROUNDS // 2], "µs", BAR)]
