"""What an awaiting caller may rely on: committed when answered, alone when failed."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlmodel import col

from storage.columns import table
from storage.contacts import Contact
from storage.database import open_database
from storage.hot import Hot, insert_once
from storage.hot import insert as insert_row
from storage.messages import Inbound, Outbound
from storage.patients import Patient
from storage.settings import CalendarDay, Import

NOW = datetime(2026, 11, 21, 8, 30, 15, 123456, tzinfo=UTC)

contact = table(Contact).c
ADD = insert_row(Contact, "openid", "created_at", returning=[contact.id])
ONCE = insert_once(Contact, "openid", "created_at", keys=["openid"], returning=[contact.id])
ADD_ENTRY = insert_row(Inbound, "key", "contact_id", "kind", "detail", "at", "received_at", returning=[table(Inbound).c.id])
QUOTA = Hot(select(contact.quota_left).where(contact.id == bindparam("id_")).with_for_update())
SET_QUOTA = Hot(update(Contact).where(contact.id == bindparam("id_")).values(quota_left=bindparam("quota")))
OPENIDS = Hot(select(contact.openid).order_by(contact.id))


def add(tx, openid):
    return tx.one(ADD, openid=openid, created_at=NOW)[0]


def add_one(tx, contact_id):
    """Read, think, write: what loses updates where transactions are not what they should be."""
    (quota,) = tx.one(QUOTA, id_=contact_id)
    tx.run(SET_QUOTA, id_=contact_id, quota=quota + 1)
    return quota


def openids(tx):
    return [openid for (openid,) in tx.run(OPENIDS)]


async def test_two_hundred_concurrent_updates_are_two_hundred(database):
    who = await database.write(add, "o1")
    before = database.commits
    seen = await asyncio.gather(*(database.write(add_one, who) for _ in range(200)))

    assert sorted(seen) == list(range(200))
    assert (await database.read(lambda tx: tx.one(QUOTA_READ, id_=who))) == (200,)
    assert database.depth == 0
    assert database.acts == 201
    if database.dialect == "sqlite":
        assert database.commits - before < 100  # many acts in one commit


QUOTA_READ = Hot(select(contact.quota_left).where(contact.id == bindparam("id_")))


async def test_a_failed_act_undoes_itself_and_nothing_else(database):
    def fail(tx, openid):
        add(tx, openid)
        tx.session.add(Contact(openid=openid + "-orm", created_at=NOW))
        tx.session.flush()
        raise LookupError(openid)

    acts = [database.write(fail if n % 3 == 0 else add, f"o{n}") for n in range(60)]
    results = await asyncio.gather(*acts, return_exceptions=True)

    assert [isinstance(result, LookupError) for result in results] == [n % 3 == 0 for n in range(60)]
    assert sorted(await database.read(openids)) == sorted(f"o{n}" for n in range(60) if n % 3)


async def test_a_broken_rule_of_the_database_is_one_kind_of_error_and_shows_no_row(database):
    await database.write(add, "o-secret")

    def by_session(tx, openid):
        tx.session.add(Contact(openid=openid, created_at=NOW))

    def by_core(tx, openid):
        tx.connection.execute(insert(Contact).values(openid=openid, created_at=NOW))

    for act in (add, by_session, by_core):
        with pytest.raises(IntegrityError) as refused:
            await database.write(act, "o-secret")
        shown = [str(refused.value), str(refused.value.orig), str(refused.value.__cause__)]
        assert not [line for line in shown if "o-secret" in line]
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.run(SET_STATE, id_=1, state_="nonsense"))
    with pytest.raises(IntegrityError):
        await database.write(
            lambda tx: tx.run(ADD_ENTRY, key="k", contact_id=99, kind="text", detail={}, at=NOW, received_at=NOW)
        )
    assert await database.read(openids) == ["o-secret"]


SET_STATE = Hot(update(Contact).where(contact.id == bindparam("id_")).values(state=bindparam("state_")))


async def test_an_act_may_go_on_after_a_conflict_it_expected(database):
    assert await database.write(lambda tx: tx.one(ONCE, openid="o1", created_at=NOW)) == (1,)

    def again(tx):
        known = tx.one(ONCE, openid="o1", created_at=NOW)
        return known, tx.one(ONCE, openid="o2", created_at=NOW)

    known, new = await database.write(again)
    assert known is None
    assert new is not None
    assert await database.read(openids) == ["o1", "o2"]


async def test_reads_write_nothing_and_see_one_moment(database):
    await database.write(add, "o1")
    for write in (
        lambda tx: add(tx, "o2"),
        lambda tx: (tx.session.add(Contact(openid="o3", created_at=NOW)), tx.session.flush()),
        lambda tx: tx.connection.execute(text("DELETE FROM contact")),
    ):
        with pytest.raises(DBAPIError):
            await database.read(write)

    def twice(tx):
        first = openids(tx)
        database.write_now(add, "o4")  # another transaction commits meanwhile
        return first, openids(tx)

    first, second = await database.read(twice)
    assert first == second == ["o1"]
    assert await database.read(openids) == ["o1", "o4"]


@pytest.mark.parametrize("ending", ["commit", "rollback"])
async def test_an_act_cannot_end_the_transaction_of_all(database, ending):
    def end(tx):
        tx.connection.execute(insert(Contact).values(openid="o-mine", created_at=NOW))
        getattr(tx.connection, ending)()

    results = await asyncio.gather(
        database.write(add, "o1"), database.write(end), database.write(add, "o2"), return_exceptions=True
    )
    assert isinstance(results[1], RuntimeError)
    assert sorted(await database.read(openids)) == ["o1", "o2"]
    await database.write(add, "o3")


async def test_objects_made_by_an_act_can_be_used_afterwards(database):
    def make(tx):
        made = Contact(openid="o1", created_at=NOW)
        tx.session.add(made)
        tx.session.flush()
        tx.run(SET_QUOTA, id_=made.id, quota=4)
        return made

    made = await database.write(make)
    found = await database.read(lambda tx: tx.session.get(Contact, made.id))
    assert (made.openid, found.openid, found.quota_left, found.created_at) == ("o1", "o1", 4, NOW)


def test_values_come_back_as_they_went(database):
    person, message = table(Patient).c, table(Outbound).c
    sealed = ("hospital_no", "name", "born_on", "phone_sealed", "created_at", "updated_at")
    add_patient = insert_row(Patient, *sealed, returning=[person.id])
    add_message = insert_row(
        Outbound, "key", "contact_id", "lane", "body", "safety", "due_at", "created_at", returning=[message.id]
    )
    get_patient = Hot(select(person.name, person.born_on, person.phone_sealed, person.sex).where(person.id == bindparam("id_")))
    get_message = Hot(
        select(message.body, message.safety, message.due_at, message.attempts, message.sent_at).where(
            message.id == bindparam("id_"), message.state == "pending", message.lane.in_(("reply", "service"))
        )
    )
    body = {"text": "50% 'x' \"y\" \\ :name %(name)s\n𠮷", "fields": {"": None, "deep": [1, 1.5, True, {}]}}
    china = datetime(2026, 11, 18, 10, 30, tzinfo=timezone(timedelta(hours=8)))

    def put(tx):
        values = {"hospital_no": "B1", "name": "张小样", "born_on": date(1960, 2, 29), "phone_sealed": b"\0\xff"}
        (patient,) = tx.one(add_patient, **values, created_at=NOW, updated_at=NOW)
        values = {"key": "k", "contact_id": add(tx, "o1"), "lane": "service", "body": body, "safety": True}
        (sent,) = tx.one(add_message, **values, due_at=china, created_at=NOW)
        return patient, sent

    patient, sent = database.write_now(put)
    name, born_on, phone_sealed, sex = database.read_now(lambda tx: tx.one(get_patient, id_=patient))
    assert (name, born_on, bytes(phone_sealed), sex) == ("张小样", date(1960, 2, 29), b"\0\xff", "未知")
    row = database.read_now(lambda tx: tx.one(get_message, id_=sent))
    assert row == (body, True, china, 0, None)
    assert row[1] is True
    assert row[2].utcoffset() == timedelta(0)
    by_session = database.read_now(lambda tx: tx.session.get(Outbound, sent))
    assert (by_session.body, by_session.safety, by_session.due_at) == row[:3]


def test_json_takes_plain_data_and_nothing_else(database):
    imports = table(Import).c
    put = insert_row(Import, "name", "at", "issues", returning=[imports.id])
    get = Hot(select(imports.issues).where(imports.id == bindparam("id_")))
    plain = [{"row": 1, "deep": [None, True, 1.5, "文"], "empty": {}}]
    (made,) = database.write_now(lambda tx: tx.one(put, name="a", at=NOW, issues=plain))
    assert database.read_now(lambda tx: tx.one(get, id_=made)) == (plain,)
    (made,) = database.write_now(lambda tx: tx.one(insert_row(Import, "name", "at", returning=[imports.id]), name="a", at=NOW))
    assert database.read_now(lambda tx: tx.one(get, id_=made)) == ([],)
    with pytest.raises(TypeError):
        database.write_now(lambda tx: tx.run(put, name="a", at=NOW, issues=[{"at": NOW}]))


def test_a_time_without_a_zone_is_refused(database):
    naive = datetime(2026, 11, 21, 8, 0)
    with pytest.raises(ValueError, match="time zone"):
        database.write_now(lambda tx: tx.run(ADD, openid="o1", created_at=naive))
    with pytest.raises(ValueError, match="time zone"):
        database.read_now(lambda tx: tx.run(Hot(select(contact.id).where(contact.created_at < bindparam("t"))), t=naive))
    with pytest.raises(StatementError):
        database.write_now(lambda tx: tx.session.add(Contact(openid="o1", created_at=naive)))
    assert database.read_now(openids) == []


def test_times_are_compared_as_times(database):
    """Texts in SQLite sort like the times they stand for."""
    for n, at in enumerate((NOW, NOW.replace(microsecond=0), NOW + timedelta(microseconds=1), NOW.replace(year=999))):
        database.write_now(lambda tx, n=n, at=at: tx.run(ADD, openid=f"o{n}", created_at=at))
    before = Hot(select(contact.openid).where(contact.created_at <= bindparam("t")).order_by(contact.created_at))
    assert database.read_now(lambda tx: tx.run(before, t=NOW)) == [("o3",), ("o1",), ("o0",)]


def test_wrong_parameters_are_named(database):
    right = {"openid": "o1", "created_at": NOW}
    for given, named in (
        ({}, "openid"),
        ({"openid": "o1"}, "created_at"),
        ({**right, "more": 1}, "more"),
        ({**right, "_0": 1}, "_0"),
    ):
        with pytest.raises(TypeError, match=named):
            database.write_now(lambda tx, given=given: tx.run(ADD, **given))


def test_a_primary_key_that_is_a_date(database):
    days = table(CalendarDay).c
    database.write_now(lambda tx: tx.run(insert_row(CalendarDay, "day", "working"), day=date(2026, 10, 10), working=True))
    found = database.read_now(lambda tx: tx.run(Hot(select(days.day, days.working, days.name))))
    assert found == [(date(2026, 10, 10), True, "")]


async def test_acts_of_one_caller_run_in_the_order_they_were_sent(sqlite_database):
    order = []

    def act(tx, n):
        order.append(n)

    await asyncio.gather(*(sqlite_database.write(act, n) for n in range(500)))
    assert order == list(range(500))


async def test_an_act_is_finished_although_nobody_waits_any_more(database, database_url):
    waiting = asyncio.ensure_future(database.write(add, "o1"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await database.close()
    again = open_database(database_url)
    assert again.read_now(openids) == ["o1"]
    again.close_now()


async def test_close_finishes_what_is_queued(database, database_url):
    waiting = [asyncio.ensure_future(database.write(add, f"o{n}")) for n in range(300)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*waiting)
    with pytest.raises(RuntimeError, match="closed"):
        await database.write(add, "late")
    again = open_database(database_url)
    assert len(again.read_now(openids)) == 300
    again.close_now()


async def test_an_act_does_not_wait_for_an_act(database):
    with pytest.raises(RuntimeError, match="calls another act"):
        await database.write(lambda tx: database.write_now(add, "o1"))


async def test_stop_iteration_reaches_the_caller_as_an_error(database):
    def exhausted(tx):
        next(iter(()))

    with pytest.raises(RuntimeError, match="StopIteration"):
        await database.write(exhausted)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_other_databases_are_refused(url):
    with pytest.raises(ValueError, match="sqlite"):
        open_database(url)


def test_the_file_belongs_to_this_user_only(sqlite_database, tmp_path):
    fresh = open_database(f"sqlite:///{tmp_path}/new/suifang.db")
    fresh.migrate()
    fresh.write_now(add, "o1")
    files = list((tmp_path / "new").iterdir())
    assert {path.name for path in files} == {"suifang.db", "suifang.db-wal", "suifang.db-shm"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    fresh.close_now()


async def test_a_commit_that_fails_fails_all_who_wait_for_it(sqlite_database):
    """A full disk, in miniature: the file may not grow any more."""
    size = sqlite_database.write_now(lambda tx: tx.connection.exec_driver_sql("PRAGMA page_count").scalar())
    sqlite_database.write_now(lambda tx: tx.connection.exec_driver_sql(f"PRAGMA max_page_count={size + 3}").scalar())
    big = insert_row(Import, "name", "at", "issues")
    issues = [{"text": "x" * 3000}]
    results = await asyncio.gather(
        *(sqlite_database.write(lambda tx: tx.run(big, name="a", at=NOW, issues=issues)) for _ in range(40)),
        return_exceptions=True,
    )
    kept = await sqlite_database.read(lambda tx: tx.one(Hot(select(func.count()).select_from(Import)))[0])

    assert kept == sum(1 for result in results if not isinstance(result, Exception))
    assert any(isinstance(result, Exception) for result in results)
    sqlite_database.write_now(lambda tx: tx.connection.exec_driver_sql("PRAGMA max_page_count=100000").scalar())
    await sqlite_database.write(add, "o1")


async def test_a_lost_transaction_fails_its_acts_and_the_next_goes_on(sqlite_database):
    """As after an I/O error: SQLite itself has rolled back, in the middle of a batch."""

    def lose(tx):
        add(tx, "o-lost")
        tx.connection.connection.driver_connection.execute("ROLLBACK")

    results = await asyncio.gather(
        sqlite_database.write(add, "o1"), sqlite_database.write(lose), sqlite_database.write(add, "o2"), return_exceptions=True
    )
    kept = await sqlite_database.read(openids)
    answered = [name for name, result in zip(("o1", "o-lost", "o2"), results, strict=True) if not isinstance(result, Exception)]
    assert isinstance(results[1], Exception)
    assert kept == answered
    await sqlite_database.write(add, "o3")
    assert (await sqlite_database.read(openids))[-1] == "o3"


async def test_a_transaction_kept_past_its_act_is_of_no_use(database):
    kept = await database.write(lambda tx: tx)
    with pytest.raises(AttributeError):
        add(kept, "o1")
    assert await database.read(openids) == []


async def test_another_process_that_writes_is_waited_for(sqlite_database):
    path = sqlite_database.engine.url.database
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.ensure_future(sqlite_database.write(add, "o1"))
    assert await sqlite_database.read(openids) == []  # readers go on meanwhile
    assert not waiting.done()
    other.execute("COMMIT")
    await waiting
    other.close()


KILLED = """
import asyncio, os, sys
sys.path[:0] = sys.argv[2:]
from tests_acts import add
from storage.database import open_database

