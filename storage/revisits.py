"""Revisits: each day that a patient was to come, what they said, and whether they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, bindparam, func, select, update
from sqlmodel import Field, SQLModel, col
from sqlmodel import select as orm_select

from storage.columns import key, link, one_of, table
from storage.hot import Hot, insert_once
from storage.patients import Episode
from storage.transaction import Tx

# moved: the patient named another day, or a list brought one
STATES = ("planned", "coming", "declined", "moved", "came", "missed")
SOURCES = ("list", "patient")


class Revisit(SQLModel, table=True):
    """A day that a patient was to come. `why` is the option that the patient gave for not coming."""

    __tablename__ = "revisit"
    __table_args__ = (
        UniqueConstraint("episode_id", "day"),
        one_of("state", STATES),
        one_of("source", SOURCES),
        Index("ix_revisit_day", "day"),
    )

    id: int | None = key()
    episode_id: int = link("episode.id", index=False)
    day: date
    source: str = Field(default="list", max_length=8)
    state: str = Field(default="planned", max_length=12)
    why: str = Field(default="", max_length=120)
    answered_at: datetime | None = None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """Revisits whose day has come, and what is known of them."""

    due: int
    came: int
    missed: int
    declined: int
    unknown: int

    @property
    def no_show(self) -> float | None:
        """Who did not come, of those of whom it is known; None where nothing is."""
        known = self.came + self.missed + self.declined
        return (self.missed + self.declined) / known if known else None


_revisit = table(Revisit).c
_episode = table(Episode).c
_ADD = insert_once(Revisit, "episode_id", "day", "source", "made_at", keys=("episode_id", "day"))
_TELL = Hot(
    update(Revisit)
    .where(_revisit.episode_id == bindparam("episode_"), _revisit.day == bindparam("day_"))
    .values(state=bindparam("state_"), why=bindparam("why_"), answered_at=bindparam("now_"))
)
_STATE = Hot(update(Episode).where(_episode.id == bindparam("id_")).values(revisit_state=bindparam("state_")))
_DAY = Hot(select(_episode.revisit_on).where(_episode.id == bindparam("id_")))
_MOVE = Hot(
    update(Episode)
    .where(_episode.id == bindparam("id_"))
    .values(revisit_on=bindparam("day_"), revisit_state="", updated_at=bindparam("now_"))
)


def add(tx: Tx, episode_id: int, day: date, source: str, now: datetime) -> None:
    """Note that a patient is to come on this day, once."""
    tx.run(_ADD, episode_id=episode_id, day=day, source=source, made_at=now)


def day_of(tx: Tx, episode_id: int) -> date | None:
    """The day of the revisit that holds now."""
    row = tx.one(_DAY, id_=episode_id)
    return row[0] if row else None


def tell(tx: Tx, episode_id: int, day: date, state: str, why: str, now: datetime) -> None:
    """What is known of the revisit on this day; the stay knows the state of the one that holds."""
    tx.run(_TELL, episode_=episode_id, day_=day, state_=state, why_=why[:120], now_=now)
    if state != "moved" and day_of(tx, episode_id) == day:
        tx.run(_STATE, id_=episode_id, state_=state if state != "planned" else "")


def move(tx: Tx, episode_id: int, day: date, source: str, now: datetime) -> None:
    """Another day holds from now on. One that is past already, and of which it is known how it went, stays as it is."""
    before = day_of(tx, episode_id)
    if before == day:
        return
    if before is not None:
        known = tx.session.exec(orm_select(Revisit.state).where(Revisit.episode_id == episode_id, Revisit.day == before)).first()
        if known in ("planned", "coming", "declined"):
            tx.run(_TELL, episode_=episode_id, day_=before, state_="moved", why_="", now_=now)
    tx.run(_MOVE, id_=episode_id, day_=day, now_=now)
    add(tx, episode_id, day, source, now)


def of(tx: Tx, episode_id: int) -> list[Revisit]:
    """The revisits of a stay, in order."""
    return list(tx.session.exec(orm_select(Revisit).where(Revisit.episode_id == episode_id).order_by(col(Revisit.day))))


def tally(tx: Tx, first: date, last: date) -> Tally:
    """Revisits of these days, for the no-show rate."""
    query = orm_select(Revisit.state, func.count()).where(col(Revisit.day) >= first, col(Revisit.day) <= last)
    count = dict(tx.session.exec(query.where(Revisit.state != "moved").group_by(col(Revisit.state))).all())
    known = {state: count.get(state, 0) for state in ("came", "missed", "declined")}
    return Tally(sum(count.values()), **known, unknown=count.get("planned", 0) + count.get("coming", 0))
