"""Pushes over a real connection: order, retries, what answers show, and the three modes."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web
from simulated import KEY, reply, simulated

from bot.simulator import xml
from bot.simulator.crypto import Sealer, sign

FAULT = "该公众号提供的服务出现故障，请稍后再试"
FAST = {"push_timeout": 0.2, "push_delays": (0.0, 0.2, 0.4)}


async def test_a_text_arrives_signed_and_the_answer_is_shown():
    async with simulated() as world:
        openid = await world.phone()
        told = await world.act(openid, "text", text="今天38度5 <b>]]>&😀")
        (push,), (query,) = world.webhook.pushes, world.webhook.queries
        assert push["Content"] == "今天38度5 <b>]]>&😀"
        assert (push["FromUserName"], push["MsgType"]) == (openid, "text")
        assert query["signature"] == sign("sim-token", query["timestamp"], query["nonce"])
        assert (query["openid"], "encrypt_type" in query) == (openid, False)
        assert int(push["CreateTime"]) == int(query["timestamp"]) == int(world.clock.now().timestamp())
        assert told["outcome"] == "answered"
        assert [(one["side"], one["text"]) for one in await world.bubbles(openid)] == [
            ("me", "今天38度5 <b>]]>&😀"),
            ("account", "收到：今天38度5 <b>]]>&😀"),
        ]


async def test_characters_xml_cannot_hold_are_left_out_of_a_push():
    async with simulated() as world:
        openid = await world.phone()
        assert (await world.act(openid, "text", text="疼\x00\x0b得\ufffe厉害"))["text"] == "收到：疼得厉害"


async def test_a_passive_reply_costs_no_message():
    async with simulated() as world:
        openid = await world.phone()
        await world.act(openid, "text", text="在吗")
        assert (await world.look(f"phones/{openid}"))["phone"]["left"] == 5


KINDS = [
    ("image", {}, {"MsgType": "image"}, ["PicUrl", "MediaId", "MsgId"]),
    ("voice", {"recognition": ""}, {"MsgType": "voice", "Format": "amr", "Recognition": ""}, ["MediaId", "MsgId"]),
    ("video", {}, {"MsgType": "video"}, ["MediaId", "ThumbMediaId", "MsgId"]),
    ("location", {"x": 1.5, "y": 2.5, "label": "家"}, {"Location_X": "1.5", "Location_Y": "2.5", "Label": "家"}, ["Scale"]),
    ("link", {"title": "题", "url": "https://example.org"}, {"Title": "题", "Url": "https://example.org"}, ["MsgId"]),
    ("sticker", {}, {"MsgType": "text", "Content": "【收到不支持的消息类型，暂无法显示】"}, ["MsgId"]),
    ("tap", {"id": "101", "content": "满意"}, {"MsgType": "text", "Content": "满意", "bizmsgmenuid": "101"}, ["MsgId"]),
    ("scan", {"scene": "w1"}, {"MsgType": "event", "Event": "SCAN", "EventKey": "w1"}, ["Ticket"]),
    ("unfollow", {}, {"MsgType": "event", "Event": "unsubscribe"}, []),
]


@pytest.mark.parametrize(("act", "body", "fields", "present"), KINDS)
async def test_what_people_do_is_pushed_as_wechat_pushes_it(act, body, fields, present):
    async with simulated() as world:
        await world.act(await world.phone(), act, **body)
        (push,) = world.webhook.pushes
        assert fields.items() <= push.items()
        assert all(push.get(name) for name in present)


async def test_subscription_answers_are_pushed_as_a_list():
    async with simulated() as world:
        await world.act(await world.phone(), "subscribe", template_id="S1")
        (push,) = world.webhook.pushes
        answer = {"TemplateId": "S1", "SubscribeStatusString": "accept", "PopupScene": "2"}
        assert push["SubscribeMsgPopupEvent"] == {"List": answer}


async def test_an_option_of_a_menu_message_can_be_tapped_for_ever():
    async with simulated() as world:
        openid = await world.phone()
        await world.act(openid, "text", text="在吗")
        options = {"head_content": "满意吗？", "list": [{"id": 101, "content": "满意"}, {"id": 102, "content": "不满意"}]}
        await world.api("cgi-bin/message/custom/send", {"touser": openid, "msgtype": "msgmenu", "msgmenu": options})
        bubble = (await world.bubbles(openid))[-1]
        for _ in range(2):
            await world.act(openid, "tap", bubble=bubble["id"], option="102")
        assert [one.get("bizmsgmenuid") for one in world.webhook.pushes] == [None, "102", "102"]


async def test_a_stranger_cannot_write():
    async with simulated() as world:
        openid = await world.phone(follows=False)
        async with world.session.post(f"/sim/phones/{openid}/text", json={"text": "在吗"}) as answer:
            assert (answer.status, await answer.text()) == (409, "尚未关注公众号")


# ── answers ──


HERE = {"FromUserName": "o1", "ToUserName": "gh_suifang00001"}
ARTICLES = {"item": [{"Title": "一", "Url": "u"}, {"Title": "二", "Url": "u"}]}
ANSWERS = [
    ("", "empty", None),
    ("success", "empty", None),
    (reply(HERE, "好的"), "answered", "好的"),
    (reply(HERE, "x" * 2048), "answered", "x" * 2048),
    (reply(HERE, "x" * 2049), "malformed", FAULT),
    (reply(HERE, "伤" * 683), "malformed", FAULT),
    (reply(HERE, ""), "malformed", FAULT),
    (reply(HERE, "好", ToUserName="o2"), "malformed", FAULT),
    (reply(HERE, "好", FromUserName="gh_other"), "malformed", FAULT),
    (reply(HERE, "好", CreateTime="now"), "malformed", FAULT),
    (reply(HERE, "好", MsgType="smell"), "malformed", FAULT),
    ('{"errcode":0}', "malformed", FAULT),
    ("<xml><Content><![CDATA[坏]]></Content>", "malformed", FAULT),
    ('<!DOCTYPE a [<!ENTITY b "c">]><xml/>', "malformed", FAULT),
    ("<html></html>", "malformed", FAULT),
    (reply(HERE, "", MsgType="transfer_customer_service"), "answered", "正在为您转接人工客服"),
]


@pytest.mark.parametrize(("answer", "outcome", "shown"), ANSWERS)
async def test_answers(answer, outcome, shown):
    async with simulated() as world:
        openid = await world.phone()
        world.webhook.answers = [answer]
        assert (await world.act(openid, "text", text="在吗"))["outcome"] == outcome
        texts = [one["text"] for one in await world.bubbles(openid)]
        assert texts == ["在吗", shown][: 1 if shown is None else 2]


async def test_only_one_article_is_shown():
    async with simulated() as world:
        openid = await world.phone()
        world.webhook.answers = [reply(HERE, "", MsgType="news", ArticleCount=2, Articles=ARTICLES)]
        await world.act(openid, "text", text="在吗")
        assert [one["title"] for one in (await world.bubbles(openid))[-1]["articles"]] == ["一"]


async def test_a_status_other_than_200_is_a_fault_and_not_tried_again():
    async def broken(request, fields):
        return web.Response(status=500, text="Traceback")

    async with simulated() as world:
        openid = await world.phone()
        world.webhook.answers = [broken]
        told = await world.act(openid, "text", text="在吗")
        assert (told["outcome"], told["attempts"]) == ("malformed", 1)
        assert (await world.bubbles(openid))[-1]["text"] == FAULT


async def test_nobody_is_told_of_a_fault_after_an_event_of_the_machine():
    async with simulated() as world:
        openid = await world.phone()
        world.webhook.answers = ["bad"]
        assert (await world.act(openid, "subscribe", template_id="S1"))["outcome"] == "malformed"
        assert await world.bubbles(openid) == []


# ── no answer ──


async def test_an_unanswered_message_comes_three_times_and_the_last_answer_counts():
    late = asyncio.Event()

    async def sleep(request, fields):
        await late.wait()
        return web.Response(text="")

    async with simulated(**FAST) as world:
        openid = await world.phone()
        world.webhook.answers = [sleep, sleep]
        told = await world.act(openid, "text", text="在吗")
        late.set()
        assert (told["outcome"], told["attempts"]) == ("answered", 3)
        assert len({one["MsgId"] for one in world.webhook.pushes}) == 1
        assert len(world.webhook.pushes) == 3
        assert len(await world.bubbles(openid)) == 2


async def test_after_three_times_the_person_is_told():
    async with simulated(callback_url="http://127.0.0.1:9/wechat", push_delays=(0.0, 0.01, 0.02)) as world:
        openid = await world.phone()
        told = await world.act(openid, "text", text="在吗")
        assert (told["outcome"], told["attempts"]) == ("silent", 3)
        assert (await world.bubbles(openid))[-1]["text"] == FAULT


async def test_retries_may_wait_for_the_simulated_clock():
    async with simulated(retries_by="simulated") as world:
        openid = await world.phone()
        world.faults.add("cut", path="push", left=2)
        carried = asyncio.ensure_future(world.act(openid, "text", text="在吗"))
        for deliveries in (1, 2):
            await world.webhook.received(deliveries)
            world.clock.advance(timedelta(seconds=4))
            await world.look("state")
            assert len(world.webhook.pushes) == deliveries
            world.clock.advance(timedelta(seconds=1))
        assert (await carried)["attempts"] == 3


async def test_each_persons_messages_arrive_in_order():
    async def slow(request, fields):
        await asyncio.sleep(0.02)
        return web.Response(text="")

    async with simulated() as world:
        openid, other = await world.phone(), await world.phone()
        world.webhook.answers = [slow]
        acts = [world.sim(f"phones/{openid}/text", text=str(n)) for n in range(6)]
        for act in acts:
            await act
        await world.act(other, "text", text="另一位")
        await world.pusher.idle()
        assert [one["Content"] for one in world.webhook.pushes if one["FromUserName"] == openid] == [str(n) for n in range(6)]


# ── encryption ──


@pytest.mark.parametrize("mode", ["compatible", "safe"])
async def test_encrypted_pushes_and_replies(mode):
    sealer = Sealer(KEY, "wx0000000000000000")

    async def sealed(request, fields):
        opened = xml.read(sealer.open(fields["Encrypt"]))
        query = request.query
        assert query["msg_signature"] == sign("sim-token", query["timestamp"], query["nonce"], fields["Encrypt"])
        encrypt = sealer.seal(reply(opened, f"密：{opened['Content']}"))
        answer = {"Encrypt": encrypt, "MsgSignature": sign("sim-token", "17", "n", encrypt), "TimeStamp": 17, "Nonce": "n"}
        return web.Response(text=xml.write(answer))

    async with simulated(mode=mode, aes_key=KEY) as world:
        openid = await world.phone()
        world.webhook.answers = [sealed]
        told = await world.act(openid, "text", text="疼")
        assert (told["outcome"], told["text"]) == ("answered", "密：疼")
        assert ("Content" in world.webhook.pushes[0]) == (mode == "compatible")
        assert world.webhook.queries[0]["encrypt_type"] == "aes"


async def test_in_safe_mode_a_plain_or_forged_reply_is_a_fault_and_success_is_not():
    async def forged(request, fields):
        sealer = Sealer(KEY, "wx0000000000000000")
        encrypt = sealer.seal(reply(xml.read(sealer.open(fields["Encrypt"])), "好"))
        answer = {"Encrypt": encrypt, "MsgSignature": "0" * 40, "TimeStamp": 17, "Nonce": "n"}
        return web.Response(text=xml.write(answer))

    async with simulated(mode="safe", aes_key=KEY) as world:
        openid = await world.phone()
        world.webhook.answers = [reply(HERE, "明文"), forged, "success"]
        outcomes = [(await world.act(openid, "text", text="疼"))["outcome"] for _ in range(3)]
        assert outcomes == ["malformed", "malformed", "empty"]


async def test_the_address_is_verified_by_its_echo():
    async with simulated() as world:
        assert await world.sim("verify") == {"verified": True}
        assert await world.sim("verify", callback="http://127.0.0.1:9/wechat") == {"verified": False}
