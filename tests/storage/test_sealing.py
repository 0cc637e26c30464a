"""Phone and ID numbers at rest."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.sealing import BadKey, Seal, Unreadable

PHONE = "13800000001"
ONE, TWO = bytes(range(32)), bytes(range(1, 33))


def written(*keys):
    return "\n".join(f"{number} {base64.b64encode(key).decode()}" for number, key in keys)


def test_what_is_sealed_in_a_row_opens_only_there():
    seal = Seal({1: ONE})
    sealed = seal.seal(PHONE, "patient.phone_sealed:7")

    assert seal.open(sealed, "patient.phone_sealed:7") == PHONE
    assert PHONE.encode() not in sealed
    assert len(sealed) == 1 + 12 + 11 + 16
    assert sealed != seal.seal(PHONE, "patient.phone_sealed:7")
    for place in ("patient.phone_sealed:8", "patient.id_no_sealed:7"):
        with pytest.raises(Unreadable, match="不属于这一行"):
            seal.open(sealed, place)


@pytest.mark.parametrize(
    "harm", [lambda s: s[:-1] + bytes([s[-1] ^ 1]), lambda s: b"\x09" + s[1:], lambda s: s[:13], lambda s: b""]
)
def test_damaged_values_are_refused_without_showing_anything(harm):
    seal = Seal({1: ONE})
    with pytest.raises(Unreadable) as refused:
        seal.open(harm(seal.seal(PHONE, "p:1")), "p:1")
    assert PHONE not in str(refused.value)


def test_another_key_opens_nothing():
    with pytest.raises(Unreadable, match="密钥不对"):
        Seal({1: TWO}).open(Seal({1: ONE}).seal(PHONE, "p:1"), "p:1")


def test_a_key_is_changed_by_adding_one():
    old = Seal.from_setting(written((1, ONE)))
    new = Seal.from_setting(written((1, ONE), (2, TWO)))

    assert new.open(old.seal(PHONE, "p:1"), "p:1") == PHONE
    assert new.seal(PHONE, "p:1")[0] == 2
    with pytest.raises(Unreadable, match="没有对应的密钥"):
        old.open(new.seal(PHONE, "p:1"), "p:1")
    assert new.index(PHONE, "phone") == old.index(PHONE, "phone")


def test_the_index_finds_and_does_not_tell():
    seal = Seal({1: ONE})
    found = seal.index(PHONE, "phone")

    assert found == Seal({1: ONE}).index(PHONE, "phone")
    assert len(found) == 64
    assert found not in (seal.index(PHONE, "id_no"), seal.index("13800000002", "phone"), Seal({1: TWO}).index(PHONE, "phone"))


def test_a_key_file_is_made_once_for_this_user_only(tmp_path):
    path = tmp_path / "keys" / "seal.key"
    with ThreadPoolExecutor(8) as pool:
        seals = list(pool.map(lambda _: Seal.from_key_file(path), range(8)))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert len({seal.index(PHONE, "phone") for seal in seals}) == 1
    assert Seal.from_key_file(path).open(seals[0].seal(PHONE, "p:1"), "p:1") == PHONE


def test_a_key_file_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "seal.key"
    Seal.from_key_file(path)
    path.chmod(0o640)
    with pytest.raises(BadKey, match="chmod 600"):
        Seal.from_key_file(path)


def test_a_lost_key_file_is_not_replaced_when_there_is_data(tmp_path):
    with pytest.raises(BadKey, match="从备份恢复"):
        Seal.from_key_file(tmp_path / "seal.key", create=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "没有密钥"),
        ("not base64!", "base64"),
        ("中文", "base64"),
        (base64.b64encode(b"short").decode(), "32字节"),
        (written((300, ONE)), "编号"),
        (written((1, ONE), (1, TWO)), "重复"),
        ("x " + base64.b64encode(ONE).decode(), "base64"),
    ],
)
def test_unusable_keys_are_named(text, says, tmp_path):
    with pytest.raises(BadKey, match=says):
        Seal.from_setting(text)


def test_a_broken_key_file_is_named(tmp_path):
    path = tmp_path / "seal.key"
    path.write_text("nonsense")
    path.chmod(0o600)
    with pytest.raises(BadKey, match=r"seal\.key"):
        Seal.from_key_file(path)
