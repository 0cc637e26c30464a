"""The demo in a browser: the phones on one page, the console on another, acted as people act. For the story and the pictures."""

import asyncio
import shutil
from contextlib import asynccontextmanager
from datetime import datetime

from playwright.async_api import async_playwright, expect
from sqlalchemy import func, select

from bot.cli import demo
from bot.simulator.app import OPTIONS, PLATFORM, PUSHER
from storage.columns import table
from storage.messages import Outbound

START = datetime.fromisoformat("2026-11-21T08:50:00+08:00")  # a Saturday, shortly before the first sending window


def chromium():
    """Where the browser is; None without one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Stage:
    """What the browser complains of is kept in `trouble`."""

    def __init__(self, running, browser):
        self.demo, self.browser, self.trouble = running, browser, []
        self.phones = self.console = None

    async def page(self, width=1366, height=768, **context):
        opened = await (await self.browser.new_context(viewport={"width": width, "height": height}, **context)).new_page()
        self.watch(opened)
        return opened

    def watch(self, page):
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda said: self.trouble.append(said.text) if said.type in ("error", "warning") else None)
        page.on("popup", self.watch)

    async def open_phones(self, **size):
        self.phones = await self.page(**size)
        await self.phones.goto(self.demo.phones)
        await self.phones.wait_for_selector("body[data-ready]")

    async def sign_in(self, **size):
        self.console = await self.page(**size)
        await self.console.goto(self.demo.console)
        await self.console.get_by_label("用户名").fill(demo.USER)
        await self.console.get_by_label("密码").fill(demo.PASSWORD)
        await self.console.get_by_role("button", name="登录").click()
        await expect(self.console.locator(".tabs")).to_be_visible()

    # --- the phones

    def phone(self, name):
        return self.phones.locator(".phone", has=self.phones.locator(".owner", has_text=name))

    async def take_up(self, name):
        """Bring somebody's phone to the front; the telephone."""
        await self.phones.locator(".person", has_text=name).click()
        await expect(self.phone(name).locator(".bubble, .card, .welcome:not([hidden])").first).to_be_visible()
        return self.phone(name)

    async def next_contact(self):
        """Press the button, and wait until all that was due has reached the phones."""
        page = self.phones
        before = await page.locator("#date").inner_text() + await page.locator("#time").inner_text()
        await page.get_by_role("button", name="到下一次联系").click()
        await expect(page.locator(".when")).not_to_contain_text(before[-5:])
        await self.settled()

    async def settled(self):
        """Until nothing is due, nothing waits in the outbox and no push is under way."""
        house, next_due, pusher = self.demo.house, self.demo.simulator[OPTIONS].next_due, self.demo.simulator[PUSHER]
        while True:
            due, waiting = await next_due(), await house.database.read(_unsent)
            if not waiting and (due is None or due > house.now()) and not pusher.waiting:
                return
            await asyncio.sleep(0.05)

    async def notice(self, name, title, most=40):
        """Move on from contact to contact until this notice has come to this phone."""
        telephone = await self.take_up(name)
        for _ in range(most):
            if await telephone.locator(".card", has_text=title).count():
                await expect(telephone.locator(".card", has_text=title).last).to_be_visible()
                return telephone
            await self.next_contact()
        raise AssertionError(f"no notice {title} after {most} contacts")

    async def say(self, telephone, text, answer=None):
        """Write and send. Waits for the hospital's next words, which hold `answer`; for nothing when it is None."""
        heard = await telephone.locator(".theirs .bubble").count()
        await telephone.get_by_role("textbox").fill(text)
        await telephone.get_by_role("button", name="发送").click()
        await expect(telephone.locator(".mine .bubble").last).to_have_text(text)
        if answer is not None:
            await expect(telephone.locator(".theirs .bubble").nth(heard)).to_contain_text(answer)

    def said_by_the_hospital(self, name):
        """What this phone has got, as the platform knows it before any page shows it."""
        user = next(one for one in self.demo.simulator[PLATFORM].users.values() if name in one.name)
        return [bubble.body.get("text") for bubble in user.chat if bubble.side == "account"]

    async def confirm(self, telephone, month):
        """From a greeting to the first question: the month of birth, and the consent."""
        await self.say(telephone, "你好", "出生的月份")
        await self.say(telephone, f"{month}月", "您同意吗")
        await self.say(telephone, "同意", "谢谢您的同意")


def _unsent(tx):
    waits = table(Outbound).c.state.in_(("pending", "leased"))
    return tx.connection.execute(select(func.count()).select_from(Outbound).where(waits)).scalar()


@asynccontextmanager
async def stage(folder, *, start=START):
    """The demo and a browser. Both are gone afterwards, whatever happened."""
    async with demo.running(folder, start=start) as running, async_playwright() as playwright:
        expect.set_options(timeout=15_000)  # milliseconds; the machine may be busy with other tests
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield Stage(running, browser)
        finally:
            await browser.close()
