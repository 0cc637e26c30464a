"""From text to revision: what is published is frozen, and sessions keep the revision they began with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from bot.engine.check import check
from bot.engine.compiled import Compiled, compile
from bot.engine.flow import Flow
from bot.engine.issue import Issue
from bot.engine.parse import parse
from storage import revisions
from storage.transaction import Tx


def inspect(texts: Mapping[str, str]) -> tuple[list[Flow], dict[str, list[Issue]]]:
    """Parse and check flows that use each other. `texts`: name of the file → its text. Returns the good flows, used ones
    first, and the authors' mistakes by file."""
    issues: dict[str, list[Issue]] = {}
    waiting: dict[str, tuple[str, Flow]] = {}
    for name, text in texts.items():
        flow, issues[name] = parse(text, name=name)
        if flow is not None:
            waiting[flow.id] = (name, flow)
    library: dict[str, Compiled] = {}
    good: list[Flow] = []
    while ready := [(name, flow) for name, flow in waiting.values() if not uses(flow) & waiting.keys()]:
        for name, flow in ready:
            del waiting[flow.id]
            issues[name] += check(flow, library)
            if not any(issue.level == "error" for issue in issues[name]):
                library[flow.id] = compile(flow, library)
                good.append(flow)
    for name, flow in waiting.values():
        issues[name].append(
            Issue(0, 0, "circular", f"和这些话术互相引用，没有尽头：{'、'.join(sorted(uses(flow) & waiting.keys()))}")
        )
    return good, {name: found for name, found in issues.items() if found}


def uses(flow: Flow) -> set[str]:
    """The sub-flows a flow uses."""
    return {node.use for node in flow.nodes if node.use is not None}


def publish(tx: Tx, flow: Flow, text: str, now: datetime, staff_id: int | None = None) -> bool:
    """Publish a checked flow as a new revision, bound to the latest revisions of what it uses. False when nothing changed.
    Raises LookupError when a sub-flow was never published."""
    used: dict[str, int] = {}
    for sub in sorted(uses(flow)):
        found = revisions.latest(tx, sub)
        if found is None:
            raise LookupError(f"flow {sub} is not published")
        used[sub] = found[0]
    checksum = hashlib.sha256("\n".join([text, *(f"{sub}={number}" for sub, number in used.items())]).encode()).hexdigest()
    latest = revisions.latest(tx, flow.id)
    if latest is not None and latest[2] == checksum:
        return False
    tx.session.add(
        revisions.Revision(
            flow=flow.id,
            number=latest[1] + 1 if latest else 1,
            title=flow.title,
            text=text,
            checksum=checksum,
            uses=used,
            published_at=now,
            published_by=staff_id,
        )
    )
    tx.session.flush()
    return True
