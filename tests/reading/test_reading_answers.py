"""Answers to questions of many kinds, as people give them: table answers.txt. The questions say nothing of what they ask
beyond their options, limits and units, as in the contract."""

from pathlib import Path

import pytest
from reading_cases import QUESTIONS, TODAY, options

from bot.reading.read import answer, read
from bot.reading.reading import Question

ASKED = {
    "weight": Question("number", min=20, max=200, unit="公斤"),
    "water": Question("number", min=0, max=5000, unit="毫升"),
    "steps": Question("number", min=0, max=50000, unit="步"),
    "minutes": Question("number", min=0, max=300, unit="分钟"),
    "sleep": Question("number", min=0, max=24, unit="小时"),
    "stool": Question("number", min=0, max=20, unit="次"),
    "pills": Question("number", min=0, max=10, unit="片"),
    "age": Question("number", min=0, max=120, unit="岁"),
    "oxygen": Question("number", min=50, max=100, unit="%"),
    "temp": Question("number", min=35, max=42, unit="℃"),
    "days": Question("number", min=0, max=60, unit="天"),
    "rating5": Question("scale", min=1, max=5),
    "months": Question("number", min=0, max=36, unit="月"),
    "sugar": Question("number", min=1, max=33, unit="mmol/L"),
    "kicks": Question("number", min=0, max=30, unit="次"),
    "milk1": Question("number", min=0, max=300, unit="ml"),
    "jin": Question("number", min=1, max=100, unit="斤"),
    "sys": Question("number", min=60, max=250, unit="mmHg"),
    "dia2": Question("number", min=30, max=150, unit="mmHg"),
    "score": Question("scale", min=1, max=10),
    "pain": Question("scale", min=0, max=10),
    "visit": Question("date"),
    "yes": Question("yesno"),
    "sat": QUESTIONS["sat5"],
    "food": QUESTIONS["food"],
    "wound": QUESTIONS["wound"],
    "fever": QUESTIONS["fever"],
    "who": Question("choice", options(self="本人", spouse="配偶", child="子女", parent="父母", other="其他")),
    "smoke": Question("choice", options(never="从不吸烟", quit="已戒烟", yes="仍在吸")),
    "done": Question("choice", options(yes="已预约", no="未预约", unneeded="不需要复查")),
    "often": Question("choice", options(a="1次及以下", b="2-3次", c="4次以上")),
    "wait": Question("choice", options(short="30分钟以内", mid="30分钟至1小时", long="1小时以上")),
    "mood": Question("choice", options(good="平静", anxious="焦虑", low="低落")),
    "help": Question("multichoice", options(book="预约复诊", copy="复印病历", rehab="康复指导", none="都不需要")),
    "ill": Question("multichoice", options(htn="高血压", dm="糖尿病", chd="冠心病", none="都没有")),
    "feel": Question("multichoice", options(cough="咳嗽", dizzy="头晕", insomnia="失眠", none="以上都没有")),
    "drain": Question("choice", options(out="拔了 没了", inside="还带着", trouble="漏或堵")),
    "meds": Question("choice", options(regular="按时在用", missed="有时会漏", stopped="没用或自己停了 停了")),
    "milk": Question("choice", options(breast="纯母乳", mixed="混合喂养", formula="纯奶粉")),
    "spirit": Question("choice", options(good="好", fair="一般", poor="差")),
    "walk": Question("choice", options(free="独立行走", aid="需借助拐杖", bed="不能行走")),
    "heard": Question("choice", options(yes="讲解过", no="没有讲解", unsure="不记得")),
    "again": Question("choice", options(yes="愿意", no="不愿意", maybe="不确定")),
    "tube": Question("choice", options(yes="带着", no="已拔除")),
    "clinic": Question("choice", options(a="本院", b="社区医院", c="还没有换药")),
    "time": Question("choice", options(am="上午", noon="中午", pm="下午", eve="晚上")),
    "compare": Question("choice", options(better="好转", same="没有变化", worse="加重")),
    "urine": Question("choice", options(ok="正常", freq="尿频尿急", hard="排尿困难")),
    "fee": Question("choice", options(clear="清楚", so="基本清楚", unclear="不清楚")),
    "side": Question("multichoice", options(nausea="恶心", rash="皮疹", dizzy="头晕", none="没有")),
    "lochia": Question(
        "choice", options(red="鲜红", dark="暗红 咖啡色", pink="淡红 粉色", white="白色 黄色", end="已经没有了 干净了")
    ),
    "plaster": Question("choice", options(fit="合适 没问题", tight="太紧", loose="松了", wet="打湿了 破损")),
    "cough": Question("choice", options(no="不咳 没有", some="偶尔咳", lot="经常咳")),
    "carer": Question("choice", options(spouse="老伴 配偶", child="子女", paid="保姆 护工", self="没人照顾 自己")),
    "why": Question("choice", options(far="路远", cost="费用高 没钱", time="没时间", fine="感觉好了不用去", other="其他")),
    "hair": Question("choice", options(no="没有掉", some="掉一些", all="基本掉光")),
    "jaundice": Question("choice", options(gone="退了", less="比出院时轻", same="没变", more="更黄了")),
    "pressure": Question("choice", options(none="没压力", some="有些压力", high="压力很大")),
    "ground": Question("choice", options(a="半小时以内", b="半小时到一小时", c="一到两小时", d="两小时以上")),
    "fed": Question("choice", options(better="好转", same="差不多 没变化", worse="加重")),
    "when": Question("choice", options(same="当天", second="第二天", later="三天以后", no="还没下床")),
    "swollen": Question("choice", options(none="没有", legs="下肢轻度", whole="全身明显")),
    "salt": Question("choice", options(light="很清淡", fair="正常", salty="偏咸")),
    "vaccine": Question("choice", options(done="已接种", soon="准备接种", never="不打算接种")),
    "able": Question("choice", options(full="完全能", part="部分能", none="不能")),
    "hears": Question("choice", options(well="能听清", hardly="听不太清", no="听不见")),
    "itch": Question("choice", options(none="没有", mild="轻微", sleepless="影响睡眠")),
    "helped": Question("choice", options(once="立即处理", soon="等了一会", long="等很久", nobody="无人处理")),
    "insured": Question("choice", options(work="城镇职工", town="城乡居民", self="自费", other="其他")),
    "checked": Question("choice", options(town="社区医院", here="本院门诊", other="外院", none="未复查")),
    "advice": Question("multichoice", options(diet="饮食指导", drug="用药指导", rehab="康复训练指导", none="不需要")),
    "blame": Question(
        "multichoice", options(wait="等候时间长", fee="费用高", food="饭菜差", manner="服务态度", none="没有不满意")
    ),
    "drugs": Question("multichoice", options(ins="胰岛素", met="二甲双胍", asp="阿司匹林", none="没有用药")),
    "baby": Question("multichoice", options(yellow="黄疸", rash="红屁股 湿疹", spit="吐奶", cry="夜里哭闹", none="都正常")),
    "who2": Question("choice", options(self="患者本人", family="家属", other="其他人")),
}
CASES = [
    line.split("|")
    for name in ("answers.txt", "answers_second.txt", "answers_third.txt")
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def outcome(found):
    status = {"out_of_range": "out", "off_topic": "off"}.get(found.status, found.status)
    if status != "ok":
        return status
    value = found.value
    if isinstance(value, bool):
        value = "yes" if value else "no"
    elif isinstance(value, list):
        value = ",".join(value)
    elif isinstance(value, float):
        value = f"{value:g}"
    return f"ok:{value}"


@pytest.mark.parametrize(("question", "text", "wanted"), CASES, ids=["|".join(case[:2]) for case in CASES])
def test_an_answer_is_what_a_careful_nurse_would_write_down(question, text, wanted, tables):
    got = outcome(read(text, ASKED[question], tables, today=TODAY).answer)
    assert got in wanted.split("/"), got


@pytest.mark.parametrize(("question", "text", "wanted"), CASES, ids=["|".join(case[:2]) for case in CASES])
def test_the_answer_alone_is_the_answer_of_the_whole_reading(question, text, wanted, tables):
    assert answer(text, ASKED[question], tables, today=TODAY) == read(text, ASKED[question], tables, today=TODAY).answer


@pytest.mark.parametrize(("question", "text"), [("meds", "停了"), ("drain", "没了"), ("drain", "拔了")])
def test_a_label_of_the_waiting_question_is_no_wish_to_stop(question, text, tables):
    assert read(text, ASKED[question], tables).intents == ()


@pytest.mark.parametrize("text", ["停", "停。", "停 停 停", "退订", "td", "停止发送"])
def test_stop_is_stop_where_it_is_no_label(text, tables):
    for name in ("pain", "sat", "yes", "temp"):
        reading = read(text, ASKED[name], tables)
        assert "stop" in reading.intents
        assert reading.answer.status == "off_topic"


@pytest.mark.parametrize("text", ["改一下，是38.2度", "打错了，是38.2", "上面打错了，药是按时吃的"])
def test_a_correction_of_an_earlier_answer_says_so_whatever_it_is_to_this_question(text, tables):
    assert read(text, ASKED["mood"], tables).answer.corrects
    assert answer(text, ASKED["mood"], tables).corrects


@pytest.mark.parametrize("text", ["你是谁", "你是谁啊", "你谁", "你们是谁"])
def test_who_asks_who_we_are_is_told_and_not_taken_for_a_stranger(text, tables):
    intents = read(text, ASKED["yes"], tables).intents
    assert "wrong_person" not in intents
    assert {"suspect_fraud", "question"} & set(intents)
