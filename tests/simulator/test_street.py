"""The bot's own callback and client against the simulator: two readings of WeChat's documents that must agree."""

from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from simulated import KEY, simulated

from bot.simulator.app import OPTIONS, Template
from bot.wechat.callback import Callback
from bot.wechat.client import Client, Visitor, open_session
from bot.wechat.errors import ApiError, Reaction, Unreachable

APPID, SECRET, TOKEN = "wx0000000000000000", "sim-secret", "sim-token"
CARD = Template("T1", "随访提醒", "科室：{{thing1.DATA}}\n时间：{{time2.DATA}}")
NOTICE = {"thing1": "骨科", "time2": "2026-11-28 09:00"}


class Shelf:
    """Where the token lies."""

    def __init__(self):
        self.token = None

    async def get(self, appid):
        return self.token

    async def put(self, appid, token):
        self.token = token


@pytest.fixture
async def street():
    async with simulated(templates=(CARD,)) as world, open_session() as session:
        yield world, Client(world.base, APPID, SECRET, Shelf(), session, now=world.clock.now)


ACTS = [
    ("text", {"text": "38度5 ]]> <b>😀"}, {"kind": "text", "text": "38度5 ]]> <b>😀"}),
    ("tap", {"id": "101", "content": "满意"}, {"kind": "text", "text": "满意", "tapped": "101"}),
    ("image", {}, {"kind": "image"}),
    ("voice", {}, {"kind": "voice"}),
    ("video", {}, {"kind": "video"}),
    ("location", {"label": "家"}, {"kind": "location"}),
    ("link", {"title": "题", "url": "https://example.org"}, {"kind": "link"}),
    ("sticker", {}, {"kind": "unknown"}),
    ("scan", {"scene": "e-1"}, {"kind": "event", "event": "scan", "event_key": "e-1"}),
    ("unfollow", {}, {"kind": "event", "event": "unsubscribe"}),
    ("subscribe", {"template_id": "S1"}, {"kind": "event", "event": "subscribe_msg_popup_event"}),
]


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_every_act_is_read_and_every_reply_shown(mode):
    async with simulated(mode=mode, aes_key=KEY if mode != "plain" else "") as world:
        callback = Callback(TOKEN, KEY, APPID, mode)
        inbounds = []

        async def receive(request):
            inbound = callback.decode(request.query, await request.read(), world.clock.now())
            inbounds.append(inbound)
            sealed = callback.sealed(request.query)
            return web.Response(body=callback.encode(inbound, "记下了]]>😀", world.clock.now(), "n1", sealed=sealed))

        async def echo(request):
            return web.Response(text=callback.verify(request.query, world.clock.now()))

        bot = web.Application()
        bot.router.add_post("/wechat", receive)
        bot.router.add_get("/wechat", echo)
        async with TestServer(bot) as server:
            world.app[OPTIONS].callback_url = str(server.make_url("/wechat"))
            assert await world.sim("verify") == {"verified": True}
            openid = await world.phone(follows=False)
            assert (await world.act(openid, "scan", scene="e-1"))["text"] == "记下了]]>😀"
            assert (inbounds[0].event, inbounds[0].event_key) == ("subscribe", "e-1")
            for act, body, expected in ACTS:
                await world.act(openid, "follow")
                done = await world.act(openid, act, **body)
                assert done["outcome"] == "answered", (act, done)
                inbound = inbounds[-1]
                assert {name: getattr(inbound, name) for name in expected} == expected
                assert (inbound.openid, inbound.at) == (openid, world.clock.now().replace(microsecond=0))
                assert bool(inbound.media_id) == (act in ("image", "voice", "video"))
                world.clock.advance(timedelta(seconds=1))
            assert len({one.key for one in inbounds}) == len(inbounds)


async def test_texts_notices_and_their_refusals(street):
    world, client = street
    openid = await world.phone()
    with pytest.raises(ApiError) as shut:
        await client.send_text(openid, "您好")
    assert (shut.value.code, shut.value.reaction) == (45015, Reaction.GIVE_UP_LANE)
    await world.act(openid, "text", text="在吗")
    assert await client.typing(openid) is True
    for _ in range(5):
        await client.send_text(openid, '多喝水，"好\\的" 😀')
    with pytest.raises(ApiError) as spent:
        await client.send_text(openid, "第六条")
    assert spent.value.code == 45047
    first = await client.send_template(openid, "T1", NOTICE, "https://example.org", "K1")
    assert await client.send_template(openid, "T1", NOTICE, "https://example.org", "K1") == first
    with pytest.raises(ApiError) as long:
        await client.send_template(openid, "T1", {**NOTICE, "thing1": "长" * 21})
    assert long.value.code == 47003
    await world.act(openid, "subscribe", template_id="T1")
    await client.send_subscription(openid, "T1", NOTICE, "https://example.org")
    with pytest.raises(ApiError) as refused:
        await client.send_subscription(openid, "T1", NOTICE)
    assert refused.value.code == 43101
    shown = [one["kind"] for one in await world.bubbles(openid) if one["side"] == "account"]
    assert shown == ["text"] * 6 + ["template"] * 2


async def test_tokens_are_fetched_anew_once(street):
    world, client = street
    openid = await world.phone()
    for what in ("kill", "expire"):
        await client.user_info(openid)
        await world.sim("tokens", what=what)
        assert (await client.user_info(openid))["subscribe"] == 1
    world.clock.advance(timedelta(hours=3))
    assert (await client.user_info(openid))["subscribe"] == 1
    await world.sim("faults", kind="bad_token", left=None, path="/cgi-bin/user/info")
    with pytest.raises(ApiError) as stubborn:
        await client.user_info(openid)
    assert (stubborn.value.code, stubborn.value.reaction) == (40001, Reaction.OPERATOR)


async def test_a_cut_connection_is_reported_as_doubt(street):
    world, client = street
    openid = await world.phone()
    await world.act(openid, "text", text="在吗")
    await client.send_text(openid, "一")
    await world.sim("faults", kind="cut", path="/cgi-bin/message/custom/send", done=True)
    with pytest.raises(Unreachable) as doubt:
        await client.send_text(openid, "二")
    assert doubt.value.written is True
    assert (await world.bubbles(openid))[-1]["text"] == "二"


async def test_codes_menu_media_and_sign_in(street):
    world, client = street
    openid = await world.phone()
    scene = await client.create_qrcode("e-9", 600)
    await world.act(openid, "scan", scene=scene.url)
    assert world.webhook.pushes[-1]["EventKey"] == "e-9"
    await client.create_menu([{"type": "click", "name": "我的随访", "key": "FOLLOWUP"}])
    await world.act(openid, "menu", key="FOLLOWUP")
    assert world.webhook.pushes[-1]["Event"] == "CLICK"
    await world.act(openid, "image")
    assert (await client.get_media(world.webhook.pushes[-1]["MediaId"])).startswith(b"\x89PNG")
    assert await client.get_media(await client.upload_media("image", "a.jpg", b"\xff\xd8\xff")) == b"\xff\xd8\xff"
    code = world.platform.codes.issue(openid, "snsapi_base", world.clock.now())
    assert await client.visitor(code) == Visitor(openid, snapshot=False)
