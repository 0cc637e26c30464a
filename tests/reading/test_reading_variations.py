"""What must not change a reading, what must lower it, what must raise it; and input that nobody means."""

from dataclasses import replace

import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_cases import QUESTIONS, TODAY, load

from bot.reading.read import read

PLAIN = [case for case in load("dev.txt") + load("held_back.txt") if case.kind in "AT"]
SIGNS = ["胸痛", "喘不上气", "血止不住", "肚子疼", "发烧", "流脓", "头晕", "吐血", "抽搐", "心慌"]
EMERGENCIES = ["我现在胸口疼得喘不上气", "血止不住了", "我不想活了", "我一边胳膊抬不起来，嘴也歪了", "喘不上气，嘴唇发紫"]
TRADITIONAL = opencc.OpenCC("s2t")
BEFORE = st.sampled_from(["", " ", "请问", "\u200b", "嗯 "])
AFTER = st.sampled_from(["", " ", "啊", "😷", "呀", "\n", "\ufeff"])


def meaning(text, case, tables):
    reading = read(text, QUESTIONS.get(case.question), tables, proxy="proxy" in case.options, today=TODAY)
    answer = reading.answer and (reading.answer.status, reading.answer.value)
    return answer if case.kind == "A" else reading.triage


def wide(text):
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(case=st.sampled_from(PLAIN), before=BEFORE, after=AFTER)
def test_noise_round_a_reply_changes_nothing(case, before, after, tables):
    if case.kind == "A" and case.question in ("opinion",):
        return
    assert meaning(before + case.text + after, case, tables) == meaning(case.text, case, tables)


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_full_width_and_traditional_writing_read_the_same(case, tables):
    if case.question == "opinion":
        return
    wanted = meaning(case.text, case, tables)
    assert meaning(wide(case.text), case, tables) == wanted
    assert meaning(TRADITIONAL.convert(case.text), case, tables) == wanted


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("no", ["没有", "没", "没有什么", "并没有", "没有出现", "一直没有"])
def test_a_denied_sign_raises_nothing(no, sign, tables):
    assert read(sign, None, tables).triage in ("L0", "L1", "L2", "L3")
    assert read(no + sign, None, tables).triage == "none"


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("frame", ["如果{}怎么办", "会不会{}", "万一{}了怎么办", "邻居{}", "担心{}"])
def test_thought_of_or_somebody_elses_is_no_alarm(frame, sign, tables):
    assert read(frame.format(sign), None, tables).triage == "none"


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(
    "frame", ["突然{}", "我{}", "从昨天开始{}", "不知道为什么{}", "没睡好，{}", "饭难吃，还{}", "护士好，就是我{}"]
)
def test_a_sign_in_other_company_stays(frame, sign, tables):
    assert read(frame.format(sign), None, tables).triage <= read(sign, None, tables).triage


@settings(max_examples=400, derandomize=True, deadline=None)
@given(
    text=st.one_of(st.text(max_size=60), st.sampled_from([case.text for case in PLAIN])), emergency=st.sampled_from(EMERGENCIES)
)
def test_an_emergency_behind_any_text_is_an_emergency(text, emergency, tables):
    assert read(f"{text}。{emergency}", None, tables).triage == "L0"


@settings(max_examples=300, derandomize=True, deadline=None)
@given(text=st.text(max_size=80), question=st.sampled_from(sorted(QUESTIONS)))
def test_any_text_has_a_reading_whose_quotes_are_its_own_words(text, question, tables):
    reading = read(text, QUESTIONS[question], tables, today=TODAY)
    assert reading.answer.status in ("ok", "unclear", "out_of_range", "off_topic")
    assert reading.answer.quote in text
    assert all(finding.quote in text for finding in reading.findings)
    assert all(record.quote in text for record in reading.records)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    text=st.text(alphabet="没有不疼发烧3 8.5度，。胸口了吗我妈如果就是12345第一选", max_size=30),
    question=st.sampled_from(sorted(QUESTIONS)),
)
def test_scrambled_words_of_the_trade_have_a_reading(text, question, tables):
    assert read(text, QUESTIONS[question], tables, today=TODAY).answer is not None


