"""What the platform allows: windows, counts, tokens, idempotency, and its words when it does not."""

from datetime import timedelta

import pytest
from simulated import simulated

from bot.simulator.app import Template

H, M = timedelta(hours=1), timedelta(minutes=1)
SECOND = timedelta(seconds=1)


# Steps: an act of the person, time that passes, or the errcodes of service messages sent one after another.
WINDOWS = {
    "a stranger's window is shut": [[45015]],
    "a text gives five": ["text", [0, 0, 0, 0, 0, 45047]],
    "a text is good for 48 hours": ["text", 48 * H - SECOND, [0], SECOND, [45015]],
    "a photo counts as a message": ["image", 47 * H, [0, 0, 0, 0, 0, 45047]],
    "a sticker counts as a message": ["sticker", 47 * H, [0]],
    "a second text fills up, it does not add": ["text", [0, 0], "text", [0, 0, 0, 0, 0, 45047]],
    "a scan gives three for a minute": ["scan", [0, 0, 0, 45047]],
    "a scan's minute ends": ["scan", M - SECOND, [0], SECOND, [45015]],
    "following gives three for a minute": ["unfollow", "follow", [0, 0, 0, 45047], M, [45015]],
    "a menu click gives three for a minute": ["click", [0, 0, 0, 45047], M, [45015]],
    "a view menu gives nothing": ["view", [45015]],
    "a tapped option gives three for a minute, not 48 hours": ["tap", [0, 0, 0, 45047], M, [45015]],
    "a tap sets the count of an open window, and leaves its end": ["text", [0, 0, 0, 0], "tap", 47 * H, [0, 0, 0, 45047]],
    "who leaves cannot be written to": ["text", "unfollow", [45015]],
    "who comes back has a minute": ["text", "unfollow", "follow", M, [45015]],
    "a refused message does not count": ["text", "long", [0, 0, 0, 0, 0, 45047]],
}


@pytest.mark.parametrize("steps", WINDOWS.values(), ids=WINDOWS.keys())
async def test_window_and_count(steps):
    async with simulated() as world:
        openid = await world.phone()
        button = [{"type": "click", "name": "随访", "key": "F"}, {"type": "view", "name": "网页", "url": "https://example.org"}]
        await world.api("cgi-bin/menu/create", {"button": button})
        for step in steps:
            if isinstance(step, timedelta):
                world.clock.advance(step)
                world.token = ""
            elif isinstance(step, list):
                assert [await world.say(openid) for _ in step] == step
            elif step == "long":
                assert await world.say(openid, "长" * 683) == 45002
            else:
                body = {"text": "在吗", "scene": "w1", "id": "1", "content": "满意"}
                act = {"click": "menu", "view": "menu"}.get(step, step)
                body = {"click": {"key": "F"}, "view": {"name": "网页"}, "text": {"text": "在吗"}}.get(step, body)
                await world.act(openid, act, **body)


def text(content, **more):
    return {"touser": "o1", "msgtype": "text", "text": {"content": content}, **more}


def menu(count):
    return {"touser": "o1", "msgtype": "msgmenu", "msgmenu": {"list": [{"id": str(n), "content": "选"} for n in range(count)]}}


ARTICLE = {"title": "须知", "description": "", "url": "https://example.org", "picurl": ""}
SENDS = [
    (text("x" * 2048), 0),
    (text("x" * 2049), 45002),
    (text("伤" * 683), 45002),
    (text(""), 44004),
    (text("好", touser="nobody"), 40003),
    (text("好", touser=None), 40003),
    (text("好", msgtype="smell"), 40008),
    ({"touser": "o1", "msgtype": "text"}, 44002),
    ({"touser": "o1", "msgtype": "image", "image": {"media_id": "none"}}, 40007),
    ({"touser": "o1", "msgtype": "news", "news": {"articles": [ARTICLE]}}, 0),
    ({"touser": "o1", "msgtype": "news", "news": {"articles": [ARTICLE, ARTICLE]}}, 45008),
    (menu(3), 0),
    (menu(30), 45098),
    (menu(0), 44004),
]


