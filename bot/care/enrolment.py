"""Who is followed, by which plans, and why others are not."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from typing import Any

from bot.care import ending
from bot.care.practice import Practice
from bot.rules import schedule
from bot.rules.cohort import LISTED, EpisodeFacts, excluded
from bot.rules.hours import at
from bot.rules.protocol import Protocol, TouchpointPlan, choose
from storage import contacts, editions, patients, planning, plans
from storage.hot import to_json
from storage.transaction import Tx


def enrol(tx: Tx, practice: Practice, episode: patients.Episode, patient: patients.Patient, now: datetime) -> tuple[str, ...]:
    """Plan the follow-up of a stay by its department and procedure, or keep why there is none. A stay that has plans keeps them,
    in the edition they were made from: only dates that moved (a new revisit date, say) move their touchpoints. What a list
    excluded, a list takes in again; what patients or staff have ended stays ended. Returns codes of REASONS for what is not
    done."""
    assert episode.id is not None
    facts = _facts(tx, practice, episode, patient)
    reason = excluded(facts, practice.exclusions)
    if reason is not None:
        known = episode.excluded_for
        exclude(tx, episode, reason, now)
        return () if known == reason else (reason,)
    if episode.excluded_for in LISTED:
        resumed = episode.excluded_for
        episode.state, episode.excluded_for = "home", None
        tx.session.add(episode)
        tx.session.flush()
        planning.resume(tx, episode.id, [resumed])
    if episode.state != "home" or episode.excluded_for is not None:
        return ()
    told: list[str] = []
    known_plans = planning.of(tx, episode.id)
    for plan in known_plans:
        protocol = practice.shelf.protocol(tx, plan.edition_id) if plan.edition_id is not None else None
        if protocol is not None and plan.state in ("running", "completed"):
            told += plan_touchpoints(tx, practice, protocol, plan, facts, now)
    told += _new_plans(tx, practice, episode, known_plans, facts, now)
    return tuple(told)


def take_in(tx: Tx, practice: Practice, episode_id: int, now: datetime) -> None:
    """A stay that had no way to be contacted has one now: somebody scanned its code."""
    episode = tx.session.get(patients.Episode, episode_id)
    if episode is not None and episode.excluded_for == "no_contact":
        patient = tx.session.get(patients.Patient, episode.patient_id)
        assert patient is not None
        enrol(tx, practice, episode, patient, now)


def replan(tx: Tx, practice: Practice, episode_id: int, now: datetime) -> None:
    """The dates of a stay have changed: its touchpoints follow."""
    tx.session.flush()
    tx.session.expire_all()
    episode = tx.session.get(patients.Episode, episode_id)
    patient = tx.session.get(patients.Patient, episode.patient_id) if episode is not None else None
    if episode is not None and patient is not None:
        enrol(tx, practice, episode, patient, now)


def exclude(tx: Tx, episode: patients.Episode, reason: str, now: datetime) -> None:
    """Keep why a stay is not followed, and end what runs."""
    assert episode.id is not None
    if reason != "no_contact":  # who has no number may still scan the code
        episode.state = "dead" if reason == "dead" else "excluded"
    episode.excluded_for = reason
    tx.session.add(episode)
    tx.session.flush()
    ending.end(tx, episode.id, reason, now)


def plan_touchpoints(
    tx: Tx, practice: Practice, protocol: Protocol, plan: plans.CarePlan, facts: EpisodeFacts, now: datetime
) -> list[str]:
    """Touchpoints of a plan: new ones are added, those still waiting move with their dates. What is past already is begun now
    or marked missed, as the plan says. A plan that was completed goes on when something is to come again."""
    assert plan.id is not None
    told: list[str] = []
    for planned in protocol.touchpoints:
        day = planned.on(_home(practice, facts.discharged_at), facts.procedure_on, facts.revisit_on)
        if day is None:
            continue
        touchpoint = made(practice, protocol, planned, plan, day, facts.revisit_on)
        if touchpoint.due_at <= facts.discharged_at:
            touchpoint.state, touchpoint.reason, touchpoint.ended_at = "stopped", "before_home", now
        elif is_late(practice, protocol, planned, touchpoint.due_at, now):
            touchpoint.state, touchpoint.reason, touchpoint.ended_at = "missed", "late", now
        new = planning.put(tx, touchpoint, now)
        if new is not None and new.reason:
            told.append(new.reason)
    planning.reopen(tx, plan.id)
    plans.settle(tx, plan.id, now)
    return told


def made(
    practice: Practice, protocol: Protocol, planned: TouchpointPlan, plan: plans.CarePlan, day: date, revisit_on: date | None
) -> plans.Touchpoint:
    """A touchpoint as the plan has it, on this day."""
    assert plan.id is not None
    who = protocol.who if planned.who is None else planned.who
    dated = f"@{revisit_on:%m%d}" if planned.since == "revisit" and revisit_on else ""
    return plans.Touchpoint(
        plan_id=plan.id,
        episode_id=plan.episode_id,
        flow=planned.flow,
        day=planned.key + dated,
        title=planned.title,
        due_at=at(day, planned.at, practice.zone),
        late_hours=int(planned.late_after.total_seconds()) // 3600,
        on_holidays=planned.on_holidays,
        most_attempts=planned.attempts,
        notice=planned.notice,
        windows=planned.windows or protocol.windows,
        who=who[0] if len(who) == 1 else "",
        through=protocol.through,
        unless=" ".join(planned.unless),
        beyond_cap=planned.beyond_cap,
        drop_silent=planned.silent == "drop",
        priority=protocol.priority,
    )


def is_late(practice: Practice, protocol: Protocol, planned: TouchpointPlan, due_at: datetime, now: datetime) -> bool:
    """Whether a touchpoint is past in a way that its plan does not make good."""
    if due_at >= now:
        return False
    if not protocol.begins_late(planned):
        return True
    almanac = practice.almanac
    free = planned.on_holidays or not almanac.sending.pause_on_holidays
    hours = almanac.hours(planned.windows or protocol.windows)
    found = schedule.verdict(due_at, now, hours, almanac.calendar, planned.late_after, on_holidays=free)
    return isinstance(found, schedule.Drop)


def keep_edition(tx: Tx, protocol: Protocol, now: datetime) -> int:
    """The number of this text of a protocol, for the plans that are made from it."""
    return editions.edition(tx, protocol.id, protocol.version, checksum(protocol), _data(protocol), now)


def checksum(protocol: Protocol) -> str:
    """What tells one text of a protocol from another. Who approved it changes nobody's plan."""
    return sha256(to_json(_data(protocol)).encode()).hexdigest()


