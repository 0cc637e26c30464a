"""A hospital for measuring: the real house over an empty database, with as many patients and touchpoints as are wanted.

`python -m bench.house JSON` serves one and prints its port.
"""

from __future__ import annotations

import gc
import json
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot import app, config
from bot.care import opening
from bot.wechat.crypto import Envelope, signature
from storage import contacts
from storage.columns import table
from storage.consents import Consent
from storage.contacts import Binding, Contact
from storage.patients import Episode, Patient
from storage.plans import CarePlan, Touchpoint
from storage.transaction import Tx

APPID, TOKEN, AES_KEY = "wxbench0000000000", "bench-token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
FLOW = """
id: bench
title: 五个问题
remind_after: 4h
expire_after: 24h
otherwise: nurse
alarms:
  - {if: temperature >= 38.5, level: L1, reason: 发热, go: end}
  - {if: pain >= 7, level: L2, reason: 疼痛明显}
nodes:
  - {id: temperature, ask: "{{ patient.name }}您好，今天体温多少度？", answer: {type: number, min: 34, max: 43}, hint: 请回复数字}
  - {id: wound, ask: 伤口现在怎么样？, answer: {type: choice, options: {dry: [干燥], red: [发红], leak: [渗血]}}}
  - {id: pain, ask: "体温{{ temperature }}度记下了。现在有多疼？", answer: {type: scale}, hint: 请回复 0 到 10}
  - {id: pills, ask: 药按时吃了吗？, answer: {type: yesno}}
  - {id: walking, ask: 能下地走路吗？, answer: {type: yesno}, go: temperature}
  - {id: nurse, escalate: {level: L3, reason: 未完成}, say: 护士会联系您。}
"""
# What patients answer to each question in turn. Half of real replies are as short as the first, and so are remembered by the
# reading; the others are read whole every time.
SHORT = (
    ("36.8", "36.5", "37.1", "36度7", "三十六度五", "37", "36.9℃", "36.4"),
    ("1", "干燥", "干燥的", "A", "①", "选1"),
    ("2", "3", "1分", "两分", "0", "3分", "不疼", "4"),
    ("按时吃了", "是的", "吃了", "是", "对", "都吃了"),
    ("能走", "能", "可以", "能的", "可以走了", "是的"),
)
SENTENCES = (
    ("今天早上起来量的，三十六度八", "刚才护士教我量了一下，36.7度", "一直没烧过，昨天和今天都是36.5"),
    ("伤口看着挺干燥的，贴着纱布呢", "干燥的，昨天社区医院给换了药", "伤口这两天都是干燥的，没别的"),
    ("走路的时候有一点点疼，2分吧", "晚上翻身的时候疼，有3分左右", "跟前两天差不多，我觉得是4分"),
    ("按时吃了，一天三回一次都没落下", "是的，老伴天天盯着我按时吃的", "吃了，都是饭后按时吃的，放心吧"),
    ("能走，扶着墙自己能走好一会儿了", "可以的，今天在楼下走了两圈", "能走，就是比以前走得慢一点儿"),
)
TURNS = 190  # of the 200 that one session may take
CHUNK = 5000
NOWHERE = "http://127.0.0.1:9"
# a Tuesday morning, when notices may be sent; processes of one measurement share the shift
MORNING = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
SHIFT = (MORNING - datetime.now(UTC)).total_seconds()


def openid(number: int) -> str:
    """The account of patient `number` (from 1)."""
    return f"obench{number:022d}"


def open_house(
    folder: Path,
    *,
    database_url: str = "",
    mode: str = "plain",
    api: str = NOWHERE,
    shift: float = SHIFT,
    now: Callable[[], datetime] | None = None,
    flow: str = FLOW,
) -> app.House:
    """The house with the shipped content and the talk above (or another `flow`), migrated; in a folder of its own, or in one
    where another process has made it. It goes by `now`, or by real time shifted by so many seconds."""
    content = folder / "content"
    if not content.exists():
        shutil.copytree(config.shipped("flows"), content / "flows")
        (content / "flows" / "bench.yaml").write_text(flow, "utf-8")
        (content / "templates").symlink_to(config.shipped("templates").resolve())
    settings = config.Settings(
        data_dir=folder / "data", content=content, database_url=database_url, hospital="示例医院", hospital_phone="000-00000000",
        public_url="http://127.0.0.1", wechat_appid=APPID, wechat_secret="s", wechat_token=TOKEN, wechat_aes_key=AES_KEY,
        wechat_mode=mode, wechat_api=api, wechat_templates={"follow_up": "T1"}, log_level="error",
    )  # fmt: skip
    return app.open_house(settings, now=now or (lambda: datetime.now(UTC) + timedelta(seconds=shift)), migrate=True)


