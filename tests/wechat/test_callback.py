"""The callback address: who may speak, what is understood, what is answered."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import assume, given
from hypothesis import strategies as st
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException

from bot.care.inbound import Inbound
from bot.wechat import xml
from bot.wechat.callback import BadBody, BadSignature, Callback, read
from bot.wechat.crypto import Envelope, signature
from tests.wechat.documents import ACCOUNT, DOCUMENTS, OPENID, STICKER, TIME, document, event, text

TOKEN = "pamtest"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APPID = "wxb11529c136998cb6"
NOW = datetime.fromtimestamp(TIME, UTC)

plain = Callback(TOKEN, None, APPID, "plain")
compatible = Callback(TOKEN, KEY, APPID, "compatible")
safe = Callback(TOKEN, KEY, APPID, "safe")
peer = WeChatCrypto(TOKEN, KEY, APPID)


def signed(now=NOW, nonce="n1", **more):
    time = str(int(now.timestamp()))
    return {"signature": signature(TOKEN, time, nonce), "timestamp": time, "nonce": nonce, "openid": OPENID} | more


def sealed(body, now=NOW, nonce="n1", key=KEY, appid=APPID, extra=""):
    """The request that the other implementation makes of a document."""
    time = str(int(now.timestamp()))
    wrapped = ElementTree.fromstring(WeChatCrypto(TOKEN, key, appid).encrypt_message(body.decode(), nonce, time))
    query = signed(now, nonce, encrypt_type="aes", msg_signature=wrapped.findtext("MsgSignature"))
    envelope = wrapped.findtext("Encrypt")
    return (
        query,
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>{extra}<Encrypt><![CDATA[{envelope}]]></Encrypt></xml>".encode(),
    )


# --- who may speak


@pytest.mark.parametrize(
    ("query", "echo"),
    [
        (
            {"signature": "899cf89e464efb63f54ddac96b0a0a235f53aa78", "timestamp": "1714037059", "nonce": "486452656"},
            "",
        ),
        (
            {
                "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
                "timestamp": "1714036504",
                "nonce": "1514711492",
                "echostr": "4375120948345356249",
            },
            "4375120948345356249",
        ),
    ],
)
def test_tencents_own_examples_verify_the_address(query, echo):
    then = datetime.fromtimestamp(int(query["timestamp"]), UTC)

    assert Callback("AAAAA", None, "wx0").verify(query, then) == echo
    with pytest.raises(BadSignature):
        Callback("AAAAB", None, "wx0").verify(query, then)
    with pytest.raises(BadSignature):
        Callback("AAAAA", None, "wx0").verify(query, then + timedelta(seconds=301))


@pytest.mark.parametrize("off", [-301, -3600, 301, 86400])
def test_an_old_or_future_request_is_refused(off):
    with pytest.raises(BadSignature):
        plain.decode(signed(NOW + timedelta(seconds=off)), text("好"), NOW)


@pytest.mark.parametrize("off", [-300, -5, 0, 5, 300])
def test_clocks_may_differ_by_five_minutes(off):
    assert plain.decode(signed(NOW + timedelta(seconds=off)), text("好"), NOW).text == "好"


@pytest.mark.parametrize("missing", ["signature", "timestamp", "nonce"])
@pytest.mark.parametrize("callback", [plain, compatible, safe])
def test_a_request_without_its_parts_is_refused(callback, missing):
    query, body = sealed(text("好")) if callback is not plain else (signed(), text("好"))
    callback.decode(query, body, NOW)

    for broken in (query | {missing: ""}, {name: value for name, value in query.items() if name != missing}):
        with pytest.raises(BadSignature):
            callback.decode(broken, body, NOW)
        with pytest.raises(BadSignature):
            callback.verify(broken, NOW)


@pytest.mark.parametrize("time", ["", "abc", "-1", "1e9", "１７９０００００００", " 1790000000", "9" * 5000])
def test_a_timestamp_that_is_none_is_refused_even_if_it_is_signed(time):
    with pytest.raises(BadSignature):
        plain.decode({"signature": signature(TOKEN, time, "n"), "timestamp": time, "nonce": "n"}, text("好"), NOW)


def test_an_empty_nonce_is_refused_even_if_it_is_signed():
    with pytest.raises(BadSignature):
        plain.decode(signed(nonce=""), text("好"), NOW)


@pytest.mark.parametrize("given", ["é" * 40, "\ud800", "A" * 40, "0" * 40, "f" * 4000])
def test_a_wrong_signature_is_refused_whatever_it_holds(given):
    with pytest.raises(BadSignature):
        plain.decode(signed() | {"signature": given}, b"<never parsed", NOW)


def test_the_signature_is_checked_before_the_body():
    for body in (b"", b"\xff" * 100, b"<!DOCTYPE x>"):
        with pytest.raises(BadSignature):
            plain.decode(signed() | {"signature": "0" * 40}, body, NOW)
        with pytest.raises(BadBody):
            plain.decode(signed(), body, NOW)


@pytest.mark.parametrize("field", ["signature", "msg_signature", "nonce", "timestamp"])
def test_in_safe_mode_every_signed_part_counts(field):
    query, body = sealed(text("好"))
    changed = (
        str(int(query[field]) + 1) if field == "timestamp" else query[field][:-1] + ("0" if query[field][-1] != "0" else "1")
    )

    with pytest.raises(BadSignature):
        safe.decode(query | {field: changed}, body, NOW)


def test_swapping_signature_and_msg_signature_is_noticed():
    query, body = sealed(text("好"))

    with pytest.raises(BadSignature):
        safe.decode(query | {"msg_signature": query["signature"]}, body, NOW)


def test_safe_mode_takes_no_plain_message():
    with pytest.raises(BadSignature):
        safe.decode(signed(), text("好"), NOW)
    with pytest.raises(BadSignature):
        safe.decode(signed(encrypt_type="raw"), text("好"), NOW)


def test_plain_mode_takes_no_sealed_message():
    query, body = sealed(text("好"))

    with pytest.raises(BadBody):
        plain.decode(query, body, NOW)


def test_compatible_mode_trusts_what_is_sealed_and_not_what_stands_beside_it():
    query, body = sealed(text("真的"), extra="<Content>假的</Content><MsgType>text</MsgType>")

    assert compatible.decode(query, body, NOW).text == "真的"
    assert compatible.decode(signed(), text("还没切换"), NOW).text == "还没切换"


def test_a_message_sealed_with_another_key_or_for_another_account_is_refused():
    with pytest.raises(BadBody):
        safe.decode(*sealed(text("好"), key="x" * 43), NOW)
    with pytest.raises(BadSignature):
        safe.decode(*sealed(text("好"), appid="wx0000000000000000"), NOW)


@pytest.mark.parametrize(
    "settings",
    [
        ("", None, "wx0", "plain"),
        (TOKEN, None, "wx0", "safe"),
        (TOKEN, "", "wx0", "compatible"),
        (TOKEN, KEY[:-1], "wx0", "safe"),
        (TOKEN, KEY + "=", "wx0", "safe"),
        (TOKEN, "密" * 43, "wx0", "safe"),
    ],
)
def test_settings_that_cannot_work_are_told_at_the_start(settings):
    with pytest.raises(ValueError, match=r"Token|EncodingAESKey"):
        Callback(*settings)


# --- Tencent's published AES examples


SALT = b"aaaabbbbccccdddd"
TENCENT_TEXT = "我是中文abcd123"
TENCENT_TEXT_SEALED = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
TENCENT_VIDEO = (
    "<xml><ToUserName><![CDATA[oia2Tj我是中文jewbmiOUlr6X-1crbLOvLw]]></ToUserName><FromUserName><![CDATA[gh_7f083739789a]]>"
    "</FromUserName><CreateTime>1407743423</CreateTime><MsgType><![CDATA[video]]></MsgType><Video><MediaId>"
    "<![CDATA[eYJ1MbwPRJtOvIEabaxHs7TX2D-HV71s79GUxqdUkjm6Gs2Ed1KF3ulAOA9H1xG0]]></MediaId><Title><![CDATA[testCallBackReplyVideo]]>"
    "</Title><Description><![CDATA[testCallBackReplyVideo]]></Description></Video></xml>"
)
TENCENT_VIDEO_SEALED = (
    "jn1L23DB+6ELqJ+6bruv23M2GmYfkv0xBh2h+XTBOKVKcgDFHle6gqcZ1cZrk3e1qjPQ1F4RsLWzQRG9udbKWesxlkupqcEcW7ZQweImX9+wLMa0GaUzpkycA8+I"
    "amDBxn5loLgZpnS7fVAbExOkK5DYHBmv5tptA9tklE/fTIILHR8HLXa5nQvFb3tYPKAlHF3rtTeayNf0QuM+UW/wM9enGIDIJHF7CLHiDNAYxr+r+OrJCmPQyTy8"
    "cVWlu9iSvOHPT/77bZqJucQHQ04sq7KZI27OcqpQNSto2OdHCoTccjggX5Z9Mma0nMJBU+jLKJ38YB1fBIz+vBzsYjrTmFQ44YfeEuZ+xRTQwr92vhA9OxchWVIN"
    "GC50qE/6lmkwWTwGX9wtQpsJKhP+oS7rvTY8+VdzETdfakjkwQ5/Xka042OlUb1/slTwo4RscuQ+RdxSGvDahxAJ6+EAjLt9d8igHngxIbf6YyqqROxuxqIeIch3"
    "CssH/LqRs+iAcILvApYZckqmA7FNERspKA5f8GoJ9sv8xmGvZ9Yrf57cExWtnX8aCMMaBropU/1k+hKP5LVdzbWCG0hGwx/dQudYR/eXp3P0XxjlFiy+9DMlaFEx"
    "WUZQDajPkdPrEeOwofJb"
)
TENCENT_HELLO_SEALED = (
    "rTNFcsut4LfGuAFKEUVVpwcaCOTJzOd9twZdIW910jb3k+iicx2uvhttIZ3Qg9Qgty3BEF2xbOrz6boTfb30dMomcgrkTqdFPwnhqbk+kIQ7rZiwny9D7NUrTgA5"
    "kpX3KsZvrXzUZyP2x9YOlxbgm572lmxKvM7HAQQhIQ/p6HBmoY30bGXFK0BtIu1pW9TjhOYrLQoU18nWYjWqDA1ynkmOytpv7QRI1P1+0NoxL0q2zO1DgeSvnE8C"
    "ZGo/o5Ap/WHK5W2RAsinpzN4/LjPnmB6U01I5XCoJoC0GK/yMZycd2Oh8Nq6+wBkC1U85oy0ktOY4nLvsQMLrourmMGdZHuTbqpeJ8Ao/5PRYJ+WBvRUwPfGKBL2"
    "+2IKZF49vAJqkcGWSHGE76ZN2erXeuNazf/o9o3lIE3q739o4c8t9QGPe31GT2Go/rOz1BsrASwvauNulCh+++yz+CQzBIuikA=="
)
TENCENT_WORK_SEALED = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccA"
    "S0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ"
    "3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo"
    "6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)


@pytest.mark.parametrize(("message", "expected"), [(TENCENT_TEXT, TENCENT_TEXT_SEALED), (TENCENT_VIDEO, TENCENT_VIDEO_SEALED)])
def test_sealing_gives_tencents_own_results(message, expected):
    envelope = Envelope(KEY, APPID)

    assert envelope.seal(message.encode(), SALT) == expected
    assert envelope.open(expected).decode() == message


def test_tencents_example_request_is_opened():
    assert signature(TOKEN, "1458300676", "260774613", TENCENT_HELLO_SEALED) == "4f3ad57b6989f09f4eb392acce4f9e93942ed890"
    query = {
        "signature": signature(TOKEN, "1458300676", "260774613"),
        "msg_signature": "4f3ad57b6989f09f4eb392acce4f9e93942ed890",
        "timestamp": "1458300676",
        "nonce": "260774613",
    }
    body = f"<xml>\n    <ToUserName>asdasdasd</ToUserName>\n    <Encrypt><![CDATA[{TENCENT_HELLO_SEALED}]]></Encrypt>\n</xml>\n"

    inbound = safe.decode(query, body.encode(), datetime.fromtimestamp(1458300676, UTC))

    assert (inbound.openid, inbound.account, inbound.text) == ("asdasdasdsadasd", "asdasdasd", "hello")
    assert inbound.at == datetime.fromtimestamp(1234567898, UTC)


def test_wecoms_example_message_is_opened():
    key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
    assert signature("QDG6eK", "1409659813", "1372623149", TENCENT_WORK_SEALED) == "477715d11cdb4164915debcba66cb864d751f3e6"

    inbound = read(Envelope(key, "wx5823bf96d3bd56c7").open(TENCENT_WORK_SEALED))

    assert (inbound.openid, inbound.text, inbound.key) == ("mycreate", "hello", "4561255354251345929")


@given(st.text(), st.binary(min_size=16, max_size=16))
def test_both_implementations_open_what_the_other_sealed(message, salt):
    envelope = Envelope(KEY, APPID)
    theirs = peer.encrypt_message(message, "n", "1")
    ours = envelope.seal(message.encode(), salt)

    assert envelope.open(ElementTree.fromstring(theirs).findtext("Encrypt")).decode() == message
    assert peer.decrypt_message({"Encrypt": ours}, signature(TOKEN, "1", "n", ours), "1", "n") == message


@given(st.binary(max_size=200))
def test_an_envelope_of_noise_is_refused(noise):
    for sealed_noise in (b64encode(noise).decode(), noise.decode("latin-1")):
        with pytest.raises((BadBody, BadSignature)):
            Envelope(KEY, APPID).open(sealed_noise)


@pytest.mark.parametrize(
    ("inside", "refusal"),
    [
        (SALT + b"\0\0\0\x02hi" + APPID.encode(), None),
        (SALT + b"\0\0\0\xffhi" + APPID.encode(), BadBody),
        (SALT + b"\xff\xff\xff\xffhi" + APPID.encode(), BadBody),
        (SALT + b"\0\0\0\x01hi" + APPID.encode(), BadSignature),
        (SALT + b"\0\0\0\x02hi", BadSignature),
        (SALT + b"\0\0\0\x02hi" + APPID.encode() + b"x", BadSignature),
        (b"short", BadBody),
    ],
)
def test_an_envelope_is_opened_only_if_it_is_whole(inside, refusal):
    sealed_inside = by_hand(inside + bytes((32 - len(inside) % 32,)) * (32 - len(inside) % 32))
    if refusal is None:
        assert Envelope(KEY, APPID).open(sealed_inside) == b"hi"
        return
    with pytest.raises(refusal):
        Envelope(KEY, APPID).open(sealed_inside)


@pytest.mark.parametrize("padding", [b"\0" * 6, b"\x06" * 5 + b"\x07", b"\x05" + b"\x06" * 5 + b"\x21", b"12345\x06"])
def test_wrong_padding_is_refused(padding):
    inside = SALT + b"\0\0\0\x02hi" + APPID.encode()
    with pytest.raises((BadBody, BadSignature)):
        Envelope(KEY, APPID).open(by_hand((inside + padding).ljust(64, padding[-1:])))


def test_padding_that_only_ends_well_is_refused():
    inside = SALT + b"\0\0\0\x02hi" + APPID.encode()
    assert len(inside) == 40
    with pytest.raises(BadBody):
        Envelope(KEY, APPID).open(by_hand(inside + b"x" * 23 + b"\x18"))


def by_hand(blocks):
    """Blocks sealed with the key, without the rules."""
    key = b64decode(KEY + "=")
    work = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return b64encode(work.update(blocks) + work.finalize()).decode()


# --- what is understood


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("mode", ["plain", "safe"])
def test_every_kind_is_read(name, mode):
    body, fields = DOCUMENTS[name]
    expected = Inbound(**({"openid": OPENID, "account": ACCOUNT, "at": NOW, "kind": "event"} | fields))

    inbound = plain.decode(signed(), body, NOW) if mode == "plain" else safe.decode(*sealed(body), NOW)

    assert inbound == expected


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_other_implementation_reads_the_same(name):
    body, _ = DOCUMENTS[name]
    theirs, ours = parse_message(body), read(body)

    assert (theirs.source, theirs.target, theirs.create_time) == (ours.openid, ours.account, ours.at)
    if ours.kind == "event":
        assert theirs._data["Event"].lower().removesuffix("_scan") == ours.event
        assert (theirs._data.get("EventKey") or "") == ours.event_key
    elif ours.kind == "text":
        assert (theirs.content or "") == ours.text
        assert (theirs._data.get("bizmsgmenuid") or "") == ours.tapped
    if ours.kind != "event":
        assert str(theirs.id) == ours.key
        assert (theirs._data.get("MediaId") or "") == ours.media_id


@given(
    content=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="￾￿")),
    style=st.sampled_from(["cdata", "escaped", "indented", "declared"]),
)
def test_whatever_a_patient_writes_is_read_as_the_other_implementation_reads_it(content, style):
    assume(content.strip() != STICKER)
    body = text("PLACE").decode()
    if style == "escaped":
        body = body.replace("<![CDATA[PLACE]]>", escape(content))
    else:
        body = body.replace("PLACE", content.replace("]]>", "]]]]><![CDATA[>"))
    if style == "indented":
        body = body.replace("<xml>", "\n <xml>\n").replace("</Content>", "\n </Content>")
    if style == "declared":
        body = '<?xml version="1.0" encoding="UTF-8"?>\n' + body

    assert read(body.encode()).text == (parse_message(body).content or "")


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x08", "\x0b", "\x1f"])
def test_a_control_character_costs_nobody_an_answer(character):
    assert read(text(f"伤口{character}疼")).text == "伤口疼"


PIECES = [
    "<xml>", "</xml>", "<A>", "</A>", "<B>", "</B>", "<A/>", "<1>", "</1>", "<![CDATA[", "]]>", "]", "&amp;", "&", "<", ">",
    " ", "\n", "\r\n", "\ufffe", "\u3000", "\x07", "疼", "😷", "<!-- a -->", "x=", "'",
    "<A><![CDATA[疼]]></A>", "<B>1</B>", "<A>\n<B>1</B></A>",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.booleans(), st.integers(0, 8))
def test_the_short_way_reads_what_the_parser_reads(pieces, whole, cut):
    text = "".join(pieces)
    body = f"<xml>{text}</xml>".encode() if whole else text.encode()
    body = body[: len(body) - cut]
    short = xml.flat(body)
    assert short is None or short == xml.fields(xml.parse(body))


def test_the_short_way_takes_an_ordinary_message():
    body = "<xml>\n<From><![CDATA[o1]]></From>\n<CreateTime>1</CreateTime><Content><![CDATA[ 36.8 ]]></Content>\n</xml>\n"
    assert xml.flat(body.encode()) == {"From": "o1", "CreateTime": "1", "Content": "36.8"}


def test_a_media_id_too_long_to_be_one_is_kept_aside():
    inbound = read(document("image", MediaId="m" * 201, MsgId=1))

    assert (inbound.media_id, inbound.detail) == ("", {"MediaId": "m" * 201})


def test_events_of_one_second_are_told_apart():
    keys = {
        read(body).key
        for body in (
            event("CLICK", EventKey="A"),
            event("CLICK", EventKey="B"),
            event("VIEW", EventKey="A"),
            event("TEMPLATESENDJOBFINISH", MsgID=1, Status="success"),
            event("TEMPLATESENDJOBFINISH", MsgID=2, Status="success"),
            event("CLICK", EventKey="A").replace(str(TIME).encode(), str(TIME + 1).encode()),
            event("CLICK", EventKey="A").replace(OPENID.encode(), b"oOther"),
            event("VIEW", EventKey="https://example.cn/" + "a" * 900),
            event("VIEW", EventKey="https://example.cn/" + "a" * 901),
        )
    }

    assert len(keys) == 9
    assert all(len(key) <= 200 for key in keys)


def test_a_message_without_an_id_is_still_known_again():
    first, second = document("text", Content="好"), document("text", Content="不好")

    assert read(first).key == read(first).key != read(second).key


BAD = {
    "nothing": b"",
    "blank": b"   \n",
    "no XML": b"hello",
    "JSON": b'{"a": 1}',
    "other root": text("a").replace(b"xml>", b"xmlx>"),
    "truncated": text("a")[:-8],
    "trailing": text("a") + b"<xml/>",
    "empty root": b"<xml/>",
    "no type": text("a").replace(b"MsgType", b"MsgTipe"),
    "no sender": text("a").replace(b"FromUserName", b"From"),
    "no account": text("a").replace(b"ToUserName", b"To"),
    "no time": text("a").replace(b"CreateTime", b"Time"),
    "time of letters": text("a").replace(str(TIME).encode(), b"soon"),
    "time without end": text("a").replace(str(TIME).encode(), b"9" * 4400),
    "negative time": text("a").replace(str(TIME).encode(), b"-5"),
    "event without a name": document("event", EventKey="A"),
    "event with an endless name": event("a" * 61),
    "sender with markup": text("a", FromUserName="]]<"),
    "sender without end": document("text", openid="o" * 65, Content="a", MsgId=1),
    "repeated element": text("a").replace(b"</xml>", b"<Content>b</Content></xml>"),
    "repeated sender": text("a").replace(b"</xml>", b"<FromUserName>other</FromUserName></xml>"),
    "DTD": b"<!DOCTYPE xml>" + text("a"),
    "DTD after a declaration": b'<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "b">]>' + text("&a;"),
    "laughs": b'<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    + text("a").replace(b"<![CDATA[a]]>", b"&b;"),
    "outside file": b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + text("a").replace(b"<![CDATA[a]]>", b"&a;"),
    "unknown entity": text("a").replace(b"<![CDATA[a]]>", b"&nbsp;"),
    "UTF-16": text("a").decode().encode("utf-16"),
    "GB18030": text("疼").decode().encode("gb18030"),
    "declared GBK": b'<?xml version="1.0" encoding="gbk"?>' + text("a"),
    "declared Latin": b'<?xml version="1.0" encoding="iso-8859-1"?>' + text("a"),
    "not UTF-8": text("a").replace(b"CDATA[a", b"CDATA[\xff\xfe"),
    "a comment first": b"<!-- a -->" + text("a"),
    "deep": b"<xml>" + b"<a>" * 9000 + b"</a>" * 9000 + b"</xml>",
    "very deep and cut": b"<xml>" + b"<a>" * 21000,
}


@pytest.mark.parametrize("name", BAD)
def test_bad_documents_are_refused(name):
    with pytest.raises(BadBody) as refused:
        plain.decode(signed(), BAD[name], NOW)
    assert OPENID not in str(refused.value)


def test_a_deep_list_is_no_trouble():
    deep = "<a>" * 5000 + "x" + "</a>" * 5000

    assert read(event("CLICK", EventKey="K", Deep=deep)).event_key == "K"


@given(st.binary(max_size=400))
def test_noise_is_refused_and_nothing_else(noise):
    for body in (noise, b"<xml>" + noise, b"<xml>" + noise + b"</xml>"):
        with pytest.raises(BadBody):
            plain.decode(signed(), body, NOW)


@given(st.sampled_from(list(DOCUMENTS)), st.data())
def test_a_damaged_document_is_read_or_refused(name, data):
    body = bytearray(DOCUMENTS[name][0])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        action = data.draw(st.sampled_from(["drop", "change", "cut", "double"]))
        if action == "drop":
            del body[at]
        elif action == "change":
            body[at] = data.draw(st.integers(0, 255))
        elif action == "cut":
            del body[at:]
        else:
            body[at:at] = body[at : at + 40]
        if not body:
            break
    try:
        inbound = read(bytes(body))
    except BadBody:
        return
    assert 1 <= len(inbound.key) <= 200
    assert 1 <= len(inbound.openid) <= 64


@given(
    st.dictionaries(st.sampled_from(["signature", "timestamp", "nonce", "msg_signature", "encrypt_type"]), st.text()), st.binary()
)
def test_any_query_is_read_or_refused(query, body):
    for callback in (plain, compatible, safe):
        with pytest.raises((BadSignature, BadBody)):
            callback.decode(query, body, NOW)


# --- what is answered


ASKED = read(text("好"))


def answered(body):
    """A reply as a strict XML parser sees it."""
    return {child.tag: child.text for child in ElementTree.fromstring(body)}


def test_a_reply_goes_back_to_the_one_who_asked():
    reply = answered(plain.encode(ASKED, "今天体温多少度？", NOW, "n2"))

    assert reply == {
        "ToUserName": OPENID,
        "FromUserName": ACCOUNT,
        "CreateTime": str(TIME),
        "MsgType": "text",
        "Content": "今天体温多少度？",
    }


@pytest.mark.parametrize("nothing", [None, "", " \n", "\x00"])
@pytest.mark.parametrize("callback", [plain, safe])
def test_no_reply_is_an_empty_answer(callback, nothing):
    assert callback.encode(ASKED, nothing, NOW, "n2") == b""


@given(st.text(max_size=300))
def test_no_text_breaks_out_of_a_reply(words):
    nasty = f"甲{words}]]><Content>乙</Content>"
    for callback in (plain, safe):
        body = callback.encode(ASKED, nasty, NOW, "n2")
        if callback is safe:
            wrapped = answered(body)
            body = peer.decrypt_message(body, wrapped["MsgSignature"], wrapped["TimeStamp"], wrapped["Nonce"])
        reply = answered(body)
        assert list(reply) == ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"]
        assert reply["Content"].endswith("]]><Content>乙</Content>")


def test_replies_are_sealed_as_the_mode_and_the_request_want():
    query, body = sealed(text("好"))
    for callback in (safe, compatible):
        inbound = callback.decode(query, body, NOW)
        reply = callback.encode(inbound, "收到。", NOW, "n2", sealed=callback.sealed(query))
        wrapped = answered(reply)

        assert set(wrapped) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
        assert answered(peer.decrypt_message(reply, wrapped["MsgSignature"], str(TIME), "n2"))["Content"] == "收到。"
    assert answered(compatible.encode(ASKED, "收到。", NOW, "n2", sealed=compatible.sealed(signed())))["Content"] == "收到。"
    assert "Encrypt" in answered(safe.encode(ASKED, "收到。", NOW, "n2"))


def test_two_sealed_replies_never_look_alike():
    assert safe.encode(ASKED, "收到。", NOW, "n2") != safe.encode(ASKED, "收到。", NOW, "n2")


def test_a_changed_reply_is_noticed_by_the_other_side():
    reply = safe.encode(ASKED, "收到。", NOW, "n2")
    wrapped = answered(reply)

    with pytest.raises(WeChatException):
        peer.decrypt_message(reply, wrapped["MsgSignature"], str(TIME), "n3")


@pytest.mark.parametrize("body", [event("unsubscribe"), event("CLICK", EventKey="A"), document("text", Content="好")])
def test_the_key_of_what_came_does_not_keep_the_account(body):
    assert OPENID not in read(body).key
