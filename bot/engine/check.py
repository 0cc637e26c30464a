"""Flow to Issues: what its author got wrong, each at its line, before anybody is asked anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.engine import paths
from bot.engine.compiled import Compiled
from bot.engine.conditions import ConditionError, Name, compile_condition
from bot.engine.flow import END, TEXT_MAX, ChoiceAnswer, Flow, Node, NumberAnswer, Place, PlainAnswer, ScaleAnswer
from bot.engine.issue import Issue, Level, did_you_mean
from bot.engine.prompt import cue, question_of
from bot.engine.terms import problems, unknown
from bot.engine.texts import TextError, compile_text

OPTIONS_MAX = 20
NEEDS_HINT = ("number", "scale", "date")


def check(flow: Flow, library: Mapping[str, Flow | Compiled]) -> list[Issue]:
    """All Issues of a flow in the order of its lines. `library` has the flows it may use, itself included or not."""
    sources = {name: known.source if isinstance(known, Compiled) else known for name, known in library.items()}
    sources[flow.id] = flow
    found = _Check(flow, sources)
    found.whole()
    for number, node in enumerate(flow.nodes):
        found.node(number, node)
    return sorted(dict.fromkeys(found.issues), key=lambda issue: (issue.line, issue.column))


def answers_of(flow: Flow, library: Mapping[str, Flow], seen: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What a condition may name: answer definitions (or values of `set`) of a flow and of the flows it uses."""
    names: dict[str, Any] = {}
    for node in flow.nodes:
        if node.use is not None and node.use in library and node.use not in seen:
            names.update(answers_of(library[node.use], library, seen | {flow.id, node.use}))
    for node in flow.nodes:
        names.update(node.set)
    names.update({node.id: node.answer for node in flow.nodes if node.answer})
    return names