@pytest.mark.parametrize(("body", "errcode"), SENDS)
async def test_service_messages_are_checked(body, errcode):
    async with simulated() as world:
        openid = await world.phone()
        await world.act(openid, "text", text="在吗")
        answer = await world.api("cgi-bin/message/custom/send", body)
        assert answer["errcode"] == errcode
        assert (" rid: " in answer["errmsg"]) == bool(errcode)


BODIES = [
    (b"", 44002),
    (b"{", 47001),
    (b"[1]", 47001),
    (b"\xff\xfe", 47001),
    (b'{"touser":"o1","msgtype":"text","text":{"content":"\\u4f60"}}', 40033),
    ('{"touser":"o1","msgtype":"text","text":{"content":"反斜杠 \\\\u4f60"}}'.encode(), 0),
    ('{"touser":"o1","msgtype":"text","text":{"content":"你好😀"}}'.encode(), 0),
]


@pytest.mark.parametrize(("raw", "errcode"), BODIES)
async def test_bodies_are_read_as_wechat_reads_them(raw, errcode):
    async with simulated() as world:
        await world.act(await world.phone(), "text", text="在吗")
        assert (await world.api("cgi-bin/message/custom/send", raw=raw))["errcode"] == errcode


async def test_an_unknown_path_and_a_wrong_method_are_refused_in_json():
    async with simulated() as world:
        assert (await world.api("cgi-bin/no/such"))["errcode"] == 40066
        assert (await world.api("cgi-bin/message/custom/send"))["errcode"] == 43002


async def test_accounts_not_verified_have_no_menu_messages_and_no_typing():
    async with simulated(verified=False) as world:
        openid = await world.phone()
        await world.act(openid, "text", text="在吗")
        assert (await world.api("cgi-bin/message/custom/send", menu(2)))["errcode"] == 40200
        typing = {"touser": openid, "command": "Typing"}
        assert (await world.api("cgi-bin/message/custom/typing", typing))["errcode"] == 40200


async def test_typing_needs_a_person_who_was_just_there():
    async with simulated() as world:
        openid = await world.phone()

        async def typing(command="Typing"):
            return (await world.api("cgi-bin/message/custom/typing", {"touser": openid, "command": command}))["errcode"]

        assert await typing() == 45080
        await world.act(openid, "text", text="在吗")
        assert [await typing("Dance"), await typing(), await typing()] == [45072, 0, 45081]
        await world.say(openid)
        assert await typing() == 0, "a message sent ends the typing"
        world.clock.advance(16 * SECOND)
        assert await typing() == 0
        world.clock.advance(15 * SECOND)
        assert await typing() == 45080


# ── tokens ──


async def credentials(world, path, **changes):
    given = {"grant_type": "client_credential", "appid": "wx0000000000000000", "secret": "sim-secret", **changes}
    given = {name: value for name, value in given.items() if value != ""}
    if path == "stable_token":
        return await world.api("cgi-bin/stable_token", given, token="")
    return await world.api("cgi-bin/token", token="", **given)


async def works(world, token):
    return (await world.api("cgi-bin/getcallbackip", token=token)).get("errcode", 0)


async def test_a_new_token_leaves_the_last_one_five_minutes():
    async with simulated() as world:
        first = await credentials(world, "token")
        assert first["expires_in"] == 7200
        second = await credentials(world, "token")
        assert [await works(world, one["access_token"]) for one in (first, second)] == [0, 0]
        world.clock.advance(5 * M)
        assert [await works(world, one["access_token"]) for one in (first, second)] == [40001, 0]
        world.clock.advance(2 * H)
        assert await works(world, second["access_token"]) == 42001


