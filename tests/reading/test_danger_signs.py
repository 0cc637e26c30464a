"""Danger signs: sentences grouped by what makes them hard, and what the table of them must hold."""

import re

import pytest
from reading_cases import load, outcome, right

from bot.reading.lexicon import _regex
from bot.reading.read import read

LISTS = (
    "danger.txt",
    "danger_more.txt",
    "danger_third.txt",
    "danger_fourth.txt",
    "danger_fifth.txt",
    "danger_sixth.txt",
    "danger_seventh.txt",
    "danger_eighth.txt",
    "danger_ninth.txt",
    "danger_tenth.txt",
    "danger_eleventh.txt",
    "danger_twelfth.txt",
    "danger_thirteenth.txt",
    "danger_fourteenth.txt",
    "danger_fifteenth.txt",
    "danger_sixteenth.txt",
)


@pytest.mark.parametrize("case", [case for name in LISTS for case in load(name)], ids=str)
def test_a_danger_sign_is_weighed_as_a_nurse_would(case, tables):
    got = outcome(case, tables)
    assert right(case, got), f"{case.text}: {got}, wanted {case.want}"


def test_every_pattern_of_the_table_can_be_compiled(tables):
    broken = []
    for form, _ in tables.flags.words:
        try:
            re.compile(_regex(form))
        except re.error as error:
            broken.append((form, str(error)))
    assert broken == []


def test_the_table_names_every_flag_it_uses(tables):
    used = {sign.flag for sign in tables.flags.names.values() if not sign.cue} | {rule.flag for rule in tables.flags.combinations}
    assert used <= set(tables.flags.titles)


@pytest.mark.parametrize("population", ["化疗后第三天", "肾移植术后半年", "宝宝刚满月"])
def test_a_fever_of_those_who_can_least_bear_it_is_an_emergency(population, tables):
    assert read(f"{population}，体温38.3", None, tables, proxy=True).triage == "L0"
    assert read(f"{population}，没有发烧", None, tables, proxy=True).triage == "none"
