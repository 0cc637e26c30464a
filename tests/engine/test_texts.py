"""Texts: what is filled in, and what no text may do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.texts import TextError, compile_text

LABELS = {"wound": {"red": "发红或肿胀", "dry": "干燥"}, "symptoms": {"fever": "发热", "cough": "咳嗽"}}
ANSWERS = {"wound": "red", "symptoms": ["fever", "cough"], "temperature": 38.0, "pain": 2.5, "sleep": True, "since": "2026-11-02"}
PATIENT = {"name": "张三", "age": 66, "revisit": "", "proxy": False}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("您好", "您好"),
        ("  您好 \n", "您好"),
        ("{花括号} 和 100%", "{花括号} 和 100%"),
        ("{{ patient.name }}您好", "张三您好"),
        ("{{ temperature }}度，{{ pain }}分", "38度，2.5分"),
        ("{{ wound }}", "发红或肿胀"),
        ("{{ symptoms }}", "发热、咳嗽"),
        ("{{ wound|default('没问') }}", "发红或肿胀"),
        ("{{ sleep }}，{{ patient.proxy }}", "是，否"),
        ("从{{ since }}起", "从11月2日起"),
        ("{{ missing }}|{{ missing|default('没有') }}", "|没有"),
        ("{{ patient.revisit|default('待定', true) }}", "待定"),
        ("{% if wound == 'red' %}红{% else %}不红{% endif %}", "红"),
        ("{% if missing == 'red' or patient.age > 60 and not patient.proxy %}长{% endif %}者", "长者"),
        ("甲\n{% if patient.revisit %}乙\n{% endif %}丙", "甲\n丙"),
        ("{# 备注 #}好", "好"),
        ("{{ pain|round|int }}", "2"),
    ],
)
def test_filled_in(source, text):
    assert compile_text(source, LABELS).render(ANSWERS, PATIENT) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'a' * 999999999 }}",
        "{% for i in patient.name %}{{ i }}{% endfor %}",
        "{{ range(9) }}",
        "{{ patient.name.upper() }}",
        "{{ patient.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ patient['name'] }}",
        "{{ [1] }}",
        "{{ 'a' ~ 'b' }}",
        "{{ patient.name|center(99999999) }}",
        "{{ patient.name|attr('x') }}",
        "{% set x = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% extends 'x' %}",
        "{% filter upper %}x{% endfilter %}",
        "{{ a if b else c }}",
        "{{ a is defined }}",
        "{{ a",
        "{% if a %}",
        "{{ " + "(" * 300 + "a" + ")" * 300 + " }}",
        "{% if a %}" * 40 + "{% endif %}" * 40,
        "好" * 5000,
    ],
)
def test_refused(source):
    with pytest.raises(TextError) as refused:
        compile_text(source)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in refused.value.message)


@given(st.text(max_size=30) | st.sampled_from(["{{ 7*7 }}", "{% for %}", "{{ patient.name }}", "<b>&amp;</b>"]))
def test_a_patients_words_are_never_a_template(words):
    text = compile_text("您说：[{{ words }}]").render({"words": words}, {})
    assert text == f"您说：[{words}]" or text.endswith("日]")


@given(st.text(alphabet="{}%|. ()'\"abif#endx*~[]", max_size=40))
def test_no_text_makes_the_compiler_fail(source):
    try:
        compile_text(source)
    except TextError:
        return