async def test_a_stable_token_stays_and_does_not_disturb_the_other_kind():
    async with simulated() as world:
        plain = (await credentials(world, "token"))["access_token"]
        first = await credentials(world, "stable_token")
        world.clock.advance(30 * M)
        again = await credentials(world, "stable_token")
        assert again == {"access_token": first["access_token"], "expires_in": 5400}
        assert await works(world, plain) == 0
        world.clock.advance(86 * M)
        rotated = await credentials(world, "stable_token")
        assert rotated["access_token"] != first["access_token"]
        assert await works(world, first["access_token"]) == 0, "the old one lives to its end"
        world.clock.advance(4 * M)
        assert await works(world, first["access_token"]) == 42001


async def test_a_forced_refresh_kills_the_last_token_and_is_rationed():
    async with simulated() as world:
        first = (await credentials(world, "stable_token"))["access_token"]
        forced = (await credentials(world, "stable_token", force_refresh=True))["access_token"]
        assert [await works(world, first), await works(world, forced)] == [40001, 0]
        assert (await credentials(world, "stable_token", force_refresh=True))["errcode"] == 45011
        for _ in range(19):
            world.clock.advance(31 * SECOND)
            assert "access_token" in await credentials(world, "stable_token", force_refresh=True)
        world.clock.advance(31 * SECOND)
        assert (await credentials(world, "stable_token", force_refresh=True))["errcode"] == 45009


@pytest.mark.parametrize("path", ["token", "stable_token"])
@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"appid": "wx1"}, 40013),
        ({"secret": "x"}, 40125),
        ({"grant_type": "x"}, 40002),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
    ],
)
async def test_wrong_credentials(path, changes, errcode):
    async with simulated() as world:
        assert (await credentials(world, path, **changes))["errcode"] == errcode


async def test_a_call_without_or_with_a_made_up_token():
    async with simulated() as world:
        assert await works(world, "") == 41001
        assert await works(world, "made-up") == 40001


async def test_daily_limits_end_at_midnight_in_beijing_and_can_be_cleared_ten_times_a_month():
    async with simulated(daily_limits={"user/info": 2}) as world:
        openid = await world.phone()

        async def info():
            return (await world.api("cgi-bin/user/info", openid=openid)).get("errcode", 0)

        assert [await info() for _ in range(3)] == [0, 0, 45009]
        clear = {"appid": "wx0000000000000000"}
        assert [(await world.api("cgi-bin/clear_quota", clear))["errcode"] for _ in range(11)] == [0] * 10 + [48006]
        assert [await info() for _ in range(3)] == [0, 0, 45009]
        world.clock.advance(timedelta(hours=14, minutes=29))  # 23:59 in Beijing
        world.token = ""
        assert await info() == 45009
        world.clock.advance(M)
        assert await info() == 0


# ── templates and subscriptions ──

CARD = Template("T1", "随访提醒", "科室：{{thing1.DATA}}\n时间：{{time2.DATA}}")
GOOD = {"thing1": {"value": "骨科"}, "time2": {"value": "2026-11-28 09:00"}}
FIELDS = [
    (GOOD, 0, ""),
    ({**GOOD, "thing1": {"value": "长" * 20}}, 0, ""),
    ({**GOOD, "thing1": {"value": "长" * 21}}, 47003, "data.thing1.value"),
    ({**GOOD, "thing1": {"value": ""}}, 47003, "data.thing1.value"),
    ({**GOOD, "time2": {"value": "明天上午"}}, 47003, "data.time2.value"),
    ({**GOOD, "time2": {"value": "2026年11月28日 9:00"}}, 0, ""),
    ({**GOOD, "time2": {"value": "15:01"}}, 0, ""),
    ({"thing1": {"value": "骨科"}}, 47003, "data.time2.value"),
    ({}, 47003, "data"),
]


