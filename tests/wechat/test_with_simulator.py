"""Webhook and client against the simulated platform, which was written from WeChat's documents by somebody else."""

from datetime import timedelta
from io import BytesIO

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from PIL import Image

from bot.care.media import Gone, Unfit
from bot.simulator import app as simulator
from bot.simulator.options import Options, Template
from bot.web import webhook
from bot.web.keys import CALLBACK, DATABASE, NOW, PRACTICE
from bot.wechat.callback import Callback
from bot.wechat.client import Client, open_session
from bot.wechat.errors import ApiError, Reaction
from bot.wechat.media import Fetcher
from bot.wechat.sender import Account, Sender
from bot.wechat.tokens import SharedTokens
from storage.messages import Inbound
from tests.wechat.care import Care, requeue
from tests.wechat.test_callback import KEY
from tests.wechat.test_sender import parcel
from tests.wechat.test_webhook import rows

OPENID = "oInventedPatient0000000000001"


class Town:
    """The platform, the bot's callback and client, and one phone."""

    async def phone(self, act, **body):
        async with self.http.post(self.platform.make_url(f"/sim/phones/{OPENID}/{act}?wait=1"), json=body) as answer:
            assert answer.status == 200, await answer.text()
            return (await answer.json())["delivery"]

    async def bubbles(self):
        async with self.http.get(self.platform.make_url(f"/sim/phones/{OPENID}")) as answer:
            return [bubble.get("text") for bubble in (await answer.json())["bubbles"]]


@pytest.fixture(params=["plain", "compatible", "safe"])
async def town(request, sqlite_database):
    town, care = Town(), Care()
    town.database = sqlite_database
    options = Options(
        mode=request.param, aes_key=KEY, templates=(Template("TPL1", "随访", "事项：{{thing1.DATA}}"),), finish_delay=0
    )
    built = simulator.build(options)
    now = built[simulator.CLOCK].now
    town.platform, bot = TestServer(built), web.Application()
    bot[DATABASE], bot[PRACTICE], bot[NOW] = sqlite_database, None, now
    bot[CALLBACK] = Callback(options.token, KEY, options.appid, request.param)
    webhook.install(bot, care.receive, requeue)
    callback = TestServer(bot)
    await town.platform.start_server()
    await callback.start_server()
    options.callback_url = str(callback.make_url("/wechat"))
    async with ClientSession() as town.http, open_session() as session:
        url = str(town.platform.make_url("/"))
        town.client = Client(url, options.appid, options.secret, SharedTokens(sqlite_database), session, now=now)
        town.sender = Sender(town.client, Account({"greeting": "TPL1"}), now)
        town.clock = built[simulator.CLOCK]
        town.media = built[simulator.PLATFORM].media
        async with town.http.post(town.platform.make_url("/sim/phones"), json={"name": "张三", "openid": OPENID}) as answer:
            assert answer.status == 200
        yield town
    await town.platform.close()
    await callback.close()


async def test_the_platform_accepts_the_address(town):
    async with town.http.post(town.platform.make_url("/sim/verify"), json={}) as answer:
        assert answer.status == 200
        assert "true" in (await answer.text()).lower()


async def test_what_patients_send_is_fetched_while_the_platform_has_it(town):
    fetch, now = Fetcher(town.client).fetch, town.clock.now()
    out = BytesIO()
    Image.new("RGB", (3000, 2000), "pink").save(out, "PNG")
    photo = town.media.keep("image", "image/png", out.getvalue(), now)
    voice = town.media.keep("voice", "audio/amr", b"#!AMR\n" + (b"\x3c" + bytes(31)) * 200, now)
    nothing = town.media.keep("image", "image/jpeg", b"not a photo", now)
    fetched = await fetch("image", photo.id)
    assert (fetched.content_type, fetched.width, fetched.height) == ("image/jpeg", 2560, 1707)
    assert Image.open(BytesIO(fetched.small)).size == (320, 213)
    assert (await fetch("voice", voice.id)).seconds == 4
    with pytest.raises(Unfit):
        await fetch("image", nothing.id)
    with pytest.raises(Gone):
        await fetch("image", "no such id")
    town.clock.advance(timedelta(days=3, minutes=1))
    with pytest.raises(Gone):
        await fetch("image", photo.id)


async def test_more_than_wechat_ever_sends_is_not_read(town):
    large = town.media.keep("image", "image/png", bytes(13 << 20), town.clock.now())
    with pytest.raises(Unfit, match="太大"):
        await Fetcher(town.client).fetch("image", large.id)


async def test_a_talk_both_ways(town):
    await town.phone("follow")
    delivery = await town.phone("text", text="伤口]]>不疼👌")
    await town.client.send_text(OPENID, "护士：好的")

    assert delivery["attempts"] == 1
    assert [text for text in await town.bubbles() if text][-3:] == ["伤口]]>不疼👌", "收到：伤口]]>不疼👌", "护士：好的"]
    assert [(row.kind, row.event, row.text) for row in rows(town.database, Inbound)] == [
        ("event", "subscribe", ""),
        ("text", "", "伤口]]>不疼👌"),
    ]


async def test_the_window_closes_and_the_quota_runs_out(town):
    await town.phone("follow")
    await town.phone("text", text="在吗")
    for _ in range(5):
        assert (await town.sender.send(parcel("service", openid=OPENID))).outcome == "sent"
    spent = await town.sender.send(parcel("service", openid=OPENID))
    await town.phone("unfollow")
    gone = await town.sender.send(parcel("template", openid=OPENID))

    assert (spent.outcome, spent.errcode) == ("lane_shut", 45047)
    assert (gone.outcome, gone.errcode) == ("contact_gone", 43004)
    with pytest.raises(ApiError) as refused:
        await town.client.send_text("oNobody", "在吗")
    assert refused.value.reaction is Reaction.CONTACT_GONE
    assert refused.value.rid


async def test_a_notice_sent_twice_under_one_key_arrives_once(town):
    await town.phone("follow")
    first, second = [await town.sender.send(parcel("template", openid=OPENID)) for _ in range(2)]

    assert (first.outcome, second.outcome) == ("sent", "sent")
    assert first.remote_id == second.remote_id != ""


async def test_a_spoilt_token_is_renewed_unseen(town):
    await town.phone("follow")
    await town.phone("text", text="在吗")
    await town.client.send_text(OPENID, "一")
    for what in ("kill", "expire"):
        async with town.http.post(town.platform.make_url("/sim/tokens"), json={"what": what}) as answer:
            assert answer.status == 200, await answer.text()
        await town.client.send_text(OPENID, what)


async def test_a_scanned_code_brings_its_scene(town):
    scene = await town.client.create_qrcode("p_k3J9x", 60)
    await town.phone("scan", scene="p_k3J9x")

    assert scene.url
    assert [(row.event, row.kind) for row in rows(town.database, Inbound)] == [("subscribe", "event")]
    assert (await town.client.user_info(OPENID))["subscribe"] == 1
