"""Switched troubles, the clock's levers, the traffic ring and the control API's manners."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest
from simulated import MONDAY, simulated

from bot.simulator.clock import Clock

SEND = "/cgi-bin/message/custom/send"


@pytest.mark.parametrize(("kind", "errcode"), [("busy", -1), ("bad_token", 40001), ("quota", 45009)])
async def test_a_code_for_one_path_a_number_of_times(kind, errcode):
    async with simulated() as world:
        openid = await world.phone()
        await world.act(openid, "text", text="在吗")
        await world.sim("faults", kind=kind, path=SEND, left=2)
        assert (await world.api("cgi-bin/getcallbackip")).get("errcode", 0) == 0
        assert [await world.say(openid) for _ in range(3)] == [errcode, errcode, 0]
        assert (await world.look("faults"))["faults"] == []


async def test_a_code_for_every_path_until_it_is_switched_off():
    async with simulated() as world:
        fault = await world.sim("faults", kind="code", code=48004, left=None)
        for path in ("cgi-bin/getcallbackip", "cgi-bin/user/get"):
            assert (await world.api(path))["errcode"] == 48004
        async with world.session.delete(f"/sim/faults?id={fault['id']}") as answer:
            assert await answer.json() == {"faults": []}
        assert "errcode" not in await world.api("cgi-bin/user/get")


async def test_busy_may_have_delivered_all_the_same():
    async with simulated() as world:
        openid = await world.phone()
        await world.act(openid, "text", text="在吗")
        await world.sim("faults", kind="busy", path=SEND, done=True)
        assert await world.say(openid, "收到了吗") == -1
        assert (await world.bubbles(openid))[-1]["text"] == "收到了吗"


@pytest.mark.parametrize(("done", "delivered"), [(False, False), (True, True)])
async def test_a_cut_connection_leaves_the_caller_in_doubt(done, delivered):
    async with simulated() as world:
        openid = await world.phone()
        await world.act(openid, "text", text="在吗")
        await world.sim("faults", kind="cut", path=SEND, done=done)
        with pytest.raises(aiohttp.ClientError):
            await world.say(openid, "断了")
        assert ("断了" in [one.get("text") for one in await world.bubbles(openid)]) == delivered
        assert await world.say(openid) == 0


async def test_a_slow_answer_keeps_others_going():
    async with simulated() as world:
        await world.phone()
        await world.sim("faults", kind="slow", path="/cgi-bin/user/get", seconds=0.3)
        taken = asyncio.Event()
        world.faults.changed = taken.set
        slow = asyncio.ensure_future(world.api("cgi-bin/user/get"))
        await taken.wait()
        assert "ip_list" in await world.api("cgi-bin/getcallbackip")
        assert not slow.done()
        assert (await slow)["total"] == 1


async def test_a_duplicate_push_is_one_message_twice_and_one_answer():
    async with simulated() as world:
        openid = await world.phone()
        await world.sim("faults", kind="duplicate")
        await world.act(openid, "text", text="在吗")
        assert len(world.webhook.pushes) == 2
        assert len({one["MsgId"] for one in world.webhook.pushes}) == 1
        assert [one["side"] for one in await world.bubbles(openid)] == ["me", "account"]


async def test_out_of_order_lets_the_second_go_first():
    async with simulated() as world:
        openid = await world.phone()
        await world.sim("faults", kind="out_of_order")
        for said in ("一", "二", "三"):
            await world.sim(f"phones/{openid}/text", text=said)
        await world.pusher.idle()
        assert [one["Content"] for one in world.webhook.pushes] == ["二", "一", "三"]


async def test_a_lost_answer_brings_the_same_message_again():
    async with simulated(push_delays=(0.0, 0.01)) as world:
        openid = await world.phone()
        await world.sim("faults", kind="cut", path="push")
        told = await world.act(openid, "text", text="在吗")
        assert (told["outcome"], told["attempts"]) == ("answered", 2)
        assert len({one["MsgId"] for one in world.webhook.pushes}) == 1


# ── the clock ──


async def test_the_clock_moves_forward_runs_fast_and_stops():
    real = [0.0]
    clock = Clock(MONDAY, real=lambda: real[0])
    real[0] += 10
    assert clock.now() == MONDAY + timedelta(seconds=10)
    clock.advance(timedelta(hours=1))
    clock.set_rate(60)
    real[0] += 60
    assert clock.now() == MONDAY + timedelta(hours=2, seconds=10)
    clock.set_rate(0)
    real[0] += 60
    assert clock.now() == MONDAY + timedelta(hours=2, seconds=10)
    assert clock.advance_to(MONDAY) == clock.now(), "never back"
    with pytest.raises(ValueError, match="go back"):
        clock.advance(timedelta(seconds=-1))


async def test_to_the_next_contact():
    due = [MONDAY + timedelta(hours=5), None]

    async def next_due():
        return due.pop(0)

    async with simulated(next_due=next_due) as world:
        told = await world.sim("clock", next=True)
        assert (told["now"], told["moved"]) == ((MONDAY + timedelta(hours=5)).isoformat(), True)
        assert (await world.sim("clock", next=True))["moved"] is False
        assert (await world.look("state"))["can_find_next"] is True


@pytest.mark.parametrize("body", [{"advance": -5}, {"advance": "x"}, {"rate": -1}, {"rate": 1e9}, {"advance": 1e300}])
async def test_a_clock_lever_pulled_wrongly(body):
    async with simulated() as world, world.session.post("/sim/clock", json=body) as answer:
        assert answer.status == 400
        assert world.clock.now() == MONDAY


# ── traffic, stream, manners ──


async def test_traffic_shows_both_directions_of_one_person_and_forgets_the_oldest():
    async with simulated() as world:
        first, second = await world.phone(), await world.phone()
        await world.act(first, "text", text="疼")
        await world.act(second, "text", text="不疼")
        await world.say(first, "好好休息")
        pushed, sent = (await world.look(f"traffic?openid={first}"))["traffic"]
        assert (pushed["way"], pushed["status"]) == ("push", 200)
        assert "疼" in pushed["body"]
        assert "收到：疼" in pushed["answer"]
        assert (sent["way"], "好好休息" in sent["body"], sent["answer"]) == ("api", True, '{"errcode":0,"errmsg":"ok"}')
        assert (await world.look(f"traffic?after={sent['id']}"))["traffic"] == []
        for _ in range(2100):
            world.traffic.add(MONDAY, "api", "", "GET /", b"x" * 5000, 200, b"", 0.0)
        kept = (await world.look("traffic?limit=9999"))["traffic"]
        assert len(kept) == 2000
        assert kept[0]["body"].endswith("(5000 bytes)")


async def test_the_stream_tells_what_changed():
    async with simulated() as world:
        openid = await world.phone()
        async with world.session.get("/sim/stream") as stream:
            assert stream.content_type == "text/event-stream"
            await world.act(openid, "text", text="在吗")
            seen = b""
            while b'"left":5' not in seen:
                seen += await asyncio.wait_for(stream.content.readline(), 5)
        assert openid.encode() in seen


BAD = [
    ("phones", {}, 400),
    ("phones", {"name": "甲", "openid": "o1"}, 400),
    ("phones/nobody/text", {"text": "在吗"}, 404),
    ("phones/o1/dance", {}, 404),
    ("phones/o1/text", {}, 400),
    ("phones/o1/tap", {"bubble": 99, "option": "1"}, 404),
    ("phones/o1/menu", {"name": "没有"}, 404),
    ("phones/o1/image", {"data": "###"}, 400),
    ("phones/o1/location", {"x": "here"}, 400),
    ("faults", {"kind": "flood"}, 400),
    ("faults", {"kind": "busy", "left": "many"}, 400),
    ("faults", {"kind": "busy", "path": "push"}, 400),
    ("templates", {"id": "T"}, 400),
]


@pytest.mark.parametrize(("path", "body", "status"), BAD)
async def test_bad_orders_are_refused_and_break_nothing(path, body, status):
    async with simulated() as world:
        await world.phone()
        async with world.session.post(f"/sim/{path}", json=body) as answer:
            assert answer.status == status
        async with world.session.post(f"/sim/{path}", data=b"[") as answer:
            assert answer.status in (400, 404)
        assert (await world.look("state"))["waiting"] == 0


@pytest.mark.parametrize(("origin", "status"), [("https://elsewhere.example.org", 403), ("null", 403), (None, 200)])
async def test_pages_of_other_sites_cannot_press_the_buttons(origin, status):
    async with simulated() as world:
        headers = {"Origin": origin or world.base}
        async with world.session.post("/sim/phones", json={"name": "甲"}, headers=headers) as answer:
            assert answer.status == status
        assert len(world.platform.users) == (status == 200)


async def test_the_page_carries_a_strict_policy_and_loads_nothing_from_elsewhere():
    async with simulated() as world:
        async with world.session.get("/") as answer:
            policy, page = answer.headers["Content-Security-Policy"], await answer.text()
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script>" not in page
        assert "style=" not in page
        for name in ("phones.css", "phones.js", "phone.js", "panel.js", "bubbles.js", "dom.js", "icons.svg", "icon.svg"):
            async with world.session.get(f"/sim/static/{name}") as answer:
                assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
                found = await answer.text()
                assert "https://" not in found.replace("https?://", "").replace("http://www.w3.org", "")
