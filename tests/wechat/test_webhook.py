"""The webhook over HTTP with a database behind it: what WeChat and what a stranger get back, and what is kept."""

import asyncio
from datetime import timedelta

import pytest
import structlog
from aiohttp import ClientSession, web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from bot.web import webhook
from bot.web.keys import CALLBACK, DATABASE, NOW, PRACTICE
from storage.messages import Inbound, Outbound
from tests.wechat.care import Care, requeue
from tests.wechat.documents import DOCUMENTS, OPENID, text
from tests.wechat.test_callback import KEY, TOKEN, answered, compatible, peer, plain, safe, sealed, signed
from tests.wechat.test_callback import NOW as THEN


@pytest.fixture
def care():
    care = Care()
    yield care
    care.gate.set()


@pytest.fixture
def make(care, aiohttp_client):
    async def make(database, callback=plain, budget=5.0):
        app = web.Application()
        app[DATABASE], app[PRACTICE], app[CALLBACK], app[NOW] = database, None, callback, lambda: THEN
        webhook.install(app, care.receive, requeue, budget=budget)
        return await aiohttp_client(app)

    return make


def rows(database, table):
    return database.read_now(lambda tx: list(tx.session.exec(select(table).order_by(table.id))))


PARTS = ["signature", "timestamp", "nonce", "msg_signature", "encrypt_type", "openid"]


async def post(client, body, query=None, **more):
    return await client.post("/wechat", params=query or signed(), data=body, **more)


async def test_wechat_verifies_the_address(make, sqlite_database):
    client = await make(sqlite_database)
    answer = await client.get("/wechat", params=signed(echostr="4375120948345356249"))

    assert (answer.status, await answer.text()) == (200, "4375120948345356249")
    for query in ({}, {"echostr": "<script>"}, signed(echostr="1") | {"signature": "0" * 40}):
        answer = await client.get("/wechat", params=query)
        assert (answer.status, await answer.text()) == (403, "")


async def test_a_text_is_kept_and_answered(make, database):
    client = await make(database)
    answer = await post(client, text("伤口不疼"))

    assert answer.status == 200
    assert answer.content_type == "application/xml"
    assert answered(await answer.read())["Content"] == "收到：伤口不疼"
    assert [(row.text, row.kind) for row in rows(database, Inbound)] == [("伤口不疼", "text")]


async def test_in_safe_mode_the_answer_is_sealed(make, sqlite_database):
    client = await make(sqlite_database, safe)
    query, body = sealed(text("伤口不疼"))
    answer = await (await post(client, body, query)).read()

    wrapped = answered(answer)
    opened = peer.decrypt_message(answer, wrapped["MsgSignature"], wrapped["TimeStamp"], wrapped["Nonce"])
    assert answered(opened)["Content"] == "收到：伤口不疼"


async def test_in_compatible_mode_each_request_is_answered_in_its_own_way(make, sqlite_database):
    client = await make(sqlite_database, compatible)
    query, body = sealed(text("一", message_id=1))

    assert set(answered(await (await post(client, body, query)).read())) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
    assert answered(await (await post(client, text("二", message_id=2))).read())["Content"] == "收到：二"


async def test_every_kind_is_kept(make, database):
    client = await make(database)
    for body, _ in DOCUMENTS.values():
        assert (await post(client, body)).status == 200

    expected = {fields["key"] for _, fields in DOCUMENTS.values()}
    assert {row.key for row in rows(database, Inbound)} == expected


async def test_nothing_to_say_is_an_empty_answer(make, care, sqlite_database):
    care.reply = None
    answer = await post(await make(sqlite_database), text("好"))

    assert (answer.status, await answer.read()) == (200, b"")


async def test_a_retry_gets_the_same_answer_and_changes_nothing(make, database):
    client = await make(database)
    answers = [await (await post(client, text("好"))).read() for _ in range(3)]

    assert len(set(answers)) == 1
    assert len(rows(database, Inbound)) == len(rows(database, Outbound)) == 1


