"""Codes to print, on both databases: the last one of a stay, the unused ones of a ward, and another for the family."""

from datetime import timedelta

import hospital
import pytest
from hospital import NOW

from bot.care import binding
from bot.care.errors import Refused
from storage import codes, contacts

WARD = "骨科一病区"
LATELY = NOW - timedelta(days=7)


def ward(tx):
    """Stays: two just home, the second of which used its code; one that is not followed, one long home, one of another ward."""
    special = ({}, {}, {"state": "excluded"}, {"discharged_at": NOW - timedelta(days=20)}, {"ward": "产科"})
    ids = []
    for number, more in enumerate(special, start=1):
        _, episode = hospital.person(tx, number, **{"ward": WARD, **more})
        codes.add(tx, episode.id, f"token-{number}", NOW)
        ids.append(episode.id)
    contact = contacts.hold(tx, "o-family", NOW)
    contacts.bind(tx, contact.id, contacts.enrolment(tx, "token-2"), NOW)
    return ids


def tokens(tx, *asked):
    return [card.token for card in codes.unused(tx, *asked)]


def test_only_unused_codes_of_those_lately_home_are_listed(database):
    ids = database.write_now(ward)
    assert database.read_now(tokens, WARD, LATELY, 60) == ["token-1"]
    assert database.read_now(tokens, WARD, NOW - timedelta(days=30), 60) == ["token-1", "token-4"]
    assert database.read_now(tokens, WARD, NOW - timedelta(days=30), 1) == ["token-1"]
    assert database.read_now(codes.unused_by_ward, LATELY) == {WARD: 1, "产科": 1}
    assert database.read_now(codes.of_episode, ids[1]).used_at == NOW
    assert database.read_now(codes.of_episode, 999) is None


def test_another_code_is_made_when_the_last_was_used_and_is_the_one_that_is_printed(database, practice):
    ids = database.write_now(ward)
    staff = database.write_now(hospital.nurse)
    database.write_now(binding.another_code, practice, ids[1], staff, NOW)
    fresh = database.read_now(codes.of_episode, ids[1])
    assert (fresh.used_at, fresh.token != "token-2", len(fresh.token)) == (None, True, 22)
    assert set(database.read_now(tokens, WARD, LATELY, 60)) == {"token-1", fresh.token}
    with pytest.raises(Refused, match="还有一张"):
        database.write_now(binding.another_code, practice, ids[1], staff, NOW)
    with pytest.raises(Refused, match="不随访"):
        database.write_now(binding.another_code, practice, ids[2], staff, NOW)
    with pytest.raises(LookupError):
        database.write_now(binding.another_code, practice, 999, staff, NOW)


def test_the_days_of_contact_come_in_order(database):
    _, episode, *_ = database.write_now(lambda tx: [one.id for one in hospital.talk(tx, 1)])
    due = database.read_now(codes.planned, [episode])
    assert due[episode] == sorted(due[episode])
    assert len(due[episode]) == 2
    assert database.read_now(codes.planned, []) == {}