@pytest.mark.parametrize(("data", "errcode", "named"), FIELDS)
async def test_template_fields(data, errcode, named):
    async with simulated(templates=(CARD,)) as world:
        openid = await world.phone()
        answer = await world.api("cgi-bin/message/template/send", {"touser": openid, "template_id": "T1", "data": data})
        assert answer["errcode"] == errcode
        assert named in answer["errmsg"]


async def test_old_templates_lose_first_remark_line_breaks_and_length():
    old = Template("T2", "旧模板", "{{first.DATA}}\n姓名：{{keyword1.DATA}}\n事项：{{keyword2.DATA}}\n{{remark.DATA}}")
    async with simulated(templates=(old,)) as world:
        openid = await world.phone()
        data = {
            "first": {"value": "您好"},
            "keyword1": {"value": "张\n三"},
            "keyword2": {"value": "长" * 30},
            "remark": {"value": "谢"},
        }
        await world.api("cgi-bin/message/template/send", {"touser": openid, "template_id": "T2", "data": data})
        (card,) = await world.bubbles(openid)
        assert [(one["label"], one["value"]) for one in card["rows"]] == [("姓名", "张 三"), ("事项", "长" * 20)]


async def test_templates_go_to_followers_only_open_no_window_and_report_their_end():
    async with simulated(templates=(CARD,)) as world:
        openid, stranger = await world.phone(), await world.phone(follows=False)
        send = {"touser": openid, "template_id": "T1", "url": "https://example.org/x", "data": GOOD}
        assert (await world.api("cgi-bin/message/template/send", {**send, "touser": stranger}))["errcode"] == 43004
        assert (await world.api("cgi-bin/message/template/send", {**send, "template_id": "T9"}))["errcode"] == 40037
        sent = await world.api("cgi-bin/message/template/send", send)
        assert sent["errcode"] == 0
        assert await world.say(openid) == 45015
        await world.sim(f"phones/{openid}/set", refuses=True)
        refused = await world.api("cgi-bin/message/template/send", send)
        assert refused["errcode"] == 0
        await world.pusher.idle()
        ends = {int(one["MsgID"]): one["Status"] for one in world.webhook.pushes if one["Event"] == "TEMPLATESENDJOBFINISH"}
        assert ends == {sent["msgid"]: "success", refused["msgid"]: "failed:user block"}
        (card,) = await world.bubbles(openid)
        assert (card["title"], card["url"]) == ("随访提醒", "https://example.org/x")


async def test_the_same_client_msg_id_is_sent_once_in_ten_minutes_for_one_person():
    async with simulated() as world:
        first, second = await world.phone(), await world.phone()

        async def send(openid, key="K1"):
            body = {"touser": openid, "template_id": "T", "client_msg_id": key, "data": {"thing1": {"value": "骨科"}}}
            return (await world.api("cgi-bin/message/template/send", body))["msgid"]

        job = await send(first)
        assert await send(first) == job
        assert len({job, await send(second), await send(first, "K2")}) == 3
        world.clock.advance(10 * M - SECOND)
        assert await send(first) == job
        world.clock.advance(SECOND)
        assert await send(first) != job
        assert len(await world.bubbles(first)) == 3


async def test_one_acceptance_is_one_subscription_message():
    async with simulated() as world:
        openid = await world.phone(follows=False)
        body = {"touser": openid, "template_id": "S1", "page": "https://example.org", "data": GOOD}

        async def send():
            return (await world.api("cgi-bin/message/subscribe/bizsend", body))["errcode"]

        assert await send() == 43101
        await world.act(openid, "subscribe", template_id="S1", status="reject")
        assert await send() == 43101
        await world.act(openid, "subscribe", template_id="S1", times=2)
        assert [await send(), await send(), await send()] == [0, 0, 43101]
        await world.act(openid, "subscribe", template_id="S1", times=-1)
        assert [await send() for _ in range(3)] == [0, 0, 0]
        await world.pusher.idle()
        assert sum(one["Event"] == "subscribe_msg_sent_event" for one in world.webhook.pushes) == 5


