"""Complaints told as facts, mockery, others' hospitals, praise by deed, indirect wishes: as a nurse would code them."""

import pytest
from reading_cases import load, outcome, right


@pytest.mark.parametrize("case", load("matters.txt") + load("pinyin.txt"), ids=str)
def test_a_matter_is_recorded_as_a_complaint_office_would(case, tables):
    got = outcome(case, tables)
    assert right(case, got), f"{case.text}: {got}, wanted {case.want}"
