"""The card with the QR code: printed for who was not bound, scanned once, and made anew for the family."""

import re
from contextlib import asynccontextmanager

import aiohttp
import segno
from sqlmodel import select

from bot.cli import demo
from bot.simulator.app import FAULTS, PLATFORM, PUSHER
from storage.contacts import Binding, Enrolment
from storage.patients import Episode, Patient
from storage.staff import AuditEntry


class Nurse:
    """A browser without scripts, signed in."""

    def __init__(self, demo, session):
        self.demo, self.session, self.home, self.csrf = demo, session, demo.console.removesuffix("/"), ""

    async def get(self, path):
        async with self.session.get(self.home + path) as answer:
            return answer.status, await answer.text()

    async def post(self, path, **fields):
        headers = {"Origin": self.home.removesuffix("/console")}
        async with self.session.post(self.home + path, data={"csrf": self.csrf, **fields}, headers=headers) as answer:
            return answer.status, await answer.text()

    async def sign_in(self):
        _, text = await self.post("/login", username=demo.USER, password=demo.PASSWORD)
        self.csrf = text.split('name="csrf" value="')[1].split('"')[0]

    def rows(self, *what):
        return self.demo.house.database.read_now(lambda tx: tx.session.exec(select(*what).order_by(what[0].id)).all())


@asynccontextmanager
async def ward(folder):
    async with (
        demo.running(folder, patients=9) as started,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        nurse = Nurse(started, session)
        await nurse.sign_in()
        yield nurse


def codes(text):
    """What the codes of a page are drawn as."""
    return re.findall(r'<div class="qr"[^>]*>(<svg.*?</svg>)</div>', text, re.DOTALL)


def waiting(nurse):
    """The episode and token of the first patient who did not scan."""
    unused = [one for one in nurse.rows(Enrolment) if one.used_at is None]
    home = {one.id for one in nurse.rows(Episode) if one.state == "home"}
    found = next(one for one in unused if one.episode_id in home)
    return found.episode_id, found.token


async def scanned(nurse, name, wanted):
    platform = nurse.demo.simulator[PLATFORM]
    user = platform.add(name)
    await nurse.demo.simulator[PUSHER].submit(platform.scan(user, wanted))
    return user.chat[-1].body["text"]


async def test_a_printed_code_binds_one_phone_and_another_can_be_made_for_the_family(tmp_path):
    async with ward(tmp_path) as nurse:
        episode, token = waiting(nurse)
        scenes = nurse.demo.simulator[PLATFORM].scenes
        patient = next(one.patient_id for one in nurse.rows(Episode) if one.id == episode)
        name = next(one.name for one in nurse.rows(Patient) if one.id == patient)

        _, page = await nurse.get(f"/patients/{patient}")
        assert f'href="/console/episodes/{episode}/card"' in page
        status, text = await nurse.get(f"/episodes/{episode}/card")
        (drawn,) = codes(text)
        address = scenes.find(token).url
        # the same code is drawn for the address that WeChat gave, and for no other
        assert status == 200
        assert address.startswith("http://weixin.qq.com/q/")
        assert drawn == segno.make(address, error="m", micro=False).svg_inline(omitsize=True, border=2)
        assert not any(secret in address + token for secret in (name, "1380000"))
        assert "style=" not in drawn
        for words in ("回复“停”", "示例医院", "120", name):
            assert words in text

        assert "示例医院出院随访" in await scanned(nurse, "甲", address)
        bound = [one.episode_id for one in nurse.rows(Binding) if one.episode_id == episode]
        assert len(bound) == 1
        assert "已经用过" in await scanned(nurse, "乙", address)

        _, text = await nurse.get(f"/episodes/{episode}/card")
        assert codes(text) == []
        assert "再生成一张（给家属）" in text
        status, text = await nurse.post(f"/episodes/{episode}/card")
        assert status == 200
        assert len(codes(text)) == 1
        status, text = await nurse.post(f"/episodes/{episode}/card")  # pressed twice
        assert status == 409
        assert "还有一张绑定码没有用过" in text
        fresh = [one.token for one in nurse.rows(Enrolment) if one.episode_id == episode and one.used_at is None]
        assert "示例医院出院随访" in await scanned(nurse, "丙", fresh[0])
        assert len([one for one in nurse.rows(Binding) if one.episode_id == episode]) == 2
        acts = [one.act for one in nurse.rows(AuditEntry) if one.noun == "episode" and one.noun_id == episode]
        assert acts == ["print code", "new code", "print code"]


async def test_a_ward_prints_all_its_unused_codes(tmp_path):
    async with ward(tmp_path) as nurse:
        unused = {one.episode_id for one in nurse.rows(Enrolment) if one.used_at is None}
        home = [one for one in nurse.rows(Episode) if one.id in unused and one.state == "home"]
        wards = {one.ward for one in home}
        _, text = await nurse.get("/cards")
        assert {name for name in wards if f'<option value="{name}"' in text} == wards
        assert codes(text) == []
        for name in wards:
            _, text = await nurse.get(f"/cards?ward={name}&days=7")
            assert len(codes(text)) == len([one for one in home if one.ward == name])
            assert len(set(codes(text))) == len(codes(text))
        _, text = await nurse.get("/cards?ward=没有这个病区")
        assert codes(text) == []


async def test_nothing_is_lost_while_wechat_cannot_be_reached(tmp_path):
    async with ward(tmp_path) as nurse:
        episode, token = waiting(nurse)
        faults = nurse.demo.simulator[FAULTS]
        for fault, words in (
            ({"kind": "cut"}, "现在连不上微信"),
            ({"kind": "code", "code": 48001}, "公众号没有这个接口的权限（48001）"),
            ({"kind": "busy"}, "微信暂时没有给二维码（-1）"),
        ):
            faults.add(path="/cgi-bin/qrcode/create", **fault)
            status, text = await nurse.get(f"/episodes/{episode}/card")
            assert (status, codes(text)) == (503, []), fault
            assert words in text
            assert "没有作废" in text
            faults.remove(None)
        status, text = await nurse.get(f"/episodes/{episode}/card")
        assert (status, len(codes(text))) == (200, 1)
        assert [one.token for one in nurse.rows(Enrolment) if one.episode_id == episode] == [token]


async def test_who_is_not_followed_needs_no_code(tmp_path):
    async with ward(tmp_path) as nurse:
        gone = next(one.id for one in nurse.rows(Episode) if one.state != "home")
        for ask in (nurse.get, nurse.post):
            status, text = await ask(f"/episodes/{gone}/card")
            assert status == 409
            assert "不随访" in text
            status, _ = await ask("/episodes/999999/card")
            assert status == 404