async def test_the_medical_assistant_takes_both_shapes_and_one_msg_id_once():
    async with simulated() as world:
        openid = await world.phone(follows=False)
        info = {"pat_name": "李*龙", "doc_name": "王小二"}
        body = {"status": 1505001, "open_id": openid, "order_id": "a", "msg_id": "m1", "business_info": info}
        as_text = {**body, "msg_id": "m2", "business_info": '{"pat_name": "李*龙"}'}
        answers = [await world.api("cityservice/sendchannelmsg", one) for one in (body, body, as_text)]
        assert [one["errcode"] for one in answers] == [0, 0, 0]
        assert len(await world.bubbles(openid)) == 2


# ── users, codes, menu, media, OAuth ──


async def test_who_follows_is_told_and_who_does_not_is_only_named():
    async with simulated() as world:
        first, second = await world.phone(), await world.phone(follows=False)
        known = await world.api("cgi-bin/user/info", openid=first)
        assert (known["subscribe"], known["subscribe_time"]) == (1, int(world.clock.now().timestamp()))
        assert await world.api("cgi-bin/user/info", openid=second) == {"subscribe": 0, "openid": second}
        assert (await world.api("cgi-bin/user/info", openid="nobody"))["errcode"] == 40003
        page = await world.api("cgi-bin/user/get")
        assert (page["total"], page["data"]["openid"]) == (1, [first])
        assert (await world.api("cgi-bin/user/get", next_openid=first))["count"] == 0


CODES = [
    ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "e-1"}}, "expire_seconds": 600}, None),
    ({"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "w"}}}, None),
    ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 5}}}, None),
    ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 0}}}, 40053),
    ({"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_001}}}, 40053),
    ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "x" * 65}}}, 40053),
    ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "x"}}, "expire_seconds": 2_592_001}, 40097),
    ({"action_name": "QR", "action_info": {"scene": {"scene_str": "x"}}}, 40053),
    ({"action_name": "QR_STR_SCENE"}, 40053),
]


@pytest.mark.parametrize(("body", "errcode"), CODES)
async def test_qr_codes_are_made_within_bounds(body, errcode):
    async with simulated() as world:
        answer = await world.api("cgi-bin/qrcode/create", body)
        assert answer.get("errcode") == errcode
        assert errcode or answer["url"].startswith("http://weixin.qq.com/q/")


async def test_scanning_follows_first_and_scans_after_and_codes_run_out():
    async with simulated() as world:
        openid = await world.phone(follows=False)
        body = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "e-77"}}, "expire_seconds": 600}
        code = await world.api("cgi-bin/qrcode/create", body)
        await world.act(openid, "scan", scene=code["url"])
        await world.act(openid, "scan", scene="e-77")
        first, second = world.webhook.pushes
        assert (first["Event"], first["EventKey"], first["Ticket"]) == ("subscribe", "qrscene_e-77", code["ticket"])
        assert (second["Event"], second["EventKey"], second["Ticket"]) == ("SCAN", "e-77", code["ticket"])
        world.clock.advance(10 * M)
        assert await world.act(openid, "scan", scene="e-77") is None
        assert (await world.bubbles(openid))[-1]["text"] == "二维码已过期"


MENUS = [
    ([{"type": "click", "name": "随访", "key": "F"}], 0),
    ([], 40016),
    ([{"type": "click", "name": "随", "key": "F"}] * 4, 40016),
    ([{"type": "click", "name": "我的出院随访", "key": "F"}], 40018),
    ([{"type": "click", "name": "随访", "key": "k" * 129}], 40019),
    ([{"type": "view", "name": "网页", "url": ""}], 40020),
    ([{"name": "空", "type": ""}], 40017),
    ([{"name": "多", "sub_button": [{"type": "click", "name": "一", "key": "F"}] * 6}], 40023),
    ([{"name": "多", "sub_button": [{"type": "click", "name": "我的出院随访记录", "key": "F"}] * 5}], 0),
]


