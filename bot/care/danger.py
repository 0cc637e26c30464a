"""A danger sign in what was written or said: raised before anything else, whatever else goes on."""

from __future__ import annotations

from collections.abc import Sequence

from bot.care import talk
from bot.care.visit import Visit
from bot.reading.reading import Finding
from storage import plans


def heed(visit: Visit) -> None:
    """A danger sign is raised whatever else goes on. L0: the fixed text alone, and the questionnaire ends."""
    assert visit.reading is not None
    level = visit.reading.triage
    if level not in ("L0", "L1", "L2"):
        others = [found for found in visit.reading.findings if found.status == "other_person" and found.level in ("L0", "L1")]
        if others:
            visit.raise_("danger", "L2", f"说的可能是别人，请核实：{_quoted(visit, others)}")
            visit.say("danger_other")
        return
    flags = [found for found in visit.reading.findings if found.level == level and found.suppressed is None]
    visit.raise_("danger", level, _quoted(visit, flags) or f"危险征象：“{visit.inbound.text[:60]}”")
    if level == "L0":
        visit.texts.clear()
        visit.say("danger_l0")
        visit.safety = True
        if visit.row is not None:
            talk.interrupt(visit.tx, visit.row, visit.now)
            if visit.row.touchpoint_id is not None:
                plans.ended(visit.tx, visit.row.touchpoint_id, "missed", "患者有危急情况，已转人工", visit.now)


def _quoted(visit: Visit, found: Sequence[Finding]) -> str:
    """Signs with the patient's own words for them, however long the rest of the message is."""
    named = {visit.practice.tables.name(one.flag): one.quote[:40] for one in reversed(found)}
    return "；".join(f"{name}：“{quote}”" for name, quote in reversed(named.items()))
