"""What contacts agreed to: which text, when, in whose place and with what words. Append-only but for how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Date, Index, Text, bindparam, text, update
from sqlmodel import Field, SQLModel, col, select

from storage.columns import key, link, one_of, table
from storage.contacts import Binding
from storage.hot import Hot, insert
from storage.plans import Touchpoint
from storage.transaction import Tx

ANSWERS = ("agreed", "refused")
# for oneself, for the patient as family, for a child as guardian
CAPACITIES = ("self", "family", "guardian")
_LIVE = text("ended_at IS NULL")


class ConsentText(SQLModel, table=True):
    """A version of the text that was put to patients, kept as it stood."""

    __tablename__ = "consent_text"

    version: str = Field(max_length=40, primary_key=True)
    text: str = Field(sa_type=Text)
    guardian_text: str = Field(default="", sa_type=Text)
    approver: str = Field(default="", max_length=60)
    dated: date = Field(sa_type=Date)
    known_at: datetime


class Consent(SQLModel, table=True):
    """A contact's answer to a version of the text, with the words it was given in. `ended_for`: withdrawn, replaced (by another
    answer), unbound. One answer holds for each contact and episode."""

    __tablename__ = "consent"
    __table_args__ = (
        one_of("answer", ANSWERS),
        one_of("capacity", CAPACITIES),
        Index("uq_consent_live", "contact_id", "episode_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: int | None = key()
    contact_id: int = link("contact.id")
    episode_id: int = link("episode.id")
    version: str = Field(max_length=40)
    answer: str = Field(max_length=8)
    capacity: str = Field(default="self", max_length=12)
    words: str = Field(default="", sa_type=Text)
    at: datetime
    ended_at: datetime | None = None
    ended_for: str | None = Field(default=None, max_length=16)
    ended_words: str = Field(default="", sa_type=Text)


_consent = table(Consent).c
_binding = table(Binding).c
_END = Hot(
    update(Consent)
    .where(
        _consent.contact_id == bindparam("contact_"), _consent.episode_id == bindparam("episode_"), _consent.ended_at.is_(None)
    )
    .values(ended_at=bindparam("now_"), ended_for=bindparam("for_"), ended_words=bindparam("words_"))
)
_KEEP = insert(Consent, "contact_id", "episode_id", "version", "answer", "capacity", "words", "at")
_HOLDS = Hot(
    update(Binding)
    .where(
        _binding.contact_id == bindparam("contact_"), _binding.episode_id == bindparam("episode_"), _binding.ended_at.is_(None)
    )
    .values(agreed=bindparam("agreed_"), refused_at=bindparam("refused_"))
)


def keep(
    tx: Tx, contact_id: int, episode_id: int, *, version: str, agreed: bool, capacity: str, words: str, now: datetime
) -> None:
    """Keep an answer, which replaces an earlier one."""
    end(tx, contact_id, episode_id, "replaced", now)
    tx.run(
        _KEEP,
        contact_id=contact_id,
        episode_id=episode_id,
        version=version,
        answer="agreed" if agreed else "refused",
        capacity=capacity,
        words=words,
        at=now,
    )
    tx.run(_HOLDS, contact_=contact_id, episode_=episode_id, agreed_=version if agreed else "", refused_=None if agreed else now)


def end(tx: Tx, contact_id: int, episode_id: int, why: str, now: datetime, words: str = "") -> None:
    """The answer holds no more."""
    tx.run(_END, contact_=contact_id, episode_=episode_id, for_=why, words_=words, now_=now)


def withdraw(tx: Tx, contact_id: int, episode_id: int, words: str, now: datetime) -> None:
    """The contact takes the consent back, in these words; it counts as a refusal from now on."""
    end(tx, contact_id, episode_id, "withdrawn", now, words)
    tx.run(_HOLDS, contact_=contact_id, episode_=episode_id, agreed_="", refused_=now)


def pause(tx: Tx, episode_id: int, reason: str, but: Iterable[str], until: datetime, now: datetime) -> None:
    """Contacts of an episode that need the consent are stopped, those later than `until` excepted: then it may be asked anew.
    `but` are flows that need none."""
    waits = (
        col(Touchpoint.episode_id) == episode_id,
        col(Touchpoint.state).in_(("planned", "invited")),
        col(Touchpoint.flow).not_in(list(but)),
        col(Touchpoint.due_at) < until,
    )
    tx.session.execute(update(Touchpoint).where(*waits).values(state="stopped", reason=reason, ended_at=now))


def unpause(tx: Tx, episode_id: int, reason: str) -> None:
    """The consent was given after all: what was stopped for its lack is planned again."""
    stopped = (col(Touchpoint.episode_id) == episode_id, col(Touchpoint.state) == "stopped", col(Touchpoint.reason) == reason)
    tx.session.execute(update(Touchpoint).where(*stopped).values(state="planned", reason="", ended_at=None))


def text_of(tx: Tx, version: str) -> ConsentText | None:
    """The text of a version as it was put to patients."""
    return tx.session.get(ConsentText, version)


def put_text(tx: Tx, given: ConsentText) -> bool:
    """Keep the text of a version. False when this version is known with other words, which then stay."""
    known = text_of(tx, given.version)
    if known is None:
        tx.session.add(given)
        tx.session.flush()
        return True
    return (known.text, known.guardian_text) == (given.text, given.guardian_text)


def of_episode(tx: Tx, episode_id: int) -> list[Consent]:
    """All answers about an episode, the first first."""
    return list(tx.session.exec(select(Consent).where(Consent.episode_id == episode_id).order_by(col(Consent.id))))