async def test_a_retry_while_the_first_is_in_work_gets_the_same_answer(make, care, database):
    client = await make(database)
    care.gate.clear()
    deliveries = [asyncio.create_task(post(client, text("好"))) for _ in range(3)]
    await asyncio.to_thread(care.entered.wait, 5)
    care.gate.set()
    answers = [await (await delivery).read() for delivery in deliveries]

    assert answered(answers[0])["Content"] == "收到：好"
    assert len(set(answers)) == 1
    assert len(rows(database, Inbound)) == len(rows(database, Outbound)) == 1


# --- too slow


async def test_an_act_that_takes_too_long_answers_through_the_outbox(make, care, database):
    client = await make(database, budget=0.02)
    care.gate.clear()
    answer = await post(client, text("好"))

    assert (answer.status, await answer.read()) == (200, b"")
    care.gate.set()
    await client.close()  # waits for what is late
    (row,) = rows(database, Outbound)
    assert (row.lane, row.state, row.body) == ("service", "pending", {"text": "收到：好"})


async def test_an_act_that_takes_too_long_and_says_nothing_leaves_the_outbox_alone(make, care, sqlite_database):
    client = await make(sqlite_database, budget=0.02)
    care.gate.clear()
    care.reply = None
    assert (await post(client, text("好"))).status == 200
    care.gate.set()
    await client.close()

    assert len(rows(sqlite_database, Inbound)) == 1
    assert rows(sqlite_database, Outbound) == []


async def test_an_act_that_takes_too_long_and_fails_is_told_in_the_log(make, care, sqlite_database):
    client = await make(sqlite_database, budget=0.02)
    care.gate.clear()
    care.fault = ValueError("伤口疼")
    with structlog.testing.capture_logs() as logs:
        assert (await post(client, text("好"))).status == 200
        care.gate.set()
        await client.close()

    assert [(entry["event"], "伤口" in str(entry)) for entry in logs] == [("late message not answered", False)]
    assert rows(sqlite_database, Inbound) == []


async def test_a_caller_that_hangs_up_loses_nothing(make, care, sqlite_database):
    client = await make(sqlite_database)
    care.gate.clear()
    delivery = asyncio.create_task(post(client, text("好")))
    await asyncio.to_thread(care.entered.wait, 5)
    delivery.cancel()
    care.gate.set()
    await client.close()

    assert len(rows(sqlite_database, Inbound)) == 1


async def test_a_message_that_cannot_be_kept_is_asked_for_again(make, care, sqlite_database):
    client = await make(sqlite_database)
    care.fault = RuntimeError(f"broken for {OPENID}: 伤口疼")
    with structlog.testing.capture_logs() as logs:
        answer = await post(client, text("伤口疼"))

    assert (answer.status, await answer.read()) == (503, b"")
    assert rows(sqlite_database, Inbound) == []
    assert logs[0]["error"].startswith("RuntimeError in receive:")
    assert OPENID not in str(logs)
    assert "伤口" not in str(logs)
    care.fault = None
    assert (await post(client, text("伤口疼"))).status == 200
    assert len(rows(sqlite_database, Inbound)) == 1


# --- strangers and damage


async def test_strangers_are_refused_and_leave_nothing(make, sqlite_database):
    client = await make(sqlite_database)
    old = THEN - timedelta(seconds=301)
    for query in (
        {"a": "1"},
        signed() | {"signature": "0" * 40},
        signed(old),
        signed() | {"nonce": ""},
        signed() | {"timestamp": ""},
    ):
        with structlog.testing.capture_logs() as logs:
            answer = await post(client, text("伤口疼"), query)
        assert (answer.status, await answer.read()) == (403, b"")
        assert OPENID not in str(logs)
        assert "伤口" not in str(logs)

    assert rows(sqlite_database, Inbound) == []


@pytest.mark.parametrize("size", [64 * 1024 + 1, 70_000, 300_000])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused(make, sqlite_database, size, chunked):
    client = await make(sqlite_database)
    body = text("疼").ljust(size)

    async def pieces():
        for start in range(0, size, 8000):
            yield body[start : start + 8000]

    answer = await post(client, pieces() if chunked else body)
    assert answer.status == 413
    assert rows(sqlite_database, Inbound) == []