async def main():
    database = open_database(sys.argv[1])
    async def one(k):
        for n in range(100000):
            await database.write(add, f"{k}-{n}")
            os.write(1, f"{k}-{n}\\n".encode())
    await asyncio.gather(*(one(k) for k in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 300])
def test_a_killed_process_has_kept_every_act_it_answered(database_url, database_kind, tmp_path, after):
    (tmp_path / "tests_acts.py").write_text(
        "from datetime import UTC, datetime\n"
        "from storage.contacts import Contact\n"
        "from storage.tables import metadata\n"
        "from storage.hot import insert\n"
        "ADD = insert(Contact, 'openid', 'created_at', 'quota_left')\n"
        "NEXT = insert(Contact, 'openid', 'created_at')\n"
        "def add(tx, openid):\n"
        "    tx.run(ADD, openid=openid, created_at=datetime.now(UTC), quota_left=1)\n"
        "    tx.run(NEXT, openid=openid + '+', created_at=datetime.now(UTC))\n"
    )
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", KILLED, database_url, str(tmp_path), str(root)], stdout=subprocess.PIPE)
    answered = [process.stdout.readline() for _ in range(after)]
    os.kill(process.pid, signal.SIGKILL)
    answered += process.stdout.read().splitlines()
    process.stdout.close()
    process.wait()
    answered = {line.decode().strip() for line in answered}

    database = open_database(database_url)
    kept = set(database.read_now(openids))
    database.close_now()
    halves = {openid.removesuffix("+") for openid in kept}
    assert len(answered) >= after
    assert answered <= kept
    assert len(kept) == 2 * len(halves)  # no act is there by half
    assert len(halves - answered) <= 8  # at most what was in hand when it died


