"""`python -m tests.screenshots [FOLDER]`: play the demo to where there is something to see, and take the README's pictures."""

import asyncio
import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.async_api import expect

from bot.cli import play
from bot.simulator.app import CLOCK, OPTIONS, PLATFORM, PUSHER
from bot.web import log
from tests.stage import START, chromium, stage

DOCS = Path(__file__).resolve().parent.parent / "docs"
LARGEST = 300_000  # bytes of a picture
PACE = timedelta(seconds=50)  # between two rounds of messages
FEVER = "何小样"
# what those have to tell whose contact is on the first morning, and then they rest; the others answer plainly
TALES = {
    FEVER: {"体温": "有点发烧，38度9"},
    "严试远": {"感觉": "恢复得还行。就是要投诉，护士扎针扎了三次才扎上，态度还很差，问一句就不耐烦"},
    "冯虚舟": {"感觉": "胸口疼得厉害，喘不上气"},
    "卫试宁": {"感觉": "好多了，体温36度5，不疼，没有伤口，药都按时吃"},
    "秦示安": {"体温": "36度6", "疼": "还行，2分吧", "伤口": "有点红，还有点肿"},
    "韩例康": {"您同意吗": "2"},
}
SHOWN = (FEVER, "严试远", "卫试宁", "秦示安")  # phones in the picture, side by side


async def main(folder: Path) -> None:
    log.set_up("error")
    with tempfile.TemporaryDirectory() as scratch:
        async with stage(Path(scratch), start=START) as acted:
            await played(acted)
            await acted.sign_in()
            await console(acted, folder)
            await phones(acted, folder)
            if acted.trouble:
                sys.exit("the browser complained: " + "; ".join(acted.trouble))


async def played(acted) -> None:
    """The first morning's contacts, answered until nobody has more to say."""
    simulator = acted.demo.simulator
    platform, clock, submit = simulator[PLATFORM], simulator[CLOCK], simulator[PUSHER].submit
    people = [
        play.Patient(user, dict(next((tale for name, tale in TALES.items() if name in user.name), {})))
        for user in platform.users.values()
    ]
    clock.advance_to(await simulator[OPTIONS].next_due())
    await acted.settled()
    while await play.replies(people, platform, submit, 0.0):
        clock.advance(PACE)
        await acted.settled()
        people = [one for one in people if not one.tale or len(one.told) < len(one.tale)]


async def console(acted, folder) -> None:
    page = acted.console
    rows = page.locator(".list tbody tr")
    await page.reload()
    await expect(rows.first).to_be_visible()
    await page.screenshot(path=folder / "tickets.png")
    await rows.filter(has_text=FEVER).first.locator("a.row").click()
    await page.get_by_role("button", name="接管对话").click()
    await page.get_by_label("回复患者").fill(
        "我是骨科护士。38度9需要当面看一下，请今天下午带上出院小结来急诊，我和值班医生说好了。"
    )
    await page.get_by_role("button", name="发送给患者").click()
    await expect(page.locator(".msg.staff")).to_be_visible()
    await acted.settled()
    await page.reload()
    await page.screenshot(path=folder / "ticket.png")
    await page.locator(".case-side h2 a").first.click()
    await expect(page.locator(".timeline")).to_be_visible()
    await page.screenshot(path=folder / "patient.png")


async def phones(acted, folder) -> None:
    await shown(acted, SHOWN)
    await acted.phones.screenshot(path=folder / "phones.png")
    wide = acted.phones
    await shown(acted, (FEVER,), width=375, height=740, device_scale_factor=2, has_touch=True, is_mobile=True)
    await acted.phones.screenshot(path=folder / "phone-375.png")
    acted.phones = wide


async def shown(acted, names, **size) -> None:
    """Open the phones page with these phones on it, as a browser that had shown them before."""
    users = acted.demo.simulator[PLATFORM].users.values()
    openids = [user.openid for name in names for user in users if name in user.name]
    await acted.open_phones(**size)
    await acted.phones.evaluate("kept => localStorage.setItem('suifang-phones', kept)", json.dumps(openids))
    await acted.phones.reload()
    for name in names:
        await expect(acted.phone(name).locator(".bubble").last).to_be_visible()
    await acted.phones.locator(".phone .chat").first.evaluate("() => document.fonts.ready")


def take(folder: Path) -> None:
    """Take all pictures and look after their size."""
    if chromium() is None:
        sys.exit("截图需要 Chromium，请先安装。")
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(folder))
    for picture in sorted(folder.glob("*.png")):
        size = picture.stat().st_size
        print(f"{picture.name:16} {size // 1000} KB")  # noqa: T201
        if size > LARGEST:
            sys.exit(f"{picture.name} is larger than {LARGEST} bytes")


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)