class _Check:
    def __init__(self, flow: Flow, library: Mapping[str, Flow]) -> None:
        self.flow = flow
        self.library = library
        self.ids = [node.id for node in flow.nodes]
        self.answers = answers_of(flow, library)
        self.issues: list[Issue] = []

    def add(self, path: Place, code: str, message: str, suggestion: str = "", level: Level = "error", down: int = 0) -> None:
        line, column = self.flow.place(*path)
        self.issues.append(Issue(line + down, column, code, message, level, suggestion))

    # The flow as a whole

    def whole(self) -> None:
        flow = self.flow
        used = any(node.use == flow.id for other in self.library.values() for node in other.nodes)
        if flow.otherwise is None and not used and any(node.ask and node.otherwise is None for node in flow.nodes):
            self.add((), "no_otherwise", "缺少 otherwise：听不懂、不回复时不知道去哪")
        self.target(("otherwise",), flow.otherwise)
        self.remind(("remind_after",), flow)
        conditions: set[str] = set()
        for number, alarm in enumerate(flow.alarms):
            place = ("alarms", number)
            if alarm.if_ in conditions:
                self.add((*place, "if"), "duplicate_alarm", f"红线“{alarm.if_}”写了两次")
            conditions.add(alarm.if_)
            self.condition((*place, "if"), alarm.if_)
            self.text((*place, "reason"), alarm.reason)
            self.target((*place, "go"), alarm.go)
        for number in paths.unreachable(flow):
            self.add(("nodes", number, "id"), "unreachable", f"没有哪条路通到“{self.ids[number]}”")
        for ring in paths.endless(flow, self.pauses):
            names = "、".join(self.ids[number] for number in ring)
            self.add(("nodes", ring[0], "id"), "endless_loop", f"在“{names}”之间打转，中间没有提问")

    def pauses(self, node: Node) -> bool:
        """Whether the talk stops at a node to ask, there or in its sub-flow."""
        return node.ask is not None or (node.use is not None and self._asks(node.use, frozenset()))

    def _asks(self, name: str, seen: frozenset[str]) -> bool:
        if name in seen or name not in self.library:
            return False
        return any(node.ask or (node.use and self._asks(node.use, seen | {name})) for node in self.library[name].nodes)

    def remind(self, path: Place, part: Flow | Node) -> None:
        if part.remind_after and part.remind_after >= (part.expire_after or self.flow.expire_after):
            self.add(path, "remind_late", "提醒的时间要早于结束的时间")

    # A node

    def node(self, number: int, node: Node) -> None:
        place: Place = ("nodes", number)
        if node.id in self.ids[:number]:
            self.add((*place, "id"), "duplicate_node", f"节点“{node.id}”写了两次")
        if not any((node.set, node.say, node.escalate, node.use, node.ask, node.route, node.go)):
            self.add(place, "empty_node", f"节点“{node.id}”什么也没做")
        self.text((*place, "say"), node.say)
        if node.escalate:
            self.text((*place, "escalate", "reason"), node.escalate.reason)
        if node.use is not None:
            self.sub_flow((*place, "use"), node.use)
        self.question(place, node)
        self.ways(place, node)
        self.target((*place, "otherwise"), node.otherwise)
        self.remind((*place, "remind_after"), node)

    def sub_flow(self, path: Place, name: str) -> None:
        if name not in self.library:
            self.add(path, "unknown_flow", f"没有“{name}”这份话术", did_you_mean(name, self.library))
        elif self._uses(name, self.flow.id, frozenset()):
            self.add(path, "recursive_use", f"“{name}”又用到了“{self.flow.id}”，会没有尽头")
        else:
            both = set(answers_of(self.library[name], self.library)) & {node.id for node in self.flow.nodes if node.answer}
            for twice in sorted(both):
                self.add(path, "duplicate_name", f"“{name}”里也有叫“{twice}”的题，回答会互相覆盖")

    def _uses(self, name: str, wanted: str, seen: frozenset[str]) -> bool:
        if name == wanted:
            return True
        if name in seen or name not in self.library:
            return False
        return any(node.use and self._uses(node.use, wanted, seen | {name}) for node in self.library[name].nodes)

    def ways(self, place: Place, node: Node) -> None:
        for number, route in enumerate(node.route):
            way = (*place, "route", number)
            if route.if_ is not None:
                self.condition((*way, "if"), route.if_)
            elif number < len(node.route) - 1:
                self.add(way, "route_after_default", "没有 if 的去向要放在最后，后面的不会用到")
            elif node.go:
                self.add((*place, "go"), "route_and_go", "route 里已有不带 if 的去向，go 不会用到")
            self.target((*way, "go"), route.go)
        self.target((*place, "go"), node.go)

    def target(self, path: Place, name: str | None) -> None:
        if name is not None and name != END and name not in self.ids:
            self.add(path, "unknown_node", f"没有“{name}”这个节点", did_you_mean(name, [*self.ids, END]))

    # Questions

    def question(self, place: Place, node: Node) -> None:
        answer = node.answer
        if node.ask is None:
            for key in ("answer", "hint", "remind_after", "expire_after"):
                if getattr(node, key) is not None:
                    self.add((*place, key), "idle_key", f"没有 ask，{key} 不会用到")
            return
        if answer is None:
            self.add((*place, "ask"), "no_answer", "有 ask 就要写 answer，说明怎样回答")
            self.text((*place, "ask"), node.ask)
            return
        tail = cue(question_of(answer), node.ask)
        self.text((*place, "ask"), node.ask, more=len(tail))
        self.text((*place, "hint"), node.hint, more=len(tail) if isinstance(answer, ChoiceAnswer) else 0)
        if answer.type in NEEDS_HINT and node.hint is None:
            self.add(place, "no_hint", f"“{node.id}”缺少 hint：没看明白时怎样再问一次", level="warning")
        self.answer((*place, "answer"), answer)

    def answer(self, path: Place, answer: ChoiceAnswer | NumberAnswer | ScaleAnswer | PlainAnswer) -> None:
        if isinstance(answer, ChoiceAnswer):
            return self.options((*path, "options"), answer)
        if isinstance(answer, NumberAnswer | ScaleAnswer):
            low, high = answer.min, answer.max
            if low is None or high is None:
                self.add(path, "no_range", "最好写上 min 和 max，认出不可能的数字", level="warning")
            elif low >= high:
                self.add((*path, "min"), "range_inverted", f"min {low:g} 要小于 max {high:g}")

    def options(self, path: Place, answer: ChoiceAnswer) -> None:
        if not 2 <= len(answer.options) <= OPTIONS_MAX:
            self.add(path, "options_count", f"选项要有 2 到 {OPTIONS_MAX} 个")
        owner: dict[str, str] = {}
        for value, labels in answer.options.items():
            for label in labels:
                if owner.setdefault(label, value) != value:
                    self.add((*path, value), "duplicate_label", f"“{label}”同时是 {owner[label]} 和 {value}，分不清")

    # Words

    def condition(self, path: Place, text: str) -> None:
        try:
            condition = compile_condition(text)
        except ConditionError as error:
            self.add(path, "bad_condition", str(error))
            return
        for code, message, hint, level in problems(condition, self.answers):
            self.add(path, code, message, hint, level)

    def text(self, path: Place, source: str | None, more: int = 0) -> None:
        if source is None:
            return
        if len(source.strip()) + more > TEXT_MAX:
            self.add(
                path,
                "too_long",
                f"{'连同选项' if more else ''}有{len(source.strip()) + more}个字，超过{TEXT_MAX}个字，微信里会太长",
            )
        try:
            text = compile_text(source)
        except TextError as error:
            self.add(path, error.code, error.message, down=error.line if "\n" in source else 0)
            return
        names = [*(Name(name) for name in text.answers), *(Name(fact, of_patient=True) for fact in text.facts)]
        for name in names:
            for code, message, hint, level in unknown(name, self.answers):
                self.add(path, code, message, hint, level)