CLAIM = """
import sys
sys.path[:0] = sys.argv[2:]
from sqlalchemy import bindparam, select, update
from storage.columns import table
from storage.contacts import Contact
from storage.database import open_database
from storage.hot import Hot
from storage.tables import metadata

contact = table(Contact).c
due = (
    select(contact.id).where(contact.state == "active").order_by(contact.id).limit(bindparam("n"))
    .with_for_update(skip_locked=True).cte("due")
)
claim = Hot(update(Contact).where(contact.id == due.c.id).values(state="gone").returning(contact.openid))
database = open_database(sys.argv[1])
claimed = database.write_now(lambda tx: tx.run(claim, n=20))
print("begun", flush=True)
sys.stdin.readline()
while rows := database.write_now(lambda tx: tx.run(claim, n=20)):
    claimed += rows
print(*(openid for (openid,) in claimed))
database.close_now()
"""


def test_two_processes_share_what_is_due_without_doubles(database, database_url):
    database.write_now(lambda tx: [add(tx, f"o{n}") for n in range(1000)])
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", CLAIM, database_url, root]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) for _ in range(2)]
    for process in processes:
        assert process.stdout.readline() == "begun\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    claimed = [process.communicate(timeout=60)[0].split() for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    assert all(claimed)
    assert sorted(claimed[0] + claimed[1]) == sorted(f"o{n}" for n in range(1000))


