"""The demo story in Chromium, through the phones page and the console, as a newcomer would play it."""

import re

import pytest
import stage
from playwright.async_api import expect
from required import require

from bot.simulator.app import PUSHER

pytestmark = pytest.mark.browser
KNEE, ANGRY, HEART = "何小样", "严试远", "冯虚舟"  # of the invented list: discharged three days before, all with a phone


async def test_a_patient_answers_a_nurse_acts_and_the_revisit_is_remembered(tmp_path):
    if not stage.chromium():
        require("browser", "Chromium is not installed")
    async with stage.stage(tmp_path) as play:
        await play.sign_in()
        await play.open_phones()
        rows = play.console.locator(".list tbody tr")
        await expect(play.console.get_by_text("没有等着处理的工单")).to_be_visible()

        # a greeting notice; it is opened, and the talk begins
        telephone = await play.notice(KNEE, "出院随访提醒")
        async with play.phones.expect_popup() as opened:
            await telephone.locator(".card").last.click()
        notice = await opened.value
        await expect(notice.get_by_text("回复任意字开始")).to_be_visible()
        assert KNEE not in await notice.content()
        await notice.close()
        await play.confirm(telephone, 9)
        await expect(telephone.locator(".theirs .bubble").last).to_contain_text("今天体温多少度")

        # a fever, in the patient's own words: L1 at the top, without reloading
        await play.say(telephone, "有点发烧，38度9", "120")
        await expect(rows.first).to_contain_text("紧急")
        await expect(rows.first).to_contain_text(KNEE)
        await expect(play.console).to_have_title(re.compile(r"^\([1-9]\) 待处理工单"))

        # a complaint in free text, in the middle of the questions
        angry = await play.take_up(ANGRY)
        await play.confirm(angry, 9)
        await play.say(angry, "我要投诉，护士扎针扎了三次才扎上", "如实记下")
        await expect(rows.filter(has_text="投诉")).to_have_count(1)
        await expect(rows.first).to_contain_text(KNEE)
        await rows.filter(has_text="投诉").locator("a.row").click()
        record = play.console.locator(".case-side .card", has_text="投诉记录").filter(has_text="CS01")
        for words in ("穿刺操作技术差", "护理部", "扎了三次才扎上"):
            await expect(record).to_contain_text(words)

        # the nurse takes over, writes, is answered, and closes with an outcome
        await play.console.get_by_role("link", name="工单").click()
        await rows.filter(has_text=KNEE).first.locator("a.row").click()
        await expect(play.console.locator(".msg.in.alarm")).to_contain_text("38度9")
        await play.console.get_by_role("button", name="接管对话").click()
        await expect(telephone.locator(".theirs .bubble").last).to_contain_text("我是示例医院的医护人员")
        await play.console.get_by_label("回复患者").fill("我是骨科护士。请下午带上出院小结来急诊看一下伤口。")
        await play.console.get_by_role("button", name="发送给患者").click()
        await expect(telephone.locator(".theirs .bubble").last).to_have_text("我是骨科护士。请下午带上出院小结来急诊看一下伤口。")
        heard = play.said_by_the_hospital(KNEE)
        await play.say(telephone, "好的，我下午过去，体温还是38度9")
        await expect(play.console.locator(".msg.in").last).to_contain_text("我下午过去")
        await play.demo.simulator[PUSHER].idle()
        assert play.said_by_the_hospital(KNEE) == heard  # the bot is silent
        await play.console.locator("summary", has_text="关闭工单").click()
        await play.console.get_by_label("处理结果").select_option(index=1)
        await play.console.get_by_placeholder("做了什么、患者怎么说").fill("下午来急诊，已告知值班医生。")
        await play.console.get_by_role("button", name="关闭工单").click()
        await expect(rows.filter(has_text="投诉")).to_have_count(1)
        await expect(rows.filter(has_text=KNEE)).to_have_count(0)

        # the next day, three days before the revisit
        heart = await play.notice(HEART, "复诊提醒")
        await expect(play.phones.locator("#date")).to_have_text("2026年11月22日 星期日")
        await play.confirm(heart, 6)
        await expect(heart.locator(".theirs .bubble").last).to_contain_text("3天后（11月25日）")
        await play.say(heart, "能来", "到时候见")
        assert play.trouble == []
