"""A turn in work: walking from node to node, asking, alarms, and the ways out. Used by run.py alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.engine.compiled import AT_END, Compiled, RedLine, Step
from bot.engine.events import AlarmRaised, Answered, Event, Failed, Finished, Said, TicketRaised
from bot.engine.prompt import GIVE_UP, OPEN_KINDS, THANKS
from bot.engine.session import Frame, Session, Wait
from bot.engine.values import clean, kept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.engine.reader import Question, Reader

NODES_MAX = 100  # nodes entered in one turn
TURNS_MAX = 200  # turns of one session
HEARD_MAX = 5  # parts of replies kept for later questions
ENTER, ASK, ONWARD = range(3)  # stages of a node: set to use, the question, the way on
UNFINISHED = "随访没有走完，请人工联系"


class Talk:
    """`session` is this turn's own copy and is changed freely. Methods that decide where to go return the index of a step, or
    None when the turn is over. `answered_by_person` is false when time itself ends the talk; `status` is how the session ends,
    should it end in this turn."""

    __slots__ = (
        "answered_by_person",
        "entered",
        "events",
        "failures",
        "flow",
        "node",
        "now",
        "patient",
        "read",
        "root",
        "session",
        "status",
    )

    def __init__(self, root: Compiled, session: Session, patient: Mapping[str, Any], now: datetime, read: Reader) -> None:
        self.root = root
        self.flow = root.flows.get(session.flow, root)
        self.session = session
        self.patient = patient
        self.now = now
        self.read = read
        self.node = ""
        self.events: list[Event] = []
        self.entered = 0
        self.failures = 0
        self.answered_by_person = True
        self.status = "completed"

    # Walking

    def walk(self, index: int | None, *, answered: bool = False) -> None:
        """Go from node to node until a question waits or the talk ends; `answered` when the node at `index` already is."""
        stage = ONWARD if answered else ENTER
        while index is not None:
            try:
                index, stage = self._visit(index, stage)
            except Exception as error:
                index, stage = self.fail(self.node, f"运行出错：{type(error).__name__}"), ENTER

    def _visit(self, index: int, stage: int) -> tuple[int | None, int]:
        """One node from `stage` on; where to go, and at which stage to go on there."""
        if index == AT_END:
            if self.session.stack:
                return self._return(), ASK
            self._finish()
            return None, ENTER
        step = self.flow.steps[index]
        self.node = step.id
        if stage == ENTER:
            self.entered += 1
            if self.entered > NODES_MAX:
                return self.fail(step.id, f"一轮走了超过{NODES_MAX}个节点"), ENTER
            if self._enter(step):
                return 0, ENTER
        if stage != ONWARD and step.question is not None:
            if not self.already_heard(step, step.question):
                self.ask(step)
                return None, ENTER
            diverted = self.alarms(step.id)
            if diverted is not None:
                return diverted, ENTER
        return self._onward(step), ENTER

    def _enter(self, step: Step) -> bool:
        """set, say, escalate; true when a sub-flow begins."""
        for name, value in step.sets:
            self.session.answers[name] = value
        if step.say is not None:
            self.say(step.id, step.say.render(self.session.answers, self.patient))
        if step.escalate is not None:
            level, reason = step.escalate
            self.events.append(TicketRaised(step.id, level, reason.render(self.session.answers, self.patient)))
        if step.use is None:
            return False
        sub = self.root.flows[step.use]
        self.session.stack.append(Frame(self.flow.id, step.id))
        self.into(sub)
        return True

    def _return(self) -> int:
        """Back to the node that used this sub-flow."""
        frame = self.session.stack.pop()
        self.into(self.root.flows[frame.flow])
        return self.flow.index[frame.node]

    def into(self, flow: Compiled) -> None:
        self.flow = flow
        self.session.flow = flow.id

    def _onward(self, step: Step) -> int:
        for condition, target in step.routes:
            if condition is None or condition.truth(self.session.answers, self.patient) is True:
                return target
        return step.next

    # Asking

    def already_heard(self, step: Step, question: Question) -> bool:
        """Whether an earlier reply answers this question for sure; then it is taken."""
        heard = self.session.heard
        if not heard or question.kind in OPEN_KINDS:
            return False
        for place, words in enumerate(heard):
            found = self.read(words, question, unasked=True)
            if found.status == "ok" and found.sure and (value := kept(question, found.value)) is not None:
                heard[place : place + 1] = [rest] if (rest := clean(found.rest)) else []
                self.take(step, value, found.quote, sure=True)
                return True
        return False

    def take(self, step: Step, value: Any, quote: str, *, sure: bool) -> None:
        session = self.session
        session.answers[step.id] = value
        session.last = step.id
        session.wait = None
        self.events.append(Answered(step.id, step.id, value, quote, sure))

    def ask(self, step: Step, before: str = "", tries: int = 0, *, hint: bool = False) -> None:
        """Put the question and wait. With `hint` its hint stands for the question's own words."""
        if self.status == "expired" or self.session.turns > TURNS_MAX:
            return self._finish()
        self.say(step.id, before + self.words(step, hint=hint))
        remind = self.now + step.remind_after if step.remind_after else None
        expire = self.now + step.expire_after
        self.session.wait = Wait(step.id, self.now, remind, expire, tries)
        return None

    def words(self, step: Step, *, hint: bool = False) -> str:
        """The question or its hint, with options and cue. Raises ValueError when nothing would be asked."""
        answers, question = self.session.answers, step.question
        if hint and step.hint is not None and (text := step.hint.render(answers, self.patient)):
            return text + step.cue if question is not None and question.options else text
        text = step.ask.render(answers, self.patient) if step.ask is not None else ""
        if not text:
            raise ValueError("an empty question")
        return text + step.cue

    def say(self, node: str, text: str) -> None:
        if text:
            self.events.append(Said(node, text))

    def remember(self, words: str) -> None:
        """Keep words that no question has used yet. A single character says of no question what it is about."""
        if len(words := clean(words)) > 1:
            self.session.heard = [*self.session.heard, words][-HEARD_MAX:]

    # Alarms

    def alarms(self, node: str) -> int | None:
        """Raise what has come true, in this flow and in those that use it; where the talk is diverted to, if it is."""
        stack = self.session.stack
        target = self._cross(self.flow.alarms, node)
        for depth in range(len(stack) - 1, -1, -1):
            caller = self.root.flows[stack[depth].flow]
            outer = self._cross(caller.alarms, node)
            if target is None and outer is not None:
                target = outer
                self.session.stack = stack[:depth]
                self.into(caller)
        return target

    def _cross(self, alarms: tuple[RedLine, ...], node: str) -> int | None:
        session, answers, patient, target = self.session, self.session.answers, self.patient, None
        for alarm in alarms:
            if alarm.condition.truth(answers, patient) is not True or alarm.condition.text in session.raised:
                continue
            session.raised.append(alarm.condition.text)
            self.events.append(AlarmRaised(node, alarm.level, self._reason(alarm), alarm.condition.text))
            if alarm.go is not None and target is None:
                target, session.wait = alarm.go, None
        return target

    def _reason(self, alarm: RedLine) -> str:
        try:
            return alarm.reason.render(self.session.answers, self.patient)
        except Exception:  # an alarm must rise whatever its words do
            return alarm.reason.source

    # When it goes wrong, and the end

    def fail(self, node: str, reason: str) -> int | None:
        self.events.append(Failed(node, reason))
        self.failures += 1
        if self.failures > 1:
            self._give_up()
            return None
        self.entered = 0
        if self.status == "completed":
            self.status = "failed"
        return self.otherwise(node)

    def otherwise(self, node: str) -> int | None:
        """The way out of a question nobody answered: the node's, the flow's, then those of the flows that use it."""
        self.session.wait = None
        while True:
            index = self.flow.index.get(node)
            own = self.flow.steps[index].otherwise if index is not None else None
            if own is not None:
                return own
            if self.flow.otherwise is not None:
                return self.flow.otherwise
            if not self.session.stack:
                self._give_up()
                return None
            frame = self.session.stack.pop()
            self.into(self.root.flows[frame.flow])
            node = frame.node

    def _give_up(self) -> None:
        """No way out is left: a person must take over (see _finish), and the patient is told."""
        if self.status == "completed":
            self.status = "failed"
        self.session.stack = []
        self.into(self.root)
        self._finish()

    def _finish(self) -> None:
        session = self.session
        kinds = {type(event) for event in self.events}
        if self.status == "failed" and TicketRaised not in kinds:
            self.events.append(TicketRaised("", "L3", UNFINISHED))
        if self.answered_by_person and Said not in kinds:
            self.say("", THANKS if self.status == "completed" else GIVE_UP)
        session.status, session.wait, session.heard = self.status, None, []
        self.events.append(Finished(self.status))