def test_claims_lock_rows_only_where_there_are_row_locks(database):
    due = select(contact.id).where(contact.state == "active").with_for_update(skip_locked=True).cte("due")
    claim = Hot(update(Contact).where(contact.id == due.c.id).values(state="gone").returning(contact.id))
    sql = claim.on(database.engine.dialect).sql
    assert ("SKIP LOCKED" in sql) == (database.dialect == "postgresql")
    assert "contact.state = 'active'" in sql  # so that a partial index is chosen


@pytest.mark.postgres
def test_a_deadlock_runs_the_act_again(postgres_url):
    database = open_database(postgres_url)
    for openid in ("o1", "o2"):
        database.write_now(add, openid)
    both = threading.Barrier(2)
    runs = []

    def crossing(tx, first, second):
        runs.append(first)
        tx.run(SET_QUOTA, id_=first, quota=first)
        if len(runs) <= 2:
            both.wait(10)
        tx.run(SET_QUOTA, id_=second, quota=first)

    threads = [threading.Thread(target=database.write_now, args=(crossing, *order)) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) >= 3
    database.close_now()


@pytest.mark.postgres
def test_a_lost_connection_is_made_again(postgres_server, postgres_url):
    database = open_database(postgres_url)
    database.write_now(add, "o1")
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'tests' AND pid <> pg_backend_pid()"
    postgres_server.execute(kill)
    for n in range(2, 9):
        database.write_now(add, f"o{n}")

    def cut(tx, runs):
        runs.append(add(tx, "o9"))
        if len(runs) == 1:
            postgres_server.execute(kill)
        add(tx, "o10")

    database.write_now(cut, runs := [])
    assert len(runs) == 2
    assert database.read_now(openids) == [f"o{n}" for n in range(1, 11)]
    database.close_now()


def test_the_database_says_what_it_is(database):
    assert database.dialect in ("sqlite", "postgresql")
    assert not database.behind
    assert database.write_now(lambda tx: tx.dialect) == database.dialect
    if database.dialect == "sqlite":
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        read = lambda tx: [tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]  # noqa: E731
        assert database.write_now(read) == ["wal", 2, 1, 5000]


def test_sessions_may_query_freely(database):
    from sqlmodel import select as pick

    database.write_now(add, "o1")
    assert database.read_now(
        lambda tx: [row.openid for row in tx.session.exec(pick(Contact).where(col(Contact.state) == "active"))]
    ) == ["o1"]