NONSENSE = [
    "", " ", "。。。。。。", "？", "!!!!", "\x00\x01\x02", "😀😀😀👨‍👩‍👧‍👦", "\ud7ff", "ياخشىمۇسىز", "བཀྲ་ཤིས་བདེ་ལེགས།",
    "Hello doctor, how are you", "https://example.com/?a=1&b=2#c", "SELECT * FROM patients; --", "<script>alert(1)</script>",
    "{{ patient.name }}", "ÄÖÜ ß", "锟斤拷烫烫烫", "\u202e反", "١٢٣",
]  # fmt: skip


@pytest.mark.parametrize("text", NONSENSE)
@pytest.mark.parametrize("question", ["temp", "sat5", "fever", "revisit", "symptoms", "pain"])
def test_what_means_nothing_is_unclear_and_no_alarm(text, question, tables):
    reading = read(text, QUESTIONS[question], tables, today=TODAY)
    assert reading.answer.status != "ok"
    assert reading.triage == "none"


@pytest.mark.parametrize(
    "piece", ["没有不舒服", "胸口疼", "1", "。", "3.", "护士态度差，", "啊", "一百三", "疼不疼", "😀", " ", "最", "(", "如果"]
)
def test_twenty_thousand_characters_are_a_reply_like_any_other(piece, tables):
    """How long it takes: `dev.py bench reading`."""
    text = (piece * 20000)[:20000]
    found = read(text, QUESTIONS["wound"], tables, today=TODAY)
    assert found.triage in ("L0", "L1", "L2", "L3", "none")
    assert all(record.quote in text for record in found.records)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("text", ["真想死了算了", "治不好就从这楼上下去算了", "头晕打错了"])
def test_what_is_taken_back_in_the_midst_of_a_sign_is_a_reply_too(text, question, tables):
    reading = read(text, QUESTIONS[question], tables, today=TODAY)
    assert all(finding.quote in text for finding in reading.findings)


def test_an_emergency_anywhere_in_a_very_long_text_is_seen(tables):
    filler = "今天天气不错，吃了两碗饭。" * 2000
    assert read("胸口疼得喘不上气。" + filler, None, tables).triage == "L0"
    assert read(filler + "胸口疼得喘不上气", None, tables).triage == "L0"
    assert read(filler + "胸口疼得喘不上气。" + filler, None, tables).triage == "L0"


def test_one_reply_answers_several_questions(tables):
    said = "36度8，伤口干的，不疼"
    first = read(said, QUESTIONS["temp"], tables).answer
    assert first.value == 36.8
    for name, value in (("wound", "dry"), ("pain", 0)):
        answer = read(first.rest, QUESTIONS[name], tables, unasked=True).answer
        assert (answer.status, answer.value, answer.sure) == ("ok", value, True)
    assert read(first.rest, QUESTIONS["sat5"], tables, unasked=True).answer.status != "ok"
    assert read(first.rest, QUESTIONS["food"], tables, unasked=True).answer.status != "ok"


@pytest.mark.parametrize("said", ["改一下，是38度2", "打错了，是38.2", "不对，应该是38.2", "刚才说错了，38度2", "我打错了，38.2"])
def test_a_correction_says_so(said, tables):
    answer = read(said, QUESTIONS["temp"], tables).answer
    assert (answer.value, answer.corrects) == (38.2, True)


def test_uncertain_is_one_level_below(tables):
    assert read("好像有点胸痛", None, tables).triage == "L1"
    assert read("可能发烧38.6", None, tables).triage == "L2"


def test_what_was_lowered_is_kept_with_the_reason(tables):
    found = read("我老伴胸痛，我没有发烧", None, tables).findings
    assert [(finding.flag, finding.status) for finding in found] == [("RF01", "other_person"), ("RF10", "negated")]
    assert all(finding.suppressed for finding in found)


def test_a_question_without_options_of_the_contract_is_refused():
    from bot.reading.explain import question_from_json

    with pytest.raises(ValueError, match="options"):
        question_from_json({"kind": "choice"})
    assert question_from_json({"kind": "scale", "min": 0, "max": 10}) == replace(QUESTIONS["rating"], min=0, max=10)


@pytest.mark.parametrize("case", [case for case in PLAIN if case.kind == "T" and case.want == "L0"], ids=str)
def test_an_emergency_without_punctuation_is_one_still(case, tables):
    bare = "".join(char for char in case.text if char not in "，。、！？,!? ；")
    population = frozenset(item[4:] for item in case.options if item.startswith("pop="))
    assert read(bare, None, tables, proxy="proxy" in case.options, population=population).triage == "L0"
