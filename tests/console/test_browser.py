"""The console in Chromium: what a nurse clicks, types and sees. Other pages of the house are not asked for anything."""

import os
import re
from datetime import timedelta
from pathlib import Path

import hospital
import pytest
from hospital import NOW, SEAL
from sqlmodel import select

from storage.contacts import Contact
from storage.messages import Outbound
from storage.tickets import Ticket

pytestmark = pytest.mark.browser
CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if Path(path).exists()), ""
)

# Chromium and htmx report every refusal and every cut line; the pages themselves say those in Chinese
EXPECTED = re.compile(r"(status of|Error Code) (401|409)|ERR_INTERNET_DISCONNECTED|^htmx:(sendError|afterRequest)")


@pytest.fixture
async def chromium():
    if not CHROMIUM:
        if "browser" in os.environ.get("SUIFANG_REQUIRE", ""):
            pytest.fail("browser is required: no Chromium found", pytrace=False)
        pytest.skip("no Chromium found")
    from playwright.async_api import async_playwright

    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


class Desk:
    """One person's screen. Whatever the browser complains of, or asks of another host, fails the test."""

    def __init__(self, page, home):
        self.page = page
        self.home = home
        self.trouble = []
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda said: self.trouble.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: None if request.url.startswith(home) else self.trouble.append(request.url))

    async def go(self, path):
        await self.page.goto(self.home + path)

    async def sign_in(self):
        await self.go("/console/")
        await self.page.fill("[name=username]", "liu")
        await self.page.fill("[name=password]", hospital.PASSWORD)
        await self.page.click("text=登录")
        await self.page.wait_for_selector(".tabs")


@pytest.fixture
async def desk(stranger, chromium):
    """Opens desks: await desk(width, height)."""
    home = f"http://127.0.0.1:{stranger.client.port}"
    desks = []

    async def sit(width=1366, height=657, **context):
        opened = await chromium.new_context(viewport={"width": width, "height": height}, **context)
        desks.append(Desk(await opened.new_page(), home))
        return desks[-1]

    yield sit
    for one in desks:
        assert [said for said in one.trouble if not EXPECTED.search(said)] == []


def told(tx):
    return hospital.talk(tx, 1, seal=SEAL)[3].id


async def test_log_in_open_a_ticket_take_over_reply_close(desk, sqlite_database):
    case = sqlite_database.write_now(told)
    one = await desk()
    page = one.page
    await one.sign_in()
    assert await page.title() == "(1) 待处理工单 · 示范市第一人民医院"
    await page.click(f"#row-{case}")
    await page.wait_for_selector("text=昨晚开始发烧")
    await page.click("text=接管对话")
    await page.wait_for_selector("text=人工对话中：刘护士")
    await page.fill("#reply", "我是刘护士，请再量一次体温。")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector(".msg.staff >> text=请再量一次体温")
    assert await page.input_value("#reply") == ""
    assert await page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('draft:'))") == []
    await page.click("summary:has-text('关闭工单')")
    await page.click("button:has-text('关闭工单')")  # the browser itself asks for an outcome first
    assert f"/console/tickets/{case}" in page.url
    await page.select_option("#outcome", "已联系本人")
    await page.fill("#closing", "已电话，38.1 度，明天来院。")
    await page.click("button:has-text('关闭工单')")
    await page.wait_for_selector("text=没有等着处理的工单")
    ticket = sqlite_database.read_now(lambda tx: tx.session.get(Ticket, case))
    assert (ticket.state, ticket.outcome, ticket.owner_id) == ("closed", "已联系本人", 1)


async def test_a_new_ticket_and_a_new_message_appear_by_themselves(desk, sqlite_database):
    one = await desk()
    page = one.page
    await one.sign_in()
    assert await page.title() == "待处理工单 · 示范市第一人民医院"
    case = sqlite_database.write_now(told)
    await page.wait_for_selector(f"#row-{case}", timeout=10_000)
    assert (await page.title()).startswith("(1)")
    await page.click(f"#row-{case}")
    await page.fill("#reply", "写到一半")

    def says(tx):
        contact = tx.session.get(Contact, 1)
        hospital.heard(tx, contact, "护士在吗？我有点害怕", NOW)

    sqlite_database.write_now(says)
    await page.wait_for_selector("text=护士在吗？我有点害怕", timeout=10_000)
    assert await page.input_value("#reply") == "写到一半"
    low = "(() => { const t = document.getElementById('talk'); return t.scrollHeight - t.scrollTop - t.clientHeight })()"
    assert await page.evaluate(low) < 2  # the newest words are in sight


async def test_what_was_typed_survives_an_expired_login(desk, sqlite_database, clock):
    case = sqlite_database.write_now(told)
    one = await desk()
    page = one.page
    await one.sign_in()
    await one.go(f"/console/tickets/{case}")
    await page.fill("#reply", "一段很长的话，写了很久")
    clock.wall += timedelta(hours=1)
    await page.click("text=发送给患者")
    await page.wait_for_selector("[name=password]")
    await page.fill("[name=username]", "liu")
    await page.fill("[name=password]", hospital.PASSWORD)
    await page.click("text=登录")
    await page.wait_for_url(f"**/console/tickets/{case}")
    assert await page.input_value("#reply") == "一段很长的话，写了很久"
    await page.click("text=发送给患者")
    await page.wait_for_selector(".msg.staff >> text=写了很久")


