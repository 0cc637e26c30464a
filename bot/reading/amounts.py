"""Options that are amounts: 1-2次, 3次以上, 不到半小时, 30分钟至1小时. A number in the reply falls into one of them."""

from __future__ import annotations

import re

from bot.reading import numbers, sums

_AT_ONCE = re.compile(r"没(?:怎么|有)?(?:等|排)|不用(?:等|排)|马上就|立马就|去了就")
_MINUTES = {"minute": 1.0, "hour": 60.0, "day": 1440.0, "week": 10080.0, "month": 43200.0}
Bounds = tuple[str, tuple[tuple[float, float], ...]]


def _measured(number: numbers.Number) -> tuple[str, float, float]:
    if number.unit in _MINUTES:
        scale = (1.0 if number.factor == 60.0 else _MINUTES[number.unit]) * number.factor
        return "span", number.low * scale, number.high * scale
    unit = "piece" if number.unit in ("piece", "time") else number.unit
    return unit, number.low * number.factor, number.high * number.factor


def bounds(labels: list[str]) -> Bounds | None:
    """Lowest and highest amount of each option; None unless all but the vague ones are amounts."""
    found: list[tuple[float, float]] = []
    units: set[str] = set()
    counted = 0
    for label in labels:
        said = numbers.find(label)
        if len(said) not in (1, 2) or len(label) > 14:
            found.append((1.0, 0.0))
            continue
        unit, low, high = _measured(said[0])
        if len(said) == 2:
            other, _, high = _measured(said[1])
            unit = other if not unit or unit == other else unit
            low = low if said[0].unit or said[0].unit == said[1].unit else said[0].low * high / (said[1].high or 1)
        elif said[0].vague == "over" or "以上" in label or "及以上" in label:
            high = float("inf")
        elif said[0].vague == "under" or any(word in label for word in ("以内", "以下", "少于", "不到", "小于", "之内")):
            low = 0.0
            high = high if any(word in label for word in ("以内", "之内", "及以下", "或以下")) else high - 1e-9
        units.add(unit)
        counted += 1
        found.append((low, high))
    units.discard("")
    if counted < 2 or len(units) > 1:
        return None
    return (units.pop() if units else "", tuple(found))


def within(text: str, known: Bounds) -> int | None:
    """The one option that every amount of a reply falls into."""
    unit, spans = known
    fitting = set()
    found = sums.joined(text, numbers.find(text))
    hours = sums.span(text) if unit == "span" else None
    if hours is not None:
        found = [numbers.Number(hours[0], hours[1], hours[2], hours[2], "hour", "", 60.0)]
    elif unit == "span" and _AT_ONCE.search(text):
        found = [numbers.Number(0, len(text), 0.0, 0.0, "minute")]
    told = [number for number in found if unit and _measured(number)[0] == unit]
    for number in told or found:
        said, low, high = _measured(number)
        if unit and not said and re.match(r"[一-龥](?<![吧了的多左来到至或])", text[number.end :]):
            continue
        if said and unit and said != unit:
            continue
        if number.vague == "over":
            low, high = low + 1e-6, low + 1e-6
        elif number.vague == "under":
            low = high = high - 1e-6
        both = {index for index, (least, most) in enumerate(spans) if least <= low and high <= most}
        fitting |= both or {-1}
    return fitting.pop() if len(fitting) == 1 and -1 not in fitting else None