@pytest.mark.parametrize(("buttons", "errcode"), MENUS)
async def test_menus(buttons, errcode):
    async with simulated() as world:
        assert (await world.api("cgi-bin/menu/create", {"button": buttons}))["errcode"] == errcode
        got = await world.api("cgi-bin/menu/get")
        assert got == {"menu": {"button": buttons}} if not errcode else got["errcode"] == 46003


async def test_media_live_three_days():
    async with simulated() as world:
        openid = await world.phone()
        await world.act(openid, "image")
        media_id = world.webhook.pushes[0]["MediaId"]
        token = world.platform.tokens.stable(world.clock.now())[0]
        query = {"access_token": token, "media_id": media_id}
        async with world.session.get("/cgi-bin/media/get", params=query) as answer:
            assert (answer.content_type, (await answer.read())[:4]) == ("image/png", b"\x89PNG")
        async with world.session.get(world.webhook.pushes[0]["PicUrl"]) as answer:
            assert answer.status == 200
        world.clock.advance(timedelta(days=3, seconds=1))
        assert (await world.api("cgi-bin/media/get", media_id=media_id))["errcode"] == 40007


async def oauth(world, openid, **changes):
    query = {"appid": "wx0000000000000000", "redirect_uri": "https://h.example.org/p?a=1", "response_type": "code"}
    query |= {"scope": "snsapi_base", "state": "S1", "sim_openid": openid, **changes}
    async with world.session.get("/connect/oauth2/authorize", params=query, allow_redirects=False) as answer:
        return answer.headers.get("Location", "") or await answer.text()


async def redeem(world, code, **changes):
    query = {"appid": "wx0000000000000000", "secret": "sim-secret", "grant_type": "authorization_code", "code": code, **changes}
    return await world.api("sns/oauth2/access_token", token="", **query)


async def test_an_oauth_code_is_good_once_for_five_minutes():
    async with simulated(oauth_domain="h.example.org") as world:
        openid = await world.phone(follows=False)
        back = await oauth(world, openid)
        assert back.startswith("https://h.example.org/p?a=1&code=")
        assert back.endswith("&state=S1")
        code = back.split("code=")[1].split("&")[0]
        told = await redeem(world, code)
        assert (told["openid"], told["scope"]) == (openid, "snsapi_base")
        assert "is_snapshotuser" not in told
        assert (await redeem(world, code))["errcode"] == 40163
        assert (await redeem(world, "made-up"))["errcode"] == 40029
        assert (await redeem(world, code, secret="x"))["errcode"] == 40125
        late = (await oauth(world, openid)).split("code=")[1].split("&")[0]
        world.clock.advance(5 * M)
        assert (await redeem(world, late))["errcode"] == 42003
        assert "10003" in await oauth(world, openid, redirect_uri="https://elsewhere.example.org")
        assert "微信客户端" in await oauth(world, "nobody")


async def test_snapshot_mode_gives_a_virtual_openid():
    async with simulated() as world:
        openid = await world.phone()
        await world.sim(f"phones/{openid}/set", snapshot=True)
        told = await redeem(world, (await oauth(world, openid)).split("code=")[1].split("&")[0])
        assert told["is_snapshotuser"] == 1
        assert told["openid"] != openid


async def test_the_phone_whose_link_was_opened_is_the_one_that_signs_in():
    async with simulated() as world:
        await world.phone()
        second = await world.phone()
        async with world.session.get(
            "/sim/open", params={"openid": second, "url": f"{world.base}/"}, allow_redirects=False
        ) as answer:
            assert answer.headers["Location"] == f"{world.base}/"
        back = await oauth(world, "")
        assert (await redeem(world, back.split("code=")[1].split("&")[0]))["openid"] == second
