"""A flow made ready once for each revision: a turn parses nothing and looks nothing up by name twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.engine.conditions import Condition, compile_condition
from bot.engine.flow import END, Alarm, Flow, Node
from bot.engine.prompt import cue, labels_of, question_of
from bot.engine.reader import Question
from bot.engine.texts import Labels, Text, compile_text

if TYPE_CHECKING:
    from bot.engine.session import Session

AT_END = -1


@dataclass(frozen=True, slots=True)
class Step:
    """A node made ready. Targets are indexes into the flow's steps, AT_END for the end."""

    id: str
    sets: tuple[tuple[str, Any], ...]
    say: Text | None
    escalate: tuple[str, Text] | None
    use: str | None
    question: Question | None
    ask: Text | None
    cue: str
    hint: Text | None
    routes: tuple[tuple[Condition | None, int], ...]
    next: int
    otherwise: int | None
    remind_after: timedelta | None
    expire_after: timedelta


@dataclass(frozen=True, slots=True)
class RedLine:
    """An alarm made ready."""

    condition: Condition
    level: str
    reason: Text
    go: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """`flows` has this flow and every sub-flow it can reach, `questions` their asking steps, by name."""

    id: str
    title: str
    source: Flow
    steps: tuple[Step, ...]
    index: Mapping[str, int]
    alarms: tuple[RedLine, ...]
    otherwise: int | None
    flows: Mapping[str, Compiled]
    questions: Mapping[str, Step]

    def waiting(self, session: Session) -> Question | None:
        """The question that a session of this flow waits for."""
        flow = self.flows.get(session.flow)
        if flow is None or session.wait is None:
            return None
        index = flow.index.get(session.wait.node)
        return None if index is None else flow.steps[index].question

    def question(self, name: str) -> Question | None:
        """The question whose answer is called `name`, in this flow or a sub-flow."""
        step = self.questions.get(name)
        return step.question if step else None


def compile(flow: Flow, library: Mapping[str, Compiled]) -> Compiled:
    """Compile a flow that `check` found free of errors; its sub-flows come from `library`. Raises ValueError on a broken one."""
    index = {node.id: number for number, node in enumerate(flow.nodes)}
    subs: dict[str, Compiled] = {}
    for node in flow.nodes:
        if node.use is not None:
            if node.use not in library:
                raise ValueError(f"{flow.id}：没有“{node.use}”这份话术")
            subs.update(library[node.use].flows)
    questions: dict[str, Step] = {}
    for sub in subs.values():
        questions.update(sub.questions)
    labels = {name: labels_of(answer) for name, answer in answers_of(flow, subs).items() if labels_of(answer)}
    try:
        steps = tuple(_step(node, number, flow, index, labels) for number, node in enumerate(flow.nodes))
        alarms = tuple(_red_line(alarm, index, labels) for alarm in flow.alarms)
        otherwise = None if flow.otherwise is None else _target(flow.otherwise, index)
    except KeyError as error:
        raise ValueError(f"{flow.id}：没有“{error.args[0]}”这个节点") from None
    questions.update({step.id: step for step in steps if step.question})
    flows: dict[str, Compiled] = dict(subs)
    compiled = Compiled(flow.id, flow.title, flow, steps, index, alarms, otherwise, flows, questions)
    flows[flow.id] = compiled
    return compiled


def compile_all(flows: Iterable[Flow]) -> dict[str, Compiled]:
    """Compile flows that use each other, in whatever order they come. Raises ValueError on a broken or circular one."""
    waiting = {flow.id: flow for flow in flows}
    done: dict[str, Compiled] = {}
    while waiting:
        ready = [flow for flow in waiting.values() if all(node.use is None or node.use not in waiting for node in flow.nodes)]
        if not ready:
            raise ValueError(f"话术互相引用，没有尽头：{'、'.join(sorted(waiting))}")
        for flow in ready:
            done[flow.id] = compile(flow, done)
            del waiting[flow.id]
    return done


def answers_of(flow: Flow, subs: Mapping[str, Compiled]) -> dict[str, Any]:
    """The answer definitions by name, of a flow and its sub-flows."""
    found = {node.id: node.answer for sub in subs.values() for node in sub.source.nodes if node.answer}
    found.update({node.id: node.answer for node in flow.nodes if node.answer})
    return found


def _step(node: Node, number: int, flow: Flow, index: Mapping[str, int], labels: Labels) -> Step:
    after = number + 1 if number + 1 < len(flow.nodes) else AT_END
    question = question_of(node.answer) if node.ask and node.answer else None
    remind, expire = node.remind_after or flow.remind_after, node.expire_after or flow.expire_after
    return Step(
        id=node.id,
        sets=tuple(node.set.items()),
        say=_text(node.say, labels),
        escalate=(node.escalate.level, compile_text(node.escalate.reason, labels)) if node.escalate else None,
        use=node.use,
        question=question,
        ask=_text(node.ask, labels),
        cue=cue(question, node.ask) if question and node.ask else "",
        hint=_text(node.hint, labels),
        routes=tuple((compile_condition(route.if_) if route.if_ else None, _target(route.go, index)) for route in node.route),
        next=_target(node.go, index) if node.go else after,
        otherwise=_target(node.otherwise, index) if node.otherwise else None,
        remind_after=remind if remind and remind < expire else None,  # a short question under a flow's long reminder
        expire_after=expire,
    )


def _red_line(alarm: Alarm, index: Mapping[str, int], labels: Labels) -> RedLine:
    go = _target(alarm.go, index) if alarm.go else None
    return RedLine(compile_condition(alarm.if_), alarm.level, compile_text(alarm.reason, labels), go)


def _text(source: str | None, labels: Labels) -> Text | None:
    return None if source is None else compile_text(source, labels)


def _target(node: str, index: Mapping[str, int]) -> int:
    return AT_END if node == END else index[node]
