"""`suifang demo --play`: the patients answer by themselves, and time goes on when nobody has anything to say."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.demo import Demo
    from bot.simulator.platform import Platform, Push
    from bot.simulator.users import User

    Submit = Callable[[Push], Awaitable[object]]

PACE = 1.0  # seconds between two messages, so that one can watch

# What a patient says to words in the question; the first that is found. Anything else is answered with its first option.
PLAIN: Mapping[str, str] = {
    "体温": "36度7",
    "0到10": "2分",
    "打分": "9",
    "意见": "没有",
    "明天能来吗": "1",
}
# A few patients have something to tell; each word is told once, then the plain answers serve.
TALES: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("发热", {"体温": "有点发烧，38度9", "感觉": "不太好，没力气"}),
    ("投诉", {"感觉": "1", "意见": "我要投诉，护士扎针扎了三次才扎上，态度还很差，问一句就不耐烦"}),
    ("一口气", {"感觉": "好多了，体温36度5，伤口干的，不疼，药都按时吃"}),
    ("表扬", {"意见": "没意见，王护士特别耐心，谢谢你们"}),
    ("家属", {"您同意吗": "2"}),
    ("改口", {"体温": "39度", "今天就到": "打错了，是36度9"}),
    ("问问题", {"感觉": "挺好的，什么时候可以洗澡？"}),
    ("打错", {"为了保护隐私": "打错了，我不认识这个人"}),
    ("危急", {"感觉": "胸口疼得厉害，喘不上气"}),
    ("停", {"感觉": "别再发了"}),
)


@dataclass
class Patient:
    """One phone and what its holder still has to tell."""

    user: User
    tale: dict[str, str]
    read: int = 0
    told: set[str] = field(default_factory=set)

    def answer(self, words: str) -> str | None:
        """What the patient types to these words; None when there is nothing to answer."""
        if "您同意吗" in words:  # before the tales, since the text names what is asked about later
            return self.tale.get("您同意吗", "1")
        if "月份" in words and "为了保护隐私" not in self.tale:
            month = re.search(r"(\d+)月生", self.user.name)
            return month.group(1) if month else "1"
        for key in self.tale:
            if key in words and key not in self.told:
                self.told.add(key)
                return self.tale[key]
        for key, plain in PLAIN.items():
            if key in words:
                return plain
        return "1" if re.search(r"(?m)^1[ 、.]", words) or "请回复" in words else None


async def play(demo: Demo, say: Callable[[str], object], *, pace: float = PACE, days: int = 16) -> None:
    """Play until `days` have passed in the demo. `say` tells the terminal what time it is."""
    from bot.simulator.app import CLOCK, OPTIONS, PLATFORM, PUSHER

    platform, clock, submit = demo.simulator[PLATFORM], demo.simulator[CLOCK], demo.simulator[PUSHER].submit
    next_due = demo.simulator[OPTIONS].next_due
    assert next_due is not None
    told = people(platform)
    end = clock.now() + timedelta(days=days)
    while clock.now() < end:
        if await replies(told, platform, submit, pace):
            continue
        due = await next_due()
        if due is None or due > end:
            break
        clock.advance_to(max(due, clock.now() + timedelta(minutes=1)))
        say(f"  {clock.now().astimezone(demo.house.settings.zone):%m月%d日 %H:%M}")
        await asyncio.sleep(pace)
    say("演完了。手机和工作台还开着，可以继续看。")
    await asyncio.Event().wait()


def people(platform: Platform) -> list[Patient]:
    """Everybody with a phone; the first of them have a tale."""
    tales = [dict(tale) for _, tale in TALES]
    return [Patient(user, tales[number] if number < len(tales) else {}) for number, user in enumerate(platform.users.values())]


async def replies(people: list[Patient], platform: Platform, submit: Submit, pace: float) -> bool:
    """Let everybody who was written to answer once; whether anybody did."""
    spoke = False
    for person in people:
        new = [bubble for bubble in person.user.chat if bubble.id > person.read and bubble.side == "account"]
        if not new or not person.user.follows:
            continue
        person.read = new[-1].id
        # a notice card is answered by writing anything
        words = new[-1].body.get("text", "")
        answer = "你好" if new[-1].kind == "template" else person.answer(words)
        if answer is None:
            continue
        await asyncio.sleep(pace)
        await submit(platform.say(person.user, answer))
        spoke = True
    return spoke