async def test_a_refusal_is_shown_in_place_and_the_words_stay(desk, sqlite_database):
    case = sqlite_database.write_now(told)
    one = await desk()
    page = one.page
    await one.sign_in()
    await one.go(f"/console/tickets/{case}")

    def taken(tx):
        contact = tx.session.get(Contact, 1)
        contact.owner, contact.held_by = "human", hospital.nurse(tx, "chen", "陈护士")
        tx.session.add(contact)

    sqlite_database.write_now(taken)
    await page.fill("#reply", "我来问问")
    await page.click("text=发送给患者")
    await page.wait_for_selector("#flash >> text=同事")
    await page.wait_for_selector("text=人工对话中：陈护士")  # the page shows what it has become
    assert await page.is_visible("#flash >> text=同事")
    assert await page.input_value("#reply") == "我来问问"
    sent = sqlite_database.read_now(lambda tx: tx.session.exec(select(Outbound.author)).all())
    assert "staff" not in sent


async def test_a_shut_window_offers_the_phone_instead(desk, sqlite_database, clock):
    def fill(tx):
        _, _, contact, made = hospital.talk(tx, 1, seal=SEAL)
        contact.quota_left = 0
        tx.session.add(contact)
        return made.id

    case = sqlite_database.write_now(fill)
    one = await desk()
    page = one.page
    await one.sign_in()
    await one.go(f"/console/tickets/{case}")
    assert not await page.is_visible("#reply")
    await page.click("text=显示全号")
    await page.wait_for_selector("a[href='tel:13800000001']")
    async with page.expect_response(lambda answer: "?live" in answer.url and answer.status == 200):
        clock.now += timedelta(minutes=1)
    assert await page.is_visible("a[href='tel:13800000001']")  # it stays while the page refreshes itself


async def test_the_list_works_by_keys_alone(desk, sqlite_database):
    sqlite_database.write_now(lambda tx: hospital.morning(tx, SEAL))
    one = await desk()
    page = one.page
    await one.sign_in()
    rows = await page.eval_on_selector_all("a.row", "all => all.map(one => one.id)")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    assert await page.evaluate("document.activeElement.id") == rows[1]
    outline = await page.evaluate("getComputedStyle(document.activeElement, '::after').outlineStyle")
    assert outline == "solid"  # the focus can be seen
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".case")
    await page.keyboard.press("r")
    assert await page.evaluate("document.activeElement.id") == "reply"


async def test_twenty_tickets_fit_a_ward_screen(desk, sqlite_database):
    sqlite_database.write_now(lambda tx: hospital.morning(tx, SEAL))
    one = await desk()  # 1366 x 768 less the browser's own bars
    page = one.page
    await one.sign_in()
    await one.go("/console/tickets?queue=all")
    seen = "all => all.filter(one => one.closest('tr').getBoundingClientRect().bottom <= innerHeight).length"
    assert await page.eval_on_selector_all("a.row", seen) >= 20
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_every_page_fits_a_phone(desk, sqlite_database):
    def fill(tx):
        hospital.morning(tx, SEAL)

    sqlite_database.write_now(fill)
    one = await desk(375, 740, has_touch=True, is_mobile=True)
    page = one.page
    await one.sign_in()
    for path in ("tickets?queue=all", "tickets/6", "patients", "patients/6", "imports/1", "flows", "flows/knee_day3"):
        await one.go(f"/console/{path}")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 375, (path, wide)
    await one.go("/t/any")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 375
    size = await page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert size >= 16


async def test_importing_a_list_in_the_browser(desk, sqlite_database, tmp_path):
    from test_imports import BAD, GOOD, HEAD

    path = tmp_path / "出院名单.csv"
    path.write_text("\n".join([HEAD, *GOOD, BAD]), "gb18030")
    one = await desk()
    page = one.page
    await one.sign_in()
    await one.go("/console/imports")
    await page.set_input_files("#file", path)
    await page.click("button:has-text('导入')")
    await page.wait_for_selector("text=第 4 行")
    assert await page.inner_text("h2 >> nth=1") != ""
    assert "出院名单.csv" in await page.inner_text("main")
    path.write_bytes(b"\x89PNG")
    await page.set_input_files("#file", path)
    await page.click("button:has-text('导入')")
    await page.wait_for_selector("#flash .flash")


async def test_without_scripts_the_work_can_still_be_done(desk, sqlite_database):
    case = sqlite_database.write_now(told)
    one = await desk(java_script_enabled=False)
    page = one.page
    await one.sign_in()
    await one.go(f"/console/tickets/{case}")
    await page.fill("#reply", "没有脚本也能回复")
    await page.click("text=发送给患者")
    await page.wait_for_selector(".msg.staff >> text=没有脚本也能回复")


async def test_a_cut_line_is_said_and_ends(desk, sqlite_database):
    one = await desk()
    page = one.page
    await one.sign_in()
    await page.context.set_offline(True)
    await page.wait_for_selector("#offline:not([hidden])", timeout=12_000)
    await page.context.set_offline(False)
    await page.wait_for_selector("#offline[hidden]", state="attached", timeout=12_000)
