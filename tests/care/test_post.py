"""How the texts of a turn become bubbles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.care.post import BUBBLE, bubbles

texts = st.lists(st.text(alphabet="好，。！\n 　a😀\U00020000", max_size=1500), max_size=4)


@given(texts)
def test_no_bubble_is_too_long_for_wechat_or_says_nothing(given):
    for bubble in bubbles(given):
        assert bubble.strip()
        assert len(bubble) <= BUBBLE
        assert len(bubble.encode()) <= 2000


@given(texts)
def test_nothing_but_space_is_lost(given):
    def words(parts):
        return "".join("".join(parts).split())

    assert words(bubbles(given)) == words(given)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ([], []),
        (["  ", "\n　"], []),
        (["您好。", "今天体温多少度？"], ["您好。\n今天体温多少度？"]),
        (["好。" * 200, "好。" * 200], ["好。" * 200, "好。" * 200]),
        (["好。" * 301], ["好。" * 300, "好。"]),
        (["😀" * 601], ["😀" * 450, "😀" * 151]),
    ],
)
def test_texts_join_where_they_fit_and_break_at_a_sentence(given, made):
    assert bubbles(given) == made
