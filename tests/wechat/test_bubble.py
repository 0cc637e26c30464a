"""A bubble: never longer than WeChat takes, never cut inside a sentence or a link if it can be helped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wechat.wording import MOST_BYTES, MOST_CHARACTERS, bubble


@pytest.mark.parametrize("text", ["", "好", "今天体温多少度？\n例如 36.8", "疼" * 600, "👌" * 512])
def test_what_fits_stays_as_it_is(text):
    assert bubble(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一" * 400 + "。" + "二" * 400, "一" * 400 + "。"),
        ("一" * 400 + "？" + "二" * 100 + "！" + "三" * 400, "一" * 400 + "？" + "二" * 100 + "！"),
        ("一" * 400 + "”。”" + "二" * 400, "一" * 400 + "”。”"),
        ("一" * 400 + "\n\n" + "二" * 400, "一" * 400),
        ("好。" + "一" * 700, "好。" + "一" * 597 + "…"),
        ("一" * 700, "一" * 599 + "…"),
        ("a" * 400 + ". " + "b" * 400, "a" * 400 + "."),
        ("36.8" * 200, "36.8" * 149 + "36." + "…"),
        ("👌" * 600, "👌" * 511 + "…"),
        ("一" * 500 + '<a href="https://example.cn/?a=1&b=2">点这里。看一看' + "长" * 100 + "</a>", "一" * 500 + "…"),
    ],
)
def test_too_long_is_cut_where_it_hurts_least(text, expected):
    assert bubble(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\x00b\x0bc\x1bd", "abcd"), ("一\r\n二\r三\t四", "一\n二\n三\t四"), ("a\ud800b\ufffe\uffff", "ab"), ("👌🏻", "👌🏻")],
)
def test_what_xml_forbids_is_dropped(text, expected):
    assert bubble(text) == expected


@given(st.text(st.characters(codec=None), max_size=1500).map(lambda text: text * 3))
def test_every_bubble_fits(text):
    cut = bubble(text)

    assert len(cut) <= MOST_CHARACTERS
    assert len(cut.encode()) <= MOST_BYTES
