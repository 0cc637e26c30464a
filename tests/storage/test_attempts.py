"""A part of an act that fails by itself takes back what it wrote, by whatever way, and nothing else."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from storage.columns import table
from storage.contacts import Contact
from storage.hot import Hot, insert

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
ADD = insert(Contact, "openid", "created_at")
OPENIDS = Hot(select(table(Contact).c.openid).order_by(table(Contact).c.openid))


def by_hand(tx, openid):
    tx.run(ADD, openid=openid, created_at=NOW)


def by_orm(tx, openid):
    tx.session.add(Contact(openid=openid, created_at=NOW))


def then_fail(tx, add, openid, error):
    add(tx, openid)
    raise error


@pytest.mark.parametrize("before", [by_hand, by_orm])
@pytest.mark.parametrize("add", [by_hand, by_orm])
def test_a_failed_part_leaves_nothing_of_itself(database, before, add):
    def act(tx):
        before(tx, "o1")
        kept = tx.attempt(add, tx, "o2")
        failed = tx.attempt(then_fail, tx, add, "o3", LookupError("x"))
        doubled = tx.attempt(add, tx, "o1") if add is by_hand else None
        tx.attempt(add, tx, "o4")
        return kept, type(failed), type(doubled)

    kept, failed, doubled = database.write_now(act)

    assert kept is None
    assert failed is LookupError
    if add is by_hand and before is by_hand:
        assert doubled is IntegrityError
    assert [row[0] for row in database.read_now(lambda tx: tx.run(OPENIDS))] == ["o1", "o2", "o4"]


def test_parts_within_parts(database):
    def outer(tx):
        by_hand(tx, "o1")
        tx.attempt(then_fail, tx, by_hand, "o2", ValueError())
        tx.attempt(by_orm, tx, "o3")

    database.write_now(lambda tx: tx.attempt(outer, tx))

    assert [row[0] for row in database.read_now(lambda tx: tx.run(OPENIDS))] == ["o1", "o3"]


def test_a_lost_connection_is_not_the_parts_own_affair(database):
    def act(tx):
        by_hand(tx, "o1")
        tx.attempt(then_fail, tx, by_hand, "o2", OperationalError("", None, Exception()))

    with pytest.raises(OperationalError):
        database.write_now(act)

    assert database.read_now(lambda tx: tx.run(OPENIDS)) == []
