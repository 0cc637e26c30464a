"""The phones page in a real browser: people scan, type and read; the clock moves; a narrow screen shows one phone at a time."""

import shutil
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import async_playwright, expect
from required import require
from simulated import MONDAY, simulated

pytestmark = pytest.mark.browser
NAMES = ["张建国", "李秀英", "王德福", "赵桂兰", "陈国强", "周玉梅", "吴志明", "郑淑芬"]


@asynccontextmanager
async def opened(world, width=1366, height=768, **context):
    """The page, ready; any error in its console fails the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        require("browser", "Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            page = await (await browser.new_context(viewport={"width": width, "height": height}, **context)).new_page()
            trouble = []
            page.on("pageerror", lambda error: trouble.append(str(error)))
            page.on("console", lambda one: trouble.append(one.text) if one.type in ("error", "warning") else None)
            await page.goto(world.base + "/")
            await page.wait_for_selector("body[data-ready]")
            yield page
            assert trouble == []
        finally:
            await browser.close()


async def people(world):
    listed = [{"name": name, "openid": f"p{n}", "code": f"e-{n}"} for n, name in enumerate(NAMES)]
    await world.sim("phones", phones=listed)


def phone(page, number=0):
    return page.locator(f'.phone[data-openid="p{number}"]')


async def test_scan_type_read_and_tap():
    async with simulated(ward_codes={"骨科一病区": "ward-1"}) as world:
        await people(world)
        async with opened(world) as page:
            first = phone(page)
            await first.get_by_role("button", name="扫病区二维码").click()
            await first.get_by_role("button", name="骨科一病区").click()
            await expect(first.get_by_text("已关注示例医院")).to_be_visible()
            assert world.webhook.pushes[0]["EventKey"] == "qrscene_ward-1"

            await first.get_by_role("textbox").fill("今天38度5，<b>有点疼</b>")
            await first.get_by_role("textbox").press("Enter")
            await expect(first.locator(".theirs .bubble").last).to_have_text("收到：今天38度5，<b>有点疼</b>")
            await expect(first.locator(".mine .bubble")).to_have_text("今天38度5，<b>有点疼</b>")
            await expect(first.locator(".pill")).to_have_text("可发 5/5")

            options = {"head_content": "满意吗？", "list": [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}]}
            await world.api("cgi-bin/message/custom/send", {"touser": "p0", "msgtype": "msgmenu", "msgmenu": options})
            await expect(first.locator(".pill")).to_have_text("可发 4/5")
            await first.get_by_role("button", name="不满意").click()
            await expect(first.locator(".theirs .bubble").last).to_have_text("收到：不满意")
            assert world.webhook.pushes[-1]["bizmsgmenuid"] == "102"

            await first.get_by_label("更多").click()
            await first.get_by_role("button", name="示例照片").click()
            await expect(first.locator(".picture img")).to_be_visible()
            assert (await first.locator(".picture img").evaluate("one => one.decode().then(() => one.naturalWidth)")) == 480


async def test_one_tap_scans_the_code_on_ones_own_paper():
    async with simulated() as world:
        await people(world)
        async with opened(world) as page:
            await phone(page, 1).get_by_role("button", name="扫出院小结上的二维码").click()
            await expect(phone(page, 1).get_by_text("已关注示例医院")).to_be_visible()
            await world.pusher.idle()
            assert world.webhook.pushes[0]["EventKey"] == "qrscene_e-1"


async def test_a_template_card_opens_its_page_as_this_person():
    async with simulated() as world:
        await people(world)
        await world.act("p0", "follow")
        async with opened(world) as page:
            url = f"{world.base}/connect/oauth2/authorize?appid=wx0000000000000000&response_type=code&scope=snsapi_base"
            url += f"&state=s&redirect_uri={world.base}/sim/clock"
            data = {"thing1": {"value": "骨科随访"}}
            await world.api("cgi-bin/message/template/send", {"touser": "p0", "template_id": "T", "url": url, "data": data})
            card = phone(page).locator(".card")
            await expect(card).to_contain_text("骨科随访")
            async with page.context.expect_page() as opening:
                await card.click()
            tab = await opening.value
            await tab.wait_for_url("**/sim/clock?code=*")
            code = tab.url.split("code=")[1].split("&")[0]
            assert world.platform.codes.redeem(code, world.clock.now())[0] == "p0"


async def test_the_clock_bar():
    async def next_due():
        return MONDAY + timedelta(days=3, hours=1)

    async with simulated(next_due=next_due) as world:
        await people(world)
        await world.act("p0", "follow")
        async with opened(world) as page:
            await expect(page.locator("#date")).to_have_text("2026年11月23日 星期一")
            await expect(page.locator("#time")).to_have_text("09:30:00")
            await page.get_by_role("button", name="+1小时").click()
            await expect(page.locator("#time")).to_have_text("10:30:00")
            await expect(phone(page).locator(".timeline")).to_have_text("09:30")
            await page.get_by_role("button", name="+1天").click()
            await expect(phone(page).locator(".timeline")).to_have_text("昨天 09:30")
            await expect(page.locator("#date")).to_have_text("2026年11月24日 星期二")
            await page.get_by_role("button", name="到下一次联系").click()
            await expect(page.locator("#date")).to_have_text("2026年11月26日 星期四")
            assert world.clock.now() == MONDAY + timedelta(days=3, hours=1)
            await page.get_by_role("button", name="60倍速").click()
            await expect(page.locator("#rate")).to_have_text("60×")
            await page.get_by_role("button", name="暂停").click()
            await expect(page.locator("#rate")).to_have_text("已暂停")
            assert world.clock.rate == 0


async def test_the_list_counts_unread_and_changes_the_phones_shown():
    async with simulated() as world:
        await people(world)
        await world.act("p7", "follow")
        await world.act("p7", "text", text="在吗")
        async with opened(world) as page:
            row = page.locator('.person[data-openid="p7"]')
            await expect(row.locator(".badge")).to_have_text("1")
            await expect(phone(page, 7)).to_have_count(0)
            await row.click()
            await expect(phone(page, 7).locator(".theirs .bubble")).to_have_text("收到：在吗")
            await expect(row.locator(".badge")).to_have_count(0)
            for number in range(7):
                await page.locator(f'.person[data-openid="p{number}"]').click()
            await expect(page.locator(".phone")).to_have_count(6)
            await page.get_by_label("有新消息时自动换上来").check()
            await phone(page, 6).get_by_label("收起这部手机").click()
            await world.act("p6", "follow")
            await expect(phone(page, 6)).to_have_count(1)


async def test_the_panel_shows_window_faults_and_raw_traffic():
    async with simulated() as world:
        await people(world)
        await world.act("p0", "follow")
        async with opened(world) as page:
            await phone(page).get_by_role("textbox").fill("在吗")
            await phone(page).get_by_role("button", name="发送").click()
            await phone(page).get_by_label("张建国的详情").click()
            panel = page.locator("#panel")
            await expect(panel).to_contain_text("到 11月25日 09:30，还剩 48 小时 0 分")
            await expect(panel).to_contain_text("还能发 5 / 5 条")
            await world.say("p0", "好好休息")
            await expect(panel).to_contain_text("还能发 4 / 5 条")
            exchange = panel.locator(".exchange.api").first
            await exchange.click()
            await expect(exchange).to_contain_text("好好休息")
            await panel.get_by_label("故障").select_option("busy")
            await panel.get_by_role("button", name="打开").click()
            await expect(panel.locator(".faults li")).to_have_count(1)
            assert await world.say("p0") == -1
            await expect(panel.locator(".faults li")).to_have_count(0)
            world.clock.advance(timedelta(hours=48))
            await expect(panel).to_contain_text("已关")


async def test_a_narrow_screen_shows_one_phone_at_a_time():
    async with simulated() as world:
        await people(world)
        await world.act("p1", "follow")
        async with opened(world, 375, 700, has_touch=True, is_mobile=True) as page:
            assert await page.evaluate("document.documentElement.scrollWidth") == 375
            await expect(phone(page, 0)).to_be_in_viewport(ratio=0.9)
            await expect(phone(page, 1)).not_to_be_in_viewport(ratio=0.5)
            await page.locator("#tabs").get_by_role("button", name="李秀英").tap()
            await expect(phone(page, 1)).to_be_in_viewport(ratio=0.9)
            await phone(page, 1).get_by_role("textbox").fill("我挺好")
            await phone(page, 1).get_by_role("button", name="发送").tap()
            await expect(phone(page, 1).locator(".theirs .bubble").last).to_have_text("收到：我挺好")
            await page.get_by_role("button", name="全部").tap()
            await page.locator('.person[data-openid="p7"]').tap()
            await expect(phone(page, 7)).to_be_in_viewport(ratio=0.9)
            await page.locator("#phones").evaluate("one => one.scrollTo(0, 0)")  # a swipe back to the first
            await expect(page.locator("#tabs .on")).to_have_text("李秀英")
            await expect(phone(page, 0)).to_have_count(0)  # the quietest made room for the eighth
            small = await page.evaluate(
                "[...document.querySelectorAll('.moves button, .tab, .foot button')].filter(one => one.offsetParent)"
                ".filter(one => one.offsetHeight < 30).map(one => one.outerHTML)"
            )
            assert small == []
