"""The client against a server that answers as WeChat does, or worse."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import TCPConnector

from bot.wechat.client import Client, Scene, Visitor, open_session, sign_in_url
from bot.wechat.errors import ApiError, Reaction, Unreachable
from bot.wechat.tokens import SharedTokens, Token
from storage.database import open_database
from tests.wechat.server import APPID, BAD_TOKEN, OK, OPENID, RID, SECRET, SEND, TOKEN, Shelf, hurry


class Clock:
    def __init__(self):
        self.time = datetime(2026, 11, 21, 4, tzinfo=UTC)

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def client(wechat, session, shelf, clock):
    return Client(wechat.url, APPID, SECRET, shelf, session, now=clock)


async def test_a_text_goes_out_as_raw_utf_8(client, wechat):
    await client.send_text(OPENID, '张三您好"\\👌')

    asked, sent = wechat.calls
    assert asked["path"] == TOKEN
    assert json.loads(asked["raw"]) == {
        "grant_type": "client_credential",
        "appid": APPID,
        "secret": SECRET,
        "force_refresh": False,
    }
    assert (sent["path"], sent["query"]) == (SEND, {"access_token": "T1"})
    assert sent["headers"]["Content-Type"] == "application/json; charset=utf-8"
    assert '张三您好\\"\\\\👌'.encode() in sent["raw"]
    assert json.loads(sent["raw"]) == {"touser": OPENID, "msgtype": "text", "text": {"content": '张三您好"\\👌'}}


async def test_a_text_longer_than_wechat_takes_is_cut(client, wechat):
    await client.send_text(OPENID, "一" * 900)

    assert len(json.loads(wechat.calls[-1]["raw"])["text"]["content"].encode()) <= 2048


# --- the token


async def test_one_token_serves_until_it_ends(client, wechat, clock):
    wechat.tokens = ["T1", "T2"]
    await client.send_text(OPENID, "一")
    clock.time += timedelta(seconds=6999)
    await client.send_text(OPENID, "二")
    assert wechat.count(TOKEN) == 1
    clock.time += timedelta(seconds=2)
    await client.send_text(OPENID, "三")

    assert [call["query"]["access_token"] for call in wechat.calls if call["path"] == SEND] == ["T1", "T1", "T2"]
    assert wechat.count(TOKEN) == 2


async def test_a_cold_start_of_many_calls_fetches_one_token(client, wechat):
    await asyncio.gather(*(client.send_text(OPENID, str(number)) for number in range(10)))

    assert (wechat.count(TOKEN), wechat.count(SEND)) == (1, 10)


async def test_another_process_shares_the_token(wechat, session, shelf, clock):
    first, second = (Client(wechat.url, APPID, SECRET, shelf, session, now=clock) for _ in range(2))
    await first.send_text(OPENID, "一")
    await second.send_text(OPENID, "二")

    assert wechat.count(TOKEN) == 1


async def test_processes_meet_in_the_database(wechat, session, clock, tmp_path):
    database = open_database(f"sqlite:///{tmp_path}/tokens.sqlite")
    database.migrate()
    try:
        for hours, wanted in [(0, 1), (1, 1), (2, 2), (1, 2), (1, 3)]:
            clock.time += timedelta(hours=hours)
            client = Client(wechat.url, APPID, SECRET, SharedTokens(database), session, now=clock)
            await client.send_text(OPENID, "一")
            assert wechat.count(TOKEN) == wanted
    finally:
        await database.close()


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_token_refused_once_is_fetched_once(client, wechat, code):
    wechat.tokens = ["T1", "T2"]
    wechat.answers(SEND, {"errcode": code, "errmsg": "x"}, OK)
    await client.send_text(OPENID, "一")

    assert [call["path"] for call in wechat.calls] == [TOKEN, SEND, TOKEN, SEND]
    assert wechat.calls[-1]["query"]["access_token"] == "T2"


async def test_a_token_refused_for_ever_is_the_operators(client, wechat):
    wechat.answers(SEND, BAD_TOKEN)
    for attempt in (1, 2):
        with pytest.raises(ApiError) as refused:
            await client.send_text(OPENID, "一")
        assert (refused.value.code, refused.value.reaction, refused.value.rid) == (40001, Reaction.OPERATOR, RID)
        assert (wechat.count(TOKEN), wechat.count(SEND)) == (1 + attempt, 2 * attempt)


async def test_many_calls_refused_at_once_fetch_one_token(client, wechat):
    await client.send_text(OPENID, "一")
    wechat.tokens = ["T2"]
    wechat.answers(SEND, *[BAD_TOKEN] * 10, OK)
    await asyncio.gather(*(client.send_text(OPENID, str(number)) for number in range(10)))

    assert (wechat.count(TOKEN), wechat.count(SEND)) == (2, 21)


async def test_a_token_that_another_process_has_renewed_is_taken_from_it(client, wechat, shelf, clock):
    await client.send_text(OPENID, "一")
    shelf.token = Token("T9", clock() + timedelta(hours=1))
    wechat.answers(SEND, BAD_TOKEN, OK)
    await client.send_text(OPENID, "二")

    assert wechat.count(TOKEN) == 1
    assert wechat.calls[-1]["query"]["access_token"] == "T9"


@pytest.mark.parametrize(
    ("answer", "reaction"),
    [
        ({"errcode": 40125, "errmsg": "invalid appsecret"}, Reaction.OPERATOR),
        ({"errcode": 40164, "errmsg": "invalid ip 10.0.0.1, not in whitelist"}, Reaction.OPERATOR),
        ({"errcode": 40001, "errmsg": "invalid credential"}, Reaction.OPERATOR),
        ({"errcode": -1, "errmsg": "system error"}, Reaction.RETRY),
    ],
)
async def test_a_token_that_is_not_given_is_told(client, wechat, answer, reaction):
    wechat.answers(TOKEN, answer)
    with pytest.raises(ApiError) as refused:
        await client.send_text(OPENID, "一")

    assert refused.value.reaction is reaction
    assert (wechat.count(TOKEN), wechat.count(SEND)) == (1, 0)


@pytest.mark.parametrize("answer", ["cut", "slow", 502, b"<html>", b"[]", {}, {"access_token": "T", "expires_in": "soon"}])
async def test_nothing_was_sent_while_there_is_no_token(client, wechat, answer):
    wechat.answers(TOKEN, answer)
    hurry(client, answer)
    with pytest.raises(Unreachable) as refused:
        await client.send_text(OPENID, "一")

    assert not refused.value.written
    assert wechat.count(SEND) == 0


async def test_those_who_wait_for_a_token_in_vain_do_not_each_ask_again(client, wechat):
    wechat.answers(TOKEN, "cut")
    outcomes = await asyncio.gather(*(client.send_text(OPENID, "一") for _ in range(10)), return_exceptions=True)

    assert all(isinstance(outcome, Unreachable) and not outcome.written for outcome in outcomes)
    assert wechat.count(TOKEN) == 1
    wechat.answers(TOKEN, {"access_token": "T5", "expires_in": 7200})
    await client.send_text(OPENID, "二")
    assert wechat.count(SEND) == 1


# --- troubles on the way


@pytest.mark.parametrize(
    ("answer", "written", "reaction"),
    [
        ("cut", True, Reaction.RETRY),
        ("slow", True, Reaction.RETRY),
        (502, True, Reaction.RETRY),
        (504, True, Reaction.RETRY),
        (503, False, Reaction.RETRY),
        (429, False, Reaction.RETRY),
        (404, False, Reaction.OPERATOR),
        (302, False, Reaction.OPERATOR),
        (b"<html>login</html>", True, Reaction.RETRY),
        (b"", True, Reaction.RETRY),
        (b"[1]", True, Reaction.RETRY),
        (b'{"errcode":', True, Reaction.RETRY),
        (b'{"errcode": "none"}', True, Reaction.RETRY),
        (b'{"errcode": null}', True, Reaction.RETRY),
        (b'{"errcode": [0]}', True, Reaction.RETRY),
        ({}, True, Reaction.RETRY),
    ],
)
async def test_an_answer_that_is_none_says_whether_the_text_may_have_arrived(client, wechat, shelf, answer, written, reaction):
    shelf.token = Token("T1", datetime(2027, 1, 1, tzinfo=UTC))
    wechat.answers(SEND, answer)
    hurry(client, answer)
    with pytest.raises(Unreachable) as refused:
        await client.send_text(OPENID, "一")

    assert (refused.value.written, refused.value.reaction) == (written, reaction)
    assert wechat.count(SEND) == 1


async def test_a_server_that_is_not_there_got_nothing(session, shelf, clock, unused_tcp_port):
    shelf.token = Token("T1", clock() + timedelta(hours=1))
    client = Client(f"http://127.0.0.1:{unused_tcp_port}", APPID, SECRET, shelf, session, now=clock)
    with pytest.raises(Unreachable) as refused:
        await client.send_text(OPENID, "一")

    assert not refused.value.written


async def test_no_secret_is_in_an_exceptions_words(client, wechat):
    for answer in ("cut", "slow", 502, b"", BAD_TOKEN, {"errcode": 40003, "errmsg": f"invalid openid hint: [{OPENID}]"}):
        wechat.answers(SEND, answer)
        hurry(client, answer)
        with pytest.raises((ApiError, Unreachable)) as refused:
            await client.send_text(OPENID, "伤口疼")
        for secret in ("T1", SECRET, OPENID, "伤口疼", "127.0.0.1"):
            assert secret not in str(refused.value) + repr(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__ or refused.value.__context__ is None


async def test_the_request_id_is_kept(client, wechat):
    wechat.answers(SEND, {"errcode": 45015, "errmsg": f"response out of time limit rid: {RID}"})
    with pytest.raises(ApiError) as refused:
        await client.send_text(OPENID, "一")

    assert str(refused.value) == f"errcode 45015 rid {RID}"
    assert refused.value.message == "response out of time limit"
    assert refused.value.reaction is Reaction.GIVE_UP_LANE


# --- the other calls


async def test_a_template_notice(client, wechat):
    wechat.answers("/cgi-bin/message/template/send", OK | {"msgid": 200228332})
    notice = await client.send_template(OPENID, "TPL", {"thing1": "复诊提醒"}, "https://example.cn/t", "MSG_1")

    assert notice == "200228332"
    assert json.loads(wechat.calls[-1]["raw"]) == {
        "touser": OPENID,
        "template_id": "TPL",
        "url": "https://example.cn/t",
        "client_msg_id": "MSG_1",
        "data": {"thing1": {"value": "复诊提醒"}},
    }


async def test_a_subscription_notice(client, wechat):
    await client.send_subscription(OPENID, "TPL", {"thing1": "复诊提醒"}, "https://example.cn/t")

    assert wechat.calls[-1]["path"] == "/cgi-bin/message/subscribe/bizsend"
    assert json.loads(wechat.calls[-1]["raw"])["page"] == "https://example.cn/t"


@pytest.mark.parametrize("code", [0, 45072, 45080, 45081, 40200])
async def test_typing_is_a_courtesy(client, wechat, code):
    wechat.answers("/cgi-bin/message/custom/typing", {"errcode": code, "errmsg": ""})

    assert await client.typing(OPENID) is (code == 0)


async def test_a_qr_code(client, wechat):
    wechat.answers("/cgi-bin/qrcode/create", {"ticket": "gQ", "expire_seconds": 60, "url": "http://weixin.qq.com/q/x"})

    assert await client.create_qrcode("p_k3J9x", 60) == Scene("gQ", "http://weixin.qq.com/q/x", 60)
    assert json.loads(wechat.calls[-1]["raw"]) == {
        "expire_seconds": 60,
        "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": "p_k3J9x"}},
    }
    await client.create_qrcode("p_k3J9x", None)
    assert json.loads(wechat.calls[-1]["raw"])["action_name"] == "QR_LIMIT_STR_SCENE"


async def test_who_a_user_is(client, wechat):
    wechat.answers("/cgi-bin/user/info", {"subscribe": 1, "openid": OPENID, "qr_scene_str": "p_k3J9x"})

    assert (await client.user_info(OPENID))["qr_scene_str"] == "p_k3J9x"
    assert wechat.calls[-1]["query"] == {"access_token": "T1", "openid": OPENID, "lang": "zh_CN"}


@pytest.mark.parametrize(("answer", "snapshot"), [({"openid": OPENID}, False), ({"openid": OPENID, "is_snapshotuser": 1}, True)])
async def test_a_visitor_of_a_page(client, wechat, answer, snapshot):
    wechat.answers("/sns/oauth2/access_token", answer)

    assert await client.visitor("CODE") == Visitor(OPENID, snapshot)
    assert wechat.count(TOKEN) == 0
    assert sign_in_url(APPID, "https://example.cn/p?a=1", "s1") == (
        f"https://open.weixin.qq.com/connect/oauth2/authorize?appid={APPID}&redirect_uri=https%3A%2F%2Fexample.cn%2Fp%3Fa%3D1"
        "&response_type=code&scope=snsapi_base&state=s1#wechat_redirect"
    )


async def test_a_used_code_is_refused(client, wechat):
    wechat.answers("/sns/oauth2/access_token", {"errcode": 40163, "errmsg": "code been used"})
    with pytest.raises(ApiError):
        await client.visitor("CODE")


async def test_media_up_and_down(client, wechat):
    wechat.answers("/cgi-bin/media/upload", BAD_TOKEN, {"type": "image", "media_id": "M1", "created_at": 1})
    wechat.answers("/cgi-bin/media/get", b"\xff\xd8\xff picture")

    assert await client.upload_media("image", "a.png", b"\x89PNG") == "M1"
    sent = wechat.calls[-1]
    assert sent["query"]["type"] == "image"
    assert b'name="media"' in sent["raw"]
    assert b"\x89PNG" in sent["raw"]
    assert await client.get_media("M1") == b"\xff\xd8\xff picture"
    wechat.answers("/cgi-bin/media/get", {"errcode": 40007, "errmsg": "invalid media_id"})
    with pytest.raises(ApiError):
        await client.get_media("M2")
    wechat.answers("/cgi-bin/media/get", b'{"video_url":"http://example.cn/v"}')
    with pytest.raises(Unreachable):
        await client.get_media("M3")


async def test_a_menu(client, wechat):
    await client.create_menu([{"type": "click", "name": "我的随访", "key": "FOLLOWUP"}])

    assert json.loads(wechat.calls[-1]["raw"]) == {"button": [{"type": "click", "name": "我的随访", "key": "FOLLOWUP"}]}


async def test_the_session_remembers_no_cookies_and_lets_go_early():
    async with open_session() as session:
        assert isinstance(session.connector, TCPConnector)
        assert session.connector._keepalive_timeout <= 15
        assert session.timeout.total is not None
