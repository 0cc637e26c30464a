"""What a person wants to do with the talk itself: stop it, put it off, reach a human, say that it is the wrong number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.reading.lexicon import Lexicon
from bot.reading.signs import pattern, words

ORDER = (
    "stop", "refuse", "later", "wrong_person", "deceased", "transferred", "readmitted", "ask_human", "question",
    "suspect_fraud", "abuse", "thanks", "greeting", "correction",
)  # fmt: skip
_EDGES = " ,，。.!！?？;；、~\n"
_TAIL = re.compile(r"(?:了|吧|的|谢谢|好吗|哈)+$")
_ENDS = re.compile(r"(?:吗|(?<![什怎这那多要])么)(?=$|[,。!;?\n])")
_GREETED = re.compile(r"(?:好|在)吗$")
_LEFT = re.compile(r"走了[,。]?(?:就|又|已经)?(?:回|去|到|在|来)(?!世)")
_GREETS = re.compile(r"(?:护士长?|医生|大夫|主任|老师|教授|院长|美女|姐姐?|妹妹?|姑娘)+,?[你您]们?好(?!了|像|多|意)")
# Somebody else is busy: no reason to come back later.
_OTHER = re.compile(
    r"(?:[她他]们?|男人|老公|老婆|媳妇|妻子|丈夫|爱人|儿子|女儿|闺女|外?孙[子女]|孩子|宝宝|老伴|对象|妈妈?|爸爸?|爷爷|奶奶|医生|护士|大夫|病人)"
    r"(?:人|现在|正|还|都|也|这会儿?|这|白天|晚上)*$"
)
_LONG_AGO = re.compile(
    r"(?:老伴|老公|老婆|爱人|丈夫|妻子|老头子?|父亲|母亲|[我俺]爸|[我俺]妈|爷爷|奶奶|孩子他爸)"
    r"(?:是|也|都|已经)*(?:去年|前年|大前年|早年|多年|很多年|好几年|好些年|[0-9一二两三四五六七八九十几]+(?:多)?年)"
)
_NOT_AGAIN = re.compile(
    r"(?:没有?|不[想用会要愿]?|[要会能]不[要会能]|需不需要|可不可以|是否|怕|担心|万一|如果|想|打算|准备|预约|安排|什么时候|还?[要得能]|再也?不)$"
)
_CLAUSE = re.compile(r"[,。!?;\n]")
# 走了十分钟, 走了去买菜, 没了胃口: walking, or a want of something; 走了三天, 没了以后 tell of a death.
_WALKED = re.compile(
    r"(?:有|大概|差不多|快|将近|不到|约|足足|大|小)?(?:[0-9一二两三四五六七八九十百千万几半好多.]+"
    r"(?!个?(?:多|来|几)?(?:久|天|月|年|周|星期|礼拜|日|号|[0-9一二两三四五六七八九十]))|很远|很多路|不少|老远|去(?!年|世)|回|来|到|路|步|圈|趟|出|进|过|会)"
)
_HALF_DAY = re.compile(r"(?:老?半天|[一几两三]?会儿?|一?上午|一?下午)")
_LACKS = re.compile(
    r"(?!(?:以后|之后|后|的|呀|啊|哦|吧|呢|哎|唉|请|麻烦|谢谢|别|不|我|你|您|已|都|也|上|前|昨|今|好几?[天年]|[0-9一二两三四五六七八九十几半]"
    r"|就|还|在|这|那|是|没|刚|快|所以|因为|孩|家里|大家|怎|为|他|她|走))[一-龥]"
)


class Intents:
    """The intents of the tables, compiled."""

    def __init__(self, data: Mapping[str, Any], question: Mapping[str, Any], surnames: str) -> None:
        entries: list[tuple[str, tuple[str, str]]] = []
        self.whole: dict[str, str] = {}
        self.starts: tuple[tuple[str, str], ...] = ()
        starts: list[tuple[str, str]] = []
        for name, row in data.items():
            if name not in ORDER:
                raise ValueError(f"没有这个意图：{name}")
            entries += [(form, ("not", name)) for form in words(row.get("not"))]
            entries += [(form, ("part", name)) for form in words(row.get("part"))]
            starts += [(form, name) for form in words(row.get("start"))]
            for form in words(row.get("whole")):
                self.whole.setdefault(form, name)
        self.starts = tuple(sorted(starts, key=lambda pair: -len(pair[0])))
        self._starts = tuple(form for form, _ in self.starts)
        entries += [(form, ("not", "question")) for form in words(question.get("plain"))]
        entries += [(form, ("rhetorical", "question")) for form in words(question.get("rhetorical"))]
        entries += [(form, ("part", "question")) for form in words(question.get("words"))]
        self.lexicon: Lexicon[tuple[str, str]] = Lexicon(entries)
        names = "".join(surnames.split())
        self.not_me = re.compile(rf"我不是(?:叫)?[{names}][一-龥]{{1,2}}(?=$|[,。!;])") if names else None
        self.noises = pattern(question.get("softeners"))

    def read(self, text: str, answered: bool = False, seen: set[str] | None = None) -> dict[str, tuple[int, int]]:
        """Intents with the place that shows each. `answered`: the reply carries a value, so 打错了 is about typing. `seen`
        takes what was found, for the second opinion."""
        found: dict[str, tuple[int, int]] = {}
        bare = text.strip(_EDGES)
        name = self.whole.get(bare) or (self.whole.get(_TAIL.sub("", bare)) if len(bare) <= 20 else None)
        if name:
            found[name] = (0, len(text))
        rhetorical = False
        for hit in self.lexicon.scan(text + "$"):
            kind, intent = hit.what
            if seen is not None:
                seen.add(f"T:{kind}:{intent}")
            if kind == "part":
                if intent == "later" and _OTHER.search(text, max(0, hit.start - 8), hit.start):
                    continue
                if intent == "readmitted" and _NOT_AGAIN.search(text, max(0, hit.start - 4), hit.start):
                    continue
                if intent == "deceased" and _alive(text, hit.start, hit.end):
                    continue
                if intent == "wrong_person" and "错" not in text[hit.start : hit.end]:
                    found.pop(intent, None)
                found.setdefault(intent, (hit.start, min(hit.end, len(text))))
            elif kind == "rhetorical":
                rhetorical = True
        if self.not_me is not None and "我不是" in text:
            match = self.not_me.search(text)
            if match:
                found.setdefault("wrong_person", match.span())
        for form, intent in self.starts if bare.startswith(self._starts) else ():
            if bare.startswith(form):
                found.setdefault(intent, (0, len(form)))
                break
        if found.get("greeting") and "都好" in bare:
            del found["greeting"]
        greets = _GREETS.match(bare)
        if greets:
            found.setdefault("greeting", greets.span())
        self._question(text, bare, found, rhetorical)
        self._reconcile(text, found, answered)
        return found

    def _question(self, text: str, bare: str, found: dict[str, tuple[int, int]], rhetorical: bool) -> None:
        if rhetorical:
            found.pop("question", None)
            return
        if "question" in found:
            return
        match = _ENDS.search(text)
        if match and not _GREETED.search(bare):
            found["question"] = match.span()
        elif text.rstrip().endswith("?") and len(bare) >= 4 and not found:
            found["question"] = (len(text) - 1, len(text))

    def _reconcile(self, text: str, found: dict[str, tuple[int, int]], answered: bool) -> None:
        if "correction" in found and "wrong_person" in found:
            plain = "错" not in text[slice(*found["wrong_person"])]
            found.pop("wrong_person" if answered and not plain else "correction")
        elif "wrong_person" in found and answered:
            start, end = found["wrong_person"]
            if (
                "错" in text[start:end]
                and "你" not in text[max(0, start - 2) : start]
                and "您" not in text[max(0, start - 2) : start]
            ):
                found["correction"] = found.pop("wrong_person")
        elif "correction" in found and not answered and text.strip(_EDGES) in ("打错了", "打错"):
            found["wrong_person"] = found.pop("correction")
        for strong in ("stop", "deceased", "wrong_person"):
            if strong in found:
                found.pop("question", None)
                if strong != "stop":
                    found.pop("refuse", None)
        if "deceased" in found and (_LEFT.search(text) or _LONG_AGO.search(text)):
            found.pop("deceased")
        if "deceased" in found:
            found.pop("transferred", None)
        if "suspect_fraud" in found:
            found.pop("question", None)
            if "wrong_person" in found and re.search("谁|哪", text[slice(*found["suspect_fraud"])]):
                found.pop("suspect_fraud")
        if "ask_human" in found and "question" in found:
            start, end = found["ask_human"]
            if found["question"][0] <= end + 4 and len(text) <= end + 6:
                found.pop("question")
        if "refuse" in found and "later" in found:
            found.pop("refuse")


def _alive(text: str, start: int, end: int) -> bool:
    """Whether 走了 or 没了 goes on to say where somebody walked, or what somebody lacks."""
    said = text[start:end]
    if said.endswith(("走了", "走")):
        return (_WALKED.match(text, end) or _HALF_DAY.match(text, end)) is not None
    return said.endswith("没了") and _LACKS.match(text, end) is not None


def ordered(found: Mapping[str, Any]) -> tuple[str, ...]:
    """Names in the order of the contract."""
    return tuple(name for name in ORDER if name in found)