def populate(house: app.House, patients: int, *, first: int = 1, each: int = 0, due_at: datetime | None = None) -> None:
    """So many patients at home, numbered from `first`, each with a confirmed contact and `each` touchpoints at `due_at`."""
    now = house.now()
    for numbers in _chunks(range(first, first + patients)):
        house.database.write_now(_people, numbers, each, house.practice.consent.version, due_at or now + timedelta(days=30), now)


def begin_talks(house: app.House, patients: int) -> None:
    """A waiting talk for each of the first patients."""
    for numbers in _chunks(range(1, patients + 1), 200):
        house.database.write_now(_talks, house, numbers, house.now())


def requests(
    patients: int, count: int, *, mode: str = "plain", first: int = 0, replies: tuple[tuple[str, ...], ...] = SHORT
) -> list[bytes]:
    """Signed texts as WeChat posts them: patient after patient, each answering what comes next. `first` goes on."""
    stamp = str(int(time.time() + SHIFT))
    envelope = Envelope(AES_KEY, APPID) if mode == "safe" else None
    plain_query = f"signature={signature(TOKEN, stamp, 'n')}&timestamp={stamp}&nonce=n"
    made = []
    for number in range(first, first + count):
        turn, who = divmod(number, patients)
        if turn >= TURNS:
            raise ValueError("not enough patients")
        fitting = replies[turn % len(replies)]
        said = fitting[(who + turn // len(replies)) % len(fitting)]
        body = (
            f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[{openid(who + 1)}]]></FromUserName>"
            f"<CreateTime>{stamp}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{said}]]></Content>"
            f"<MsgId>{23000000000000000 + number}</MsgId></xml>"
        ).encode()
        query = plain_query
        if envelope is not None:
            sealed = envelope.seal(body)
            query += f"&encrypt_type=aes&msg_signature={signature(TOKEN, stamp, 'n', sealed)}"
            body = f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
        head = (
            f"POST /wechat?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def _chunks(numbers: Sequence[int], size: int = CHUNK) -> Iterable[Sequence[int]]:
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def _people(tx: Tx, numbers: Sequence[int], each: int, version: str, due_at: datetime, now: datetime) -> None:
    home = now - timedelta(days=3)
    made = {"created_at": now, "updated_at": now}
    stay = {"times": 1, "department": "骨科", "ward": "骨科一病区", "discharged_at": home, **made}
    account = {"state": "active", "followed": True, "owner": "bot", "quota_left": 0, "created_at": now}
    bound = {"relation": "self", "bound_at": now, "confirmed_at": now, "agreed": version}
    plan = {"protocol": "bench", "state": "running", "made_at": now}
    point = {"flow": "bench", "title": "随访", "due_at": due_at, "state": "planned"}
    rows: dict[Any, list[dict[str, Any]]] = {
        Patient: [{"id": n, "hospital_no": f"B{n}", "name": "测样本", "sex": "女", **made} for n in numbers],
        Episode: [{"id": n, "patient_id": n, "admission_no": f"A{n}", **stay} for n in numbers],
        Contact: [{"id": n, "openid": openid(n), **account} for n in numbers],
        Binding: [{"contact_id": n, "episode_id": n, **bound} for n in numbers],
        Consent: [{"contact_id": n, "episode_id": n, "version": version, "answer": "agreed", "at": now} for n in numbers],
        CarePlan: [{"id": n, "episode_id": n, **plan} for n in numbers],
        Touchpoint: [{"plan_id": n, "episode_id": n, "day": f"day{day}", **point} for n in numbers for day in range(each)],
    }
    for model, values in rows.items():
        if values:
            tx.connection.execute(table(model).insert(), values)


def _talks(tx: Tx, house: app.House, numbers: Sequence[int], now: datetime) -> None:
    for number in numbers:
        [own] = contacts.bound(tx, number)
        opening.begin(tx, house.practice, contact_id=number, bound=own, touchpoint_id=None, flow="bench", now=now)


def main(told: str) -> None:
    """Serve a house: JSON with `folder`, `mode`, `database_url`, `api`, `shift`, `patients`, `due`."""
    from aiohttp import web

    from bot.web import log

    how = json.loads(told)
    log.set_up("error")
    house = open_house(
        Path(how["folder"]), database_url=how.get("database_url", ""), mode=how["mode"], api=how["api"], shift=how["shift"]
    )
    populate(house, how["patients"])
    populate(house, how["due"], first=how["patients"] + 1, each=1, due_at=house.now())
    begin_talks(house, how["patients"])
    gc.freeze()  # as serve does
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    web.run_app(app.build(house), sock=listener, access_log=None, print=None, shutdown_timeout=5)


if __name__ == "__main__":
    main(sys.argv[1])
