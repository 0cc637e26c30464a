"""Bound WeChat accounts and what they are bound to."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import UniqueConstraint, bindparam, select, update
from sqlmodel import Field, SQLModel
from sqlmodel import select as orm_select

from storage.columns import Id, Json, key, link, one_of, table
from storage.hot import Hot, insert_once
from storage.transaction import Tx

# telephone: no account at all, but the number of a stay, by which staff speak and to which short messages go
CONTACT_STATES = ("active", "unfollowed", "stopped", "gone", "telephone")
OWNERS = ("bot", "human")
RELATIONS = ("unknown", "self", "family")


class Contact(SQLModel, table=True):
    """A WeChat account. `openid` is removed on unfollow. `window_until` and `quota_left` are what WeChat still allows
    (service messages); `owner` says who has the talk, `held_by` which member of staff. `asking` is what the account was asked
    outside of any talk (see bot.care.arrival and bot.care.whom). `ways` is what else is known of the ways to it: subscriptions
    left, ways that were found shut (see bot.care.ways). `phone_of` is the stay of a telephone."""

    __tablename__ = "contact"
    __table_args__ = (one_of("state", CONTACT_STATES), one_of("owner", OWNERS))

    id: int | None = key()
    openid: str | None = Field(default=None, max_length=64, unique=True)
    state: str = Field(default="active", max_length=12)
    followed: bool = False
    window_until: datetime | None = None
    quota_left: int = 0
    owner: str = Field(default="bot", max_length=8)
    held_by: int | None = link("staff.id", index=False, nullable=True)
    last_inbound_at: datetime | None = None
    asking: dict[str, Any] | None = Field(default=None, sa_type=Json)
    ways: dict[str, Any] | None = Field(default=None, sa_type=Json)
    phone_of: int | None = Field(default=None, foreign_key="episode.id", sa_type=Id, unique=True)
    created_at: datetime


class Binding(SQLModel, table=True):
    """A contact speaks for an episode. Clinical words only after `confirmed_at`. `kin` is which relative writes, `misses` how
    often the proof was wrong. `agreed` is the version of the consent that holds ("" for none), `refused_at` when it was refused
    or withdrawn; the whole story stands in `consent`."""

    __tablename__ = "binding"
    __table_args__ = (UniqueConstraint("contact_id", "episode_id"), one_of("relation", RELATIONS))

    id: int | None = key()
    contact_id: int = link("contact.id")
    episode_id: int = link("episode.id")
    relation: str = Field(default="unknown", max_length=12)
    kin: str = Field(default="", max_length=20)
    bound_at: datetime
    confirmed_at: datetime | None = None
    misses: int = 0
    missed_at: datetime | None = None
    agreed: str = Field(default="", max_length=40)
    refused_at: datetime | None = None
    ended_at: datetime | None = None
    ended_for: str | None = Field(default=None, max_length=40)


class Enrolment(SQLModel, table=True):
    """The one-time token of an episode's QR code. It holds no name and no number."""

    __tablename__ = "enrolment"

    id: int | None = key()
    episode_id: int = link("episode.id")
    token: str = Field(max_length=64, unique=True)
    made_at: datetime
    used_at: datetime | None = None


class Held(NamedTuple):
    """A contact whose row is locked for this act."""

    id: int
    openid: str
    state: str
    followed: bool
    window_until: datetime | None
    quota_left: int
    owner: str
    held_by: int | None
    last_inbound_at: datetime | None
    asking: dict[str, Any] | None = None
    ways: dict[str, Any] | None = None


class Bound(NamedTuple):
    """A live binding of a contact."""

    id: int
    episode_id: int
    relation: str
    confirmed_at: datetime | None
    agreed: str = ""
    refused_at: datetime | None = None