async def test_a_body_of_just_64_kib_is_read(make, sqlite_database):
    client = await make(sqlite_database)

    assert (await post(client, text("疼").ljust(64 * 1024))).status == 200


async def raw(client, *pieces, hang_up=False):
    """Speak HTTP by hand; the status of the answer."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    if hang_up:
        writer.close()
        await writer.wait_closed()
        return None
    line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


def head(*headers):
    query = "&".join(f"{name}={value}" for name, value in signed().items())
    return "\r\n".join([f"POST /wechat?{query} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


async def test_broken_http_is_refused_in_one_line(make, sqlite_database, caplog):
    client = await make(sqlite_database)
    body = text("疼")
    chunked = head("Transfer-Encoding: chunked")

    assert await raw(client, head(f"Content-Length: {len(body)}"), body[:10], body[10:]) == 200
    assert await raw(client, chunked, b"zz\r\nnot a chunk\r\n") == 400
    assert await raw(client, head("Content-Encoding: gzip", f"Content-Length: {len(body)}"), body) == 400
    await raw(client, head(f"Content-Length: {len(body)}"), body[:10], hang_up=True)
    await client.close()
    assert len(rows(sqlite_database, Inbound)) == 1
    assert "Traceback" not in caplog.text
    assert "not a chunk" not in caplog.text
    assert caplog.text.count("broken request") == 2


async def test_a_body_that_dribbles_in_is_not_waited_for(make, sqlite_database):
    client = await make(sqlite_database, budget=0.02)

    assert await raw(client, head("Content-Length: 300"), text("疼")[:10]) == 400


async def test_too_much_is_refused_before_it_has_all_come(make, sqlite_database):
    client = await make(sqlite_database)
    chunk = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"

    assert await raw(client, head("Content-Length: 70000"), b"<xml>") == 413
    assert await raw(client, head("Transfer-Encoding: chunked"), chunk * 9) == 413


async def test_our_own_mistakes_keep_their_traceback(aiohttp_client, caplog):
    async def broken(request):
        raise ValueError("ours")

    app = web.Application()
    webhook.install(app, None, None)
    app.router.add_get("/", broken)
    assert (await (await aiohttp_client(app)).get("/")).status == 500
    assert "Traceback" in caplog.text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    body=st.one_of(
        st.binary(max_size=300), st.sampled_from([document for document, _ in DOCUMENTS.values()]).map(lambda b: b[:-9])
    ),
    query=st.one_of(
        st.just("signed"),
        st.dictionaries(
            st.sampled_from(["signature", "timestamp", "nonce", "msg_signature", "encrypt_type", "openid"]), st.text()
        ),
    ),
)
@pytest.mark.parametrize("mode", ["plain", "safe"])
def test_any_input_is_refused_and_nothing_else(mode, body, query, strangers):
    assert strangers(mode, body, signed() if query == "signed" else query) in (400, 403)


@pytest.fixture(scope="module")
def strangers():
    """A running server to throw things at; nothing may ever reach its database."""
    loop = asyncio.new_event_loop()

    class Untouched:
        def write(self, *args):
            raise AssertionError("something got through")

    servers = {}
    for mode, callback in {"plain": plain, "safe": safe}.items():
        app = web.Application()
        app[DATABASE], app[PRACTICE], app[CALLBACK], app[NOW] = Untouched(), None, callback, lambda: THEN
        webhook.install(app, None, None)
        runner = web.AppRunner(app)
        loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        loop.run_until_complete(site.start())
        servers[mode] = (runner, site._server.sockets[0].getsockname()[1])

    async def session():
        return ClientSession()

    http = loop.run_until_complete(session())

    def throw(mode, body, query):
        async def ask():
            async with http.post(f"http://127.0.0.1:{servers[mode][1]}/wechat", params=query, data=body) as answer:
                return answer.status

        return loop.run_until_complete(ask())

    yield throw
    loop.run_until_complete(http.close())
    for runner, _ in servers.values():
        loop.run_until_complete(runner.cleanup())
    loop.close()


def test_the_test_settings_are_tencents():
    assert (TOKEN, len(KEY)) == ("pamtest", 43)
