"""Patients and their stays."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import LargeBinary, UniqueConstraint, bindparam, func, select, update
from sqlmodel import Field, SQLModel, col
from sqlmodel import select as orm_select

from storage.columns import Json, key, link, one_of, table
from storage.hot import Hot
from storage.transaction import Tx

SEXES = ("男", "女", "未知")
# GB/T 离院方式: 1 医嘱离院, 2 转院, 3 转社区, 4 非医嘱离院, 5 死亡, 9 其他
OUTCOMES = ("1", "2", "3", "4", "5", "9")
REVISIT_STATES = ("", "coming", "declined", "came", "missed")
EPISODE_STATES = ("home", "readmitted", "transferred", "dead", "excluded")


class Patient(SQLModel, table=True):
    """A person. `phone_sealed` and `id_no_sealed` are encrypted and bound to the row; `*_index` finds them (HMAC)."""

    __tablename__ = "patient"
    __table_args__ = (one_of("sex", SEXES),)

    id: int | None = key()
    hospital_no: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=60)
    sex: str = Field(max_length=4, default="未知")
    born_on: date | None = None
    phone_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    phone_index: str | None = Field(default=None, max_length=64, index=True)
    phone_tail: str | None = Field(default=None, max_length=4, index=True)
    id_no_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    id_no_index: str | None = Field(default=None, max_length=64, index=True)
    created_at: datetime
    updated_at: datetime


class Episode(SQLModel, table=True):
    """One stay, from admission to discharge. `state` says whether follow-up goes on; `excluded_for` is a code of
    `bot.rules.cohort.REASONS` that says why not. `revisit_on` is the day that holds, `revisit_listed` what the last list said:
    a day that the patient confirmed stays until a list brings another one. `revisit_state` is what is known of that revisit."""

    __tablename__ = "episode"
    __table_args__ = (
        UniqueConstraint("admission_no", "times"),
        one_of("outcome", OUTCOMES),
        one_of("state", EPISODE_STATES),
        one_of("revisit_state", REVISIT_STATES),
    )

    id: int | None = key()
    patient_id: int = link("patient.id")
    admission_no: str = Field(max_length=40)
    times: int = 1
    department: str = Field(max_length=60, index=True)
    ward: str = Field(max_length=60, index=True)
    doctor: str = Field(default="", max_length=60)
    nurse: str = Field(default="", max_length=60)
    admitted_on: date | None = None
    discharged_at: datetime = Field(index=True)
    outcome: str = Field(default="1", max_length=2)
    diagnosis: str = Field(default="", max_length=200)
    icd10: str = Field(default="", max_length=20)
    procedure: str = Field(default="", max_length=200)
    procedure_on: date | None = None
    revisit_on: date | None = None
    revisit_listed: date | None = None
    revisit_state: str = Field(default="", max_length=12)
    local: bool | None = None
    medication: str = Field(default="", max_length=500)
    risks: list[str] = Field(default_factory=list, sa_type=Json)
    private: bool = False
    kin_name: str = Field(default="", max_length=60)
    kin_relation: str = Field(default="", max_length=20)
    kin_phone_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    kin_phone_index: str | None = Field(default=None, max_length=64, index=True)
    state: str = Field(default="home", max_length=12)
    excluded_for: str | None = Field(default=None, max_length=60)
    import_id: int | None = link("import.id", index=False, nullable=True)
    created_at: datetime
    updated_at: datetime


class Stay(NamedTuple):
    """What a talk may know of a patient and the stay."""

    name: str
    sex: str
    born_on: date | None
    admission_no: str
    department: str
    ward: str
    doctor: str
    discharged_at: datetime
    procedure: str
    procedure_on: date | None
    revisit_on: date | None
    risks: list[str]
    state: str


_patient = table(Patient).c
_episode = table(Episode).c
_STAY = Hot(
    select(
        _patient.name,
        _patient.sex,
        _patient.born_on,
        _episode.admission_no,
        _episode.department,
        _episode.ward,
        _episode.doctor,
        _episode.discharged_at,
        _episode.procedure,
        _episode.procedure_on,
        _episode.revisit_on,
        _episode.risks,
        _episode.state,
    )
    .join(Patient, _patient.id == _episode.patient_id)
    .where(_episode.id == bindparam("episode_"))
)
_SET_STATE = Hot(
    update(Episode).where(_episode.id == bindparam("id_")).values(state=bindparam("state_"), updated_at=bindparam("now_"))
)


def stay(tx: Tx, episode_id: int) -> Stay:
    """The patient and stay of an episode. Raises LookupError."""
    row = tx.one(_STAY, episode_=episode_id)
    if row is None:
        raise LookupError(f"no episode {episode_id}")
    return Stay(*row)


def set_state(tx: Tx, episode_id: int, state: str, now: datetime) -> None:
    """Where the patient is now, as far as follow-up is concerned."""
    tx.run(_SET_STATE, id_=episode_id, state_=state, now_=now)


_EXCLUDE = Hot(update(Episode).where(_episode.id == bindparam("id_")).values(excluded_for=bindparam("reason_")))


def exclude(tx: Tx, episode_id: int, reason: str | None) -> None:
    """Keep why an episode is not followed (any more); None: it is."""
    tx.run(_EXCLUDE, id_=episode_id, reason_=reason)


def exclusions(tx: Tx) -> dict[str, int]:
    """How many stays are not followed, by the reason's code."""
    query = orm_select(Episode.excluded_for, func.count()).where(col(Episode.excluded_for).is_not(None))
    return {str(reason): count for reason, count in tx.session.exec(query.group_by(col(Episode.excluded_for)))}


def by_hospital_no(tx: Tx, hospital_no: str) -> Patient | None:
    """The patient with this record number."""
    return tx.session.exec(orm_select(Patient).where(Patient.hospital_no == hospital_no)).first()


def episode(tx: Tx, admission_no: str, times: int) -> Episode | None:
    """The stay with this admission number and count."""
    return tx.session.exec(orm_select(Episode).where(Episode.admission_no == admission_no, Episode.times == times)).first()


def hospital_no(tx: Tx, patient_id: int) -> str:
    """The record number of a patient."""
    return tx.session.exec(orm_select(Patient.hospital_no).where(Patient.id == patient_id)).one()


def home_after(tx: Tx, patient_id: int, moment: datetime) -> bool:
    """Whether a later stay of a patient is followed."""
    wanted = (Episode.patient_id == patient_id, Episode.state == "home", col(Episode.discharged_at) > moment)
    return tx.session.exec(orm_select(Episode.id).where(*wanted)).first() is not None


def home_before(tx: Tx, patient_id: int, moment: datetime) -> list[Episode]:
    """Earlier stays of a patient that are still followed."""
    wanted = (Episode.patient_id == patient_id, Episode.state == "home", col(Episode.discharged_at) < moment)
    return list(tx.session.exec(orm_select(Episode).where(*wanted)))


def age(born_on: date | None, today: date) -> int | None:
    """Whole years."""
    if born_on is None:
        return None
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
