"""Patients with their phones, as the tests play them: each answers what it is asked, at its own pace."""

import asyncio
from dataclasses import dataclass, field
from random import Random

from bot.cli.play import Patient


@dataclass
class Person(Patient):
    """`push` is what is on its way to the bot; `pushes` are all with how they ended."""

    due: float = 0.0
    push: object = None
    repeat: object = None
    pushes: list = field(default_factory=list)

    def answer(self, words):
        """Nobody answers to being told that there is nothing to answer."""
        return None if "没有等您回答" in words else super().answer(words)

    @property
    def waits(self):
        """Whether this person has something to say or waits to hear."""
        return self.push is not None or self.unread() is not None

    def unread(self):
        new = [bubble for bubble in self.user.chat if bubble.id > self.read and bubble.side != "me"]
        return new[-1] if new else None


@dataclass
class Ward:
    """The people with their phones. `pace`: the seconds they take to answer."""

    people: list
    platform: object
    submit: object
    chance: Random
    pace: tuple = (0.05, 0.7)

    def do(self, person, act):
        """Scan or say: `act` makes the push, now and perhaps once more."""
        person.read = max((bubble.id for bubble in person.user.chat), default=0)
        pushed = act()
        person.repeat = act
        person.push = pushed, self.submit(pushed)

    def scan(self, person):
        self.do(person, lambda: self.platform.scan(person.user, person.user.code))

    def say(self, person, text):
        self.do(person, lambda: self.platform.say(person.user, text))

    @property
    def pushes(self):
        """How everybody's messages fared."""
        return [delivery for person in self.people for _, delivery in person.pushes]

    async def live(self):
        """Read what came and answer it, at one's own pace, for ever."""
        while True:
            now = asyncio.get_running_loop().time()
            for person in self.people:
                self._look(person, now)
            await asyncio.sleep(0.02)

    def _look(self, person, now):
        if person.push is not None:
            pushed, future = person.push
            if not future.done():
                return
            person.pushes.append((pushed, future.result()))
            person.push = None
        bubble = person.unread()
        if bubble is None:
            return
        if not person.due:
            person.due = now + self.chance.uniform(*self.pace)
        if now < person.due:
            return
        person.due = 0.0
        if bubble.body.get("fault"):
            self.do(person, person.repeat)
            return
        person.read = bubble.id
        answer = "你好" if bubble.kind == "template" else person.answer(bubble.body.get("text", ""))
        if answer is not None and person.user.follows:
            self.say(person, answer)
