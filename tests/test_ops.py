"""Is it well, and how much does it do."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from bot.care.parcel import Parcel, Receipt
from bot.web import ops
from bot.web.keys import DATABASE, NOW
from storage.contacts import Contact
from storage.messages import Outbound

NOW_IS = datetime(2026, 11, 21, 8, tzinfo=UTC)


def three_messages(tx):
    contact = Contact(openid="o1", created_at=NOW_IS)
    tx.session.add(contact)
    tx.session.flush()
    for number, (state, due) in enumerate([("pending", -90), ("leased", 60), ("sent", -3600)]):
        at = NOW_IS + timedelta(seconds=due)
        row = {"key": f"k{number}", "contact_id": contact.id, "lane": "service", "state": state, "due_at": at, "created_at": at}
        tx.session.add(Outbound(**row))


@pytest.fixture
async def site(database, aiohttp_client):
    """The operators' pages over an almost empty database."""
    pulse = SimpleNamespace(alive=True, failures={"outbox": 2})
    metrics = ops.Metrics()

    async def client(token=""):
        app = web.Application()
        app[DATABASE], app[NOW] = database, lambda: NOW_IS
        app.router.add_routes(ops.routes(metrics, lambda: pulse, token))
        return await aiohttp_client(app)

    return SimpleNamespace(client=client, pulse=pulse, metrics=metrics, database=database)


async def scrape(client, **kwargs):
    answer = await client.get("/metrics", **kwargs)
    assert answer.status == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(await answer.text())
        for sample in family.samples
    }


async def test_a_well_house_says_so(site):
    client = await site.client()
    await site.database.write(three_messages)
    answer = await client.get("/healthz")

    assert answer.status == 200
    assert await answer.json() == {"status": "ok", "database": "ok", "scheduler": "ok", "oldest_due_seconds": 90}


async def test_a_stopped_metronome_is_not_well(site):
    client = await site.client()
    site.pulse.alive = False
    answer = await client.get("/healthz")

    assert (answer.status, (await answer.json())["scheduler"]) == (503, "failing")


async def test_a_database_that_does_not_answer_is_not_well(site):
    client = await site.client()
    await site.database.close()
    answer = await client.get("/healthz")

    assert (answer.status, (await answer.json())["database"]) == (503, "failing")


async def test_metrics_count_what_waits_and_what_was_done(site):
    client = await site.client()
    await site.database.write(three_messages)
    for status, replied in ((200, True), (200, False), (403, False)):
        site.metrics.callback(status, 0.01, replied)

    async def send(parcel):
        return Receipt("sent")

    await site.metrics.sending(send)(Parcel(1, "k", 1, "o1", "template", {}, 1))
    site.metrics.error("message not kept")
    seen = await scrape(client)

    expected = {
        ("suifang_outbox", "pending"): 1,
        ("suifang_outbox", "leased"): 1,
        ("suifang_due", "messages"): 1,
        ("suifang_due_seconds", "messages"): 90,
        ("suifang_due", "touchpoints"): 0,
        ("suifang_writer_queue",): 0,
        ("suifang_chore_failures", "outbox"): 2,
        ("suifang_callbacks_total", "200"): 2,
        ("suifang_callbacks_total", "403"): 1,
        ("suifang_replies_total",): 1,
        ("suifang_callback_seconds_count",): 3,
        ("suifang_sent_total", "template", "sent"): 1,
        ("suifang_errors_total", "message not kept"): 1,
    }
    assert {name: seen.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"X-Forwarded-For": "203.0.113.5"}, 403),
        ("", {"Forwarded": "for=203.0.113.5"}, 403),
        ("t0k", {}, 403),
        ("t0k", {"Authorization": "Bearer other"}, 403),
        ("t0k", {"Authorization": "Bearer 令牌"}, 403),
        ("t0k", {"Authorization": "Bearer t0k", "X-Forwarded-For": "203.0.113.5"}, 200),
    ],
)
async def test_metrics_are_for_this_machine_or_the_token(site, token, headers, status):
    client = await site.client(token)
    answer = await client.get("/metrics", headers=headers)

    assert answer.status == status