def _data(protocol: Protocol) -> dict[str, Any]:
    return protocol.model_dump(mode="json", exclude_defaults=True, exclude={"approver"})


def _new_plans(
    tx: Tx,
    practice: Practice,
    episode: patients.Episode,
    known: list[plans.CarePlan],
    facts: EpisodeFacts,
    now: datetime,
) -> list[str]:
    if any(plan.stopped_for == "withdrawn" for plan in known):
        return []
    assert episode.id is not None
    by_id = {protocol.id: protocol for protocol in practice.protocols}
    main = any(plan.protocol not in by_id or not by_id[plan.protocol].beside for plan in known)
    told: list[str] = []
    chosen = choose(practice.protocols, facts, practice.today(now), practice.zone)
    for protocol in chosen:
        if any(plan.protocol == protocol.id for plan in known) or (main and not protocol.beside):
            continue
        drawn = protocol.draw(f"{episode.admission_no}/{episode.times}") if protocol.coverage < 100 else None
        plan = plans.CarePlan(
            episode_id=episode.id,
            protocol=protocol.id,
            version=protocol.version,
            edition_id=keep_edition(tx, protocol, now),
            drawn=drawn,
            stop_after_missed=protocol.stop_after_missed,
            made_at=now,
        )
        if drawn is not None and not protocol.covers(drawn):
            plan.state, plan.stopped_for, plan.ended_at = "stopped", "not_drawn", now
            told.append("not_drawn")
        tx.session.add(plan)
        tx.session.flush()
        if plan.state == "running":
            told += plan_touchpoints(tx, practice, protocol, plan, facts, now)
    if not main and all(protocol.beside for protocol in chosen):
        matching = any(one.matches(facts) and not one.beside for one in practice.protocols)
        told.append("too_late" if matching else "no_plan")
        if not chosen and not known:
            episode.excluded_for = told[-1]
            tx.session.add(episode)
            tx.session.flush()
    return told


def _home(practice: Practice, discharged_at: datetime) -> date:
    return discharged_at.astimezone(practice.zone).date()


def _facts(tx: Tx, practice: Practice, episode: patients.Episode, patient: patients.Patient) -> EpisodeFacts:
    assert episode.id is not None
    return EpisodeFacts(
        department=episode.department,
        discharged_at=episode.discharged_at,
        ward=episode.ward,
        procedure=episode.procedure,
        icd10=episode.icd10,
        age=patients.age(patient.born_on, _home(practice, episode.discharged_at)),
        outcome=episode.outcome,
        private=episode.private,
        procedure_on=episode.procedure_on,
        revisit_on=episode.revisit_on,
        local=episode.local,
        reachable=bool(patient.phone_index or episode.kin_phone_index) or contacts.reached(tx, episode.id),
    )