_contact = table(Contact).c
_binding = table(Binding).c
_held = (
    _contact.id,
    _contact.openid,
    _contact.state,
    _contact.followed,
    _contact.window_until,
    _contact.quota_left,
    _contact.owner,
    _contact.held_by,
    _contact.last_inbound_at,
    _contact.asking,
    _contact.ways,
)
_HOLD = Hot(select(*_held).where(_contact.openid == bindparam("openid_")).with_for_update())
_HOLD_ID = Hot(select(*_held).where(_contact.id == bindparam("id_")).with_for_update())
_ADD = insert_once(Contact, "openid", "created_at", keys=("openid",))
_HEARD = Hot(
    update(Contact)
    .where(_contact.id == bindparam("id_"))
    .values(window_until=bindparam("until_"), quota_left=bindparam("quota_"), last_inbound_at=bindparam("at_"), followed=True)
)
_BOUND = Hot(
    select(_binding.id, _binding.episode_id, _binding.relation, _binding.confirmed_at, _binding.agreed, _binding.refused_at)
    .where(_binding.contact_id == bindparam("contact_"), _binding.ended_at.is_(None))
    .order_by(_binding.bound_at.desc(), _binding.id.desc())
)
_SHUT = Hot(update(Contact).where(_contact.id == bindparam("id_")).values(window_until=None, quota_left=0))
_SPEND = Hot(
    update(Contact).where(_contact.id == bindparam("id_"), _contact.quota_left > 0).values(quota_left=_contact.quota_left - 1)
)


def hold(tx: Tx, openid: str, now: datetime) -> Held:
    """The contact of this WeChat account, locked; a new one if it was never seen."""
    row = tx.one(_HOLD, openid_=openid)
    if row is None:
        tx.run(_ADD, openid=openid, created_at=now)
        row = tx.one(_HOLD, openid_=openid)
        assert row is not None
    return Held(*row)


def hold_id(tx: Tx, contact_id: int) -> Held | None:
    """The contact of this number, locked."""
    row = tx.one(_HOLD_ID, id_=contact_id)
    return Held(*row) if row else None


def known(tx: Tx, openid: str) -> Held | None:
    """The contact of this WeChat account, locked, if it was ever seen."""
    row = tx.one(_HOLD, openid_=openid)
    return Held(*row) if row else None


def heard(tx: Tx, contact_id: int, until: datetime | None, quota: int, now: datetime) -> None:
    """The contact acted, which only a follower can: what WeChat now allows."""
    tx.run(_HEARD, id_=contact_id, until_=until, quota_=quota, at_=now)


def shut(tx: Tx, contact_id: int) -> None:
    """WeChat takes no service message now, whatever was reckoned."""
    tx.run(_SHUT, id_=contact_id)


def spend(tx: Tx, contact_id: int) -> None:
    """One service message less."""
    tx.run(_SPEND, id_=contact_id)


def bound(tx: Tx, contact_id: int) -> list[Bound]:
    """Live bindings, the newest first."""
    return [Bound(*row) for row in tx.run(_BOUND, contact_=contact_id)]


_OWN = Hot(update(Contact).where(_contact.id == bindparam("id_")).values(owner=bindparam("owner_"), held_by=bindparam("staff_")))


def own(tx: Tx, contact_id: int, owner: str, staff_id: int | None) -> None:
    """Who has the talk now."""
    tx.run(_OWN, id_=contact_id, owner_=owner, staff_=staff_id)


