"""Requests from elsewhere, headers, errors, and words that want to be markup."""

import asyncio
import re

import hospital
import pytest
from sqlmodel import select

from bot.web import middleware
from storage import staff
from storage.tickets import TicketEntry

PAGES = (
    "/console/tickets",
    "/console/patients",
    "/console/imports",
    "/console/flows",
    "/console/tickets/1",
    "/t/abc",
    "/console/nothing",
)


@pytest.fixture
def case(sqlite_database):
    return sqlite_database.write_now(lambda tx: hospital.talk(tx, 1, seal=None)[3].id)


@pytest.mark.parametrize("path", PAGES)
async def test_every_answer_carries_the_policy(nurse, case, path):
    response, text = await nurse.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert "<script>" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text


async def test_a_page_from_elsewhere_cannot_act_for_a_nurse(nurse, case, sqlite_database):
    path = f"/console/tickets/{case}/note"
    tries = [
        {"origin": "http://evil.example"},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
        {"csrf": ""},
        {"csrf": "A" * 43},
        {"headers": {"X-CSRF-Token": "wrong"}},
    ]
    for more in tries:
        response, text = await nurse.post(path, {"text": "不该写上"}, **more)
        assert response.status == 403, more
        assert "拒绝" in text
    response = await nurse.client.post(path, data={"csrf": nurse.csrf, "text": "不该写上"}, allow_redirects=False)
    assert response.status == 403  # says nothing of where it comes from
    assert sqlite_database.read_now(lambda tx: [e.text for e in tx.session.exec(select(TicketEntry)) if e.kind == "note"]) == []
    response, _ = await nurse.post(path, {"text": "同一来源"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert response.status == 303


async def test_nobody_can_be_signed_in_from_elsewhere(stranger):
    response, _ = await stranger.sign_in(origin="http://evil.example")
    assert response.status == 403


async def test_a_file_from_elsewhere_is_not_imported(nurse):
    from aiohttp import FormData

    for token in ("", "wrong"):
        form = FormData()
        form.add_field("csrf", token)
        form.add_field("file", b"x", filename="a.csv")
        origin = f"http://{nurse.client.host}:{nurse.client.port}"
        response = await nurse.client.post("/console/imports", data=form, headers={"Origin": origin})
        assert response.status == 403


NASTY = '<script>alert(1)</script><img src=x onerror="alert(2)">{{ 7*7 }}'


async def test_what_a_patient_writes_stays_text(nurse, sqlite_database):
    def fill(tx):
        made = hospital.talk(tx, 1, text=NASTY, reason=NASTY)
        made[0].name = "<b>张</b>"
        hospital.sent(tx, made[2], NASTY, hospital.NOW, author="staff", staff_id=1)
        return made[3].id, made[0].id

    ticket, patient = sqlite_database.write_now(fill)
    for path in (
        f"/console/tickets/{ticket}",
        f"/console/tickets/{ticket}?live",
        "/console/tickets",
        f"/console/patients/{patient}",
    ):
        _, text = await nurse.get(path)
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "49" not in re.sub(r"\?v=[0-9a-f]+|49 岁|:49", "", text)
        assert "<b>张" not in text


async def test_a_failure_shows_a_number_and_no_traceback_and_the_log_has_no_words_of_patients(nurse, monkeypatch, capsys):
    from storage import inbox

    def broken(*_, **__):
        raise RuntimeError("张三 13800000001 发烧")

    monkeypatch.setattr(inbox, "counts", broken)
    response, text = await nurse.get("/console/tickets")
    assert response.status == 500
    number = text.split("编号 ")[1].split(" ")[0]
    assert "Traceback" not in text
    assert "RuntimeError" not in text
    assert "13800000001" not in text
    said = capsys.readouterr()
    log = said.out + said.err
    assert number in log
    assert "RuntimeError" in log
    assert "13800000001" not in log
    assert "张三" not in log


async def test_a_page_that_is_not_there_says_so_in_chinese(nurse):
    for path in (
        "/console/tickets/999999",
        "/console/patients/999999",
        "/console/nothing",
        "/console/flows/none",
        "/console/tickets?queue=x",
    ):
        response, text = await nurse.get(path)
        assert response.status == 404, path
        assert "没有找到" in text


async def test_the_secure_cookie_is_for_https_only(stranger, monkeypatch):
    from bot.config import Settings
    from bot.web.keys import SETTINGS

    public = Settings(_env_file=None, hospital="x", public_url="https://follow.example.cn")
    monkeypatch.setitem(stranger.client.app._state, SETTINGS, public)
    data = {"username": "liu", "password": hospital.PASSWORD}
    headers = {"Host": "follow.example.cn", "Origin": "https://follow.example.cn"}
    response, _ = await stranger.post("/console/login", data, headers=headers)
    cookie = response.cookies["__Host-suifang"]
    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert response.headers["Strict-Transport-Security"]
    response, _ = await stranger.post("/console/login", data)  # over the ward's own network, without https
    assert not response.cookies["suifang"]["secure"]


async def test_static_files_are_kept_for_ever_under_their_version_and_nothing_else_can_be_read(stranger):
    _, page = await stranger.get("/console/login")
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    response, _ = await stranger.get(address)
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Encoding"] == "gzip"
    response, _ = await stranger.get(address, headers={"If-None-Match": response.headers["ETag"]})
    assert response.status == 304
    for path in ("/static/../frame.html", "/static/%2e%2e/frame.html", "/static/console", "/static/none.css"):
        response, _ = await stranger.get(path)
        assert response.status == 404, path


async def test_looking_at_a_patient_is_written_down(nurse, sqlite_database):
    def fill(tx):
        return hospital.talk(tx, 1)[0].id

    patient = sqlite_database.write_now(fill)
    await nurse.get(f"/console/patients/{patient}")
    await nurse.get("/console/tickets/1")
    seen = sqlite_database.read_now(
        lambda tx: [(e.staff_id, e.act, e.noun, e.noun_id) for e in tx.session.exec(select(staff.AuditEntry))]
    )
    assert (1, "view", "patient", patient) in seen
    assert (1, "view", "ticket", 1) in seen
    assert seen[0][1] == "login"


def test_the_policy_names_no_other_host():
    assert "http" not in middleware.POLICY
    assert "unsafe" not in middleware.POLICY


WILD = [
    ("GET", "/console/tickets?page=99999999999999999999&ward=%00%ff", {}, None),
    ("GET", "/console/tickets/99999999999999999999", {}, None),
    ("GET", "/console/tickets?queue=%E2%82", {}, None),
    ("GET", "/console/patients?page=-1", {}, None),
    ("GET", "/console/flows/%00", {}, None),
    ("GET", "/console/tickets", {"HX-Request": "true", "HX-Current-URL": "http://["}, None),
    ("POST", "/console/patients", {"Content-Type": "application/x-www-form-urlencoded"}, b"words=\xff\xfe&csrf=1"),
    ("POST", "/console/patients", {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"}, b"words=1"),
    ("POST", "/console/patients", {"Content-Type": "text/plain"}, b"words=1"),
    ("POST", "/console/imports", {"Content-Type": "multipart/form-data"}, b"x"),
    ("POST", "/console/imports", {"Content-Type": "multipart/form-data; boundary=b"}, b"--b\r\n\r\nx"),
    ("POST", "/console/login", {"Content-Type": "multipart/form-data"}, b"x"),
    ("POST", "/console/login", {"Content-Type": "multipart/form-data; boundary=b"}, b"nonsense"),
    ("POST", "/console/logout", {"Origin": "http://["}, b""),
]


@pytest.mark.parametrize(("method", "path", "headers", "body"), WILD)
@pytest.mark.parametrize("token", [True, False])
async def test_wild_requests_are_refused_calmly(nurse, method, path, headers, body, token):
    sent = {"Origin": f"http://{nurse.client.host}:{nurse.client.port}"} | headers
    if token:
        sent["X-CSRF-Token"] = nurse.csrf
    response = await nurse.client.request(method, path, headers=sent, data=body, allow_redirects=False)
    assert response.status < 500, await response.text()


async def test_a_cookie_of_wild_bytes_is_nobody(stranger):
    reader, writer = await asyncio.open_connection("127.0.0.1", stranger.client.port)
    writer.write(b"GET /console/tickets HTTP/1.1\r\nHost: x\r\nCookie: suifang=\xff\xfe\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split()[1] in (b"303", b"400")
