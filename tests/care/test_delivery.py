"""What leaves by the outbox when the process dies in the middle of it."""

import asyncio
from collections import Counter

import pytest

from bot.care import delivery, followup
from bot.care.parcel import Receipt


def die_while_sending(hospital, taken):
    """Send what is due; WeChat takes so many messages, and before it answers the others the process is gone."""

    async def run():
        asked = 0

        async def send(parcel):
            nonlocal asked
            asked += 1
            if asked > taken:
                await asyncio.Event().wait()
            return Receipt("sent", 0)

        sending = asyncio.create_task(delivery.flush(hospital.database, hospital.practice, send, lambda: hospital.now))
        async with asyncio.timeout(20):
            while sum(row.state == "sent" for row in hospital.outbox() if row.lane != "reply") < taken:
                await asyncio.sleep(0.01)
        sending.cancel()

    asyncio.run(run())


@pytest.fixture
def thirty(hospital):
    """Thirty patients at home, each to be invited now."""
    for number in range(30):
        token = hospital.discharge(hospital_no=f"B{number:03}", admission_no=f"ZY2026{number:04}")
        hospital.scan(f"o{number}", token)
    hospital.pass_time(days=2, minutes=59)
    hospital.now = hospital.now.replace(minute=1, hour=hospital.now.hour + 1)
    while hospital.write(followup.begin_due, hospital.now):
        pass
    return hospital


def states(hospital, lane):
    return Counter(row.state for row in hospital.outbox() if row.lane == lane)


def test_only_what_was_under_way_is_in_doubt_and_a_notice_goes_again_under_its_own_key(thirty):
    die_while_sending(thirty, 5)
    at_death = states(thirty, "template")
    thirty.tick()
    first = {row.key for row in thirty.outbox() if row.state == "leased"}
    thirty.pass_time(minutes=3)
    again = {parcel.key for parcel in thirty.parcels if parcel.attempts == 2}

    assert at_death["sent"] == 5
    assert at_death["leased"] == delivery.BATCH - 5
    assert at_death["pending"] == 30 - delivery.BATCH
    assert states(thirty, "template") == {"sent": 30}
    assert again == first