_SET_STATE = Hot(update(Contact).where(_contact.id == bindparam("id_")).values(state=bindparam("state_")))
_FORGET = Hot(
    update(Contact)
    .where(_contact.id == bindparam("id_"))
    .values(openid=None, state="unfollowed", followed=False, quota_left=0, window_until=None, owner="bot", held_by=None)
)
_UNBIND = Hot(
    update(Binding)
    .where(_binding.id == bindparam("id_"), _binding.ended_at.is_(None))
    .values(ended_at=bindparam("now_"), ended_for=bindparam("reason_"))
)
_CONFIRM = Hot(
    update(Binding)
    .where(
        _binding.contact_id == bindparam("contact_"), _binding.episode_id == bindparam("episode_"), _binding.ended_at.is_(None)
    )
    .values(confirmed_at=bindparam("now_"), relation=bindparam("relation_"))
)
_KNOW = Hot(update(Contact).where(_contact.id == bindparam("id_")).values(ways=bindparam("ways_", type_=_contact.ways.type)))
_ASK = Hot(update(Contact).where(_contact.id == bindparam("id_")).values(asking=bindparam("asking_", type_=_contact.asking.type)))


def set_state(tx: Tx, contact_id: int, state: str) -> None:
    """Whether the contact may be written to: active, stopped, unfollowed or gone."""
    tx.run(_SET_STATE, id_=contact_id, state_=state)


def forget(tx: Tx, contact_id: int) -> None:
    """Delete what WeChat wants deleted on unfollow: the openid. Should the account come back, it is a new contact."""
    tx.run(_FORGET, id_=contact_id)


def enrolment(tx: Tx, token: str) -> Enrolment | None:
    """The QR code with this token, locked."""
    return tx.session.exec(orm_select(Enrolment).where(Enrolment.token == token).with_for_update()).first()


_OTHERS = Hot(
    select(_binding.id)
    .join(Contact, _contact.id == _binding.contact_id)
    .where(
        _binding.episode_id == bindparam("episode_"),
        _binding.contact_id != bindparam("contact_"),
        _binding.ended_at.is_(None),
        _contact.state == "active",
    )
    .limit(1)
)


def others(tx: Tx, episode_id: int, contact_id: int) -> bool:
    """Whether another account than this one may be written to about the episode."""
    return tx.one(_OTHERS, episode_=episode_id, contact_=contact_id) is not None


def reached(tx: Tx, episode_id: int) -> bool:
    """Whether any account is bound to the episode."""
    return others(tx, episode_id, 0)


def bind(tx: Tx, contact_id: int, code: Enrolment, now: datetime) -> None:
    """Bind a contact to the episode of a code and use the code up."""
    code.used_at = code.used_at or now
    tx.session.add(code)
    attach(tx, contact_id, code.episode_id, now)


def attach(tx: Tx, contact_id: int, episode_id: int, now: datetime) -> None:
    """Bind a contact to an episode. A binding that had ended begins anew, unconfirmed; what was missed still counts."""
    wanted = (Binding.contact_id == contact_id, Binding.episode_id == episode_id)
    known = tx.session.exec(orm_select(Binding).where(*wanted)).first()
    if known is None:
        known = Binding(contact_id=contact_id, episode_id=episode_id, bound_at=now)
    known.bound_at, known.relation, known.kin = now, "unknown", ""
    known.confirmed_at = known.ended_at = known.ended_for = None
    known.agreed, known.refused_at = "", None
    tx.session.add(known)
    tx.session.flush()


def unbind(tx: Tx, binding_id: int, reason: str, now: datetime) -> None:
    """The contact no longer speaks for the episode."""
    tx.run(_UNBIND, id_=binding_id, reason_=reason, now_=now)


def confirm(tx: Tx, contact_id: int, episode_id: int, relation: str, now: datetime) -> None:
    """The proof was right. `relation` is unknown until the contact tells it."""
    tx.run(_CONFIRM, contact_=contact_id, episode_=episode_id, relation_=relation, now_=now)


def ask(tx: Tx, contact_id: int, asking: dict[str, Any] | None) -> None:
    """What the account is asked now outside of any talk; None for nothing."""
    tx.run(_ASK, id_=contact_id, asking_=asking)


def know(tx: Tx, contact_id: int, ways: dict[str, Any] | None) -> None:
    """What is known of the ways to a contact (see bot.care.ways)."""
    tx.run(_KNOW, id_=contact_id, ways_=ways)
