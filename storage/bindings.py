"""What became known of a binding: who it is, how often the proof was wrong, whether they may be asked again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from storage.columns import table
from storage.contacts import Binding, Enrolment
from storage.hot import Hot
from storage.transaction import Tx

_binding = table(Binding).c
_RELATED = Hot(
    update(Binding)
    .where(
        _binding.contact_id == bindparam("contact_"), _binding.episode_id == bindparam("episode_"), _binding.ended_at.is_(None)
    )
    .values(relation=bindparam("relation_"), kin=func.coalesce(func.nullif(bindparam("kin_"), ""), _binding.kin))
)
_WILLING = Hot(update(Binding).where(_binding.id == bindparam("id_")).values(refused_at=None))
_MISSED = Hot(
    update(Binding)
    .where(
        _binding.contact_id == bindparam("contact_"), _binding.episode_id == bindparam("episode_"), _binding.ended_at.is_(None)
    )
    .values(misses=_binding.misses + 1, missed_at=bindparam("now_"))
)
_made = (
    select(func.max(table(Enrolment).c.made_at)).where(table(Enrolment).c.episode_id == bindparam("episode_")).scalar_subquery()
)
_MISSES = Hot(
    select(func.coalesce(func.sum(_binding.misses), 0), func.max(_binding.missed_at)).where(
        _binding.episode_id == bindparam("episode_"), _binding.missed_at >= _made
    )
)


def related(tx: Tx, contact_id: int, episode_id: int, relation: str, kin: str) -> None:
    """Who the contact is: the patient or family, and which relative ("": as it was)."""
    tx.run(_RELATED, contact_=contact_id, episode_=episode_id, relation_=relation, kin_=kin)


def missed(tx: Tx, contact_id: int, episode_id: int, now: datetime) -> None:
    """A proof was wrong."""
    tx.run(_MISSED, contact_=contact_id, episode_=episode_id, now_=now)


def misses(tx: Tx, episode_id: int) -> tuple[int, datetime | None]:
    """Wrong proofs for an episode by whatever account, and the last one, since a code was last made for it: a nurse who gives
    out a further code has seen who gets it."""
    row = tx.one(_MISSES, episode_=episode_id)
    return (int(row[0]), row[1]) if row else (0, None)


def willing_again(tx: Tx, binding_id: int) -> None:
    """Who had refused came back of their own accord, and may be asked."""
    tx.run(_WILLING, id_=binding_id)


def get(tx: Tx, binding_id: int) -> Binding:
    """A binding, ended or not. Raises LookupError."""
    found = tx.session.get(Binding, binding_id)
    if found is None:
        raise LookupError(f"no binding {binding_id}")
    return found
