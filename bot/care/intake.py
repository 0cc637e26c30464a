"""Discharge lists become patients, stays and plans."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.care import arrival, ending, enrolment, privacy
from bot.care.discharge import DischargeRow, Discharges, RowIssue
from bot.care.practice import Practice
from bot.rules.cohort import REASONS
from storage import contacts, patients, revisits, settings, staff
from storage.database import Database
from storage.transaction import Tx

_NOT_GIVEN: tuple[Any, ...] = ("", None, [])  # what is already known stays
CHUNK = 100  # rows in one act, so that patients' messages are not kept waiting by a long list


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of rows; `issues` are of those that contradict what is known and were not taken, `told` codes of REASONS for
    stays that are not followed and contacts that are not made."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    issues: tuple[RowIssue, ...] = ()
    told: tuple[str, ...] = ()

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.added + other.added,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.issues + other.issues,
            self.told + other.told,
        )


async def import_list(
    database: Database,
    practice: Practice,
    found: Discharges,
    *,
    name: str,
    staff_id: int | None,
    now: datetime,
) -> int:
    """Take in a whole list, chunk by chunk, and keep what came of it. Returns the import's id. Importing the same list again
    changes what changed and doubles nothing; a run that was cut off is made whole by importing again."""
    import_id = await database.write(begin_import, name, found, staff_id, now)
    counts = Counts()
    for start in range(0, len(found.rows), CHUNK):
        counts += await database.write(import_rows, practice, found.rows[start : start + CHUNK], import_id, now)
    await database.write(end_import, import_id, counts)
    return import_id


def begin_import(tx: Tx, name: str, found: Discharges, staff_id: int | None, now: datetime) -> int:
    """Note that a list is being read."""
    issues = [asdict(issue) for issue in found.issues]
    row = settings.Import(name=name[:200], at=now, staff_id=staff_id, refused=found.refused, issues=issues)
    tx.session.add(row)
    tx.session.flush()
    assert row.id is not None
    staff.audit(tx, staff_id, "import", now, noun="import", noun_id=row.id)
    return row.id


def import_rows(tx: Tx, practice: Practice, rows: Sequence[DischargeRow], import_id: int, now: datetime) -> Counts:
    """Add or change the stays of these rows and plan their follow-up."""
    counts = Counts()
    for row in rows:
        counts += _import(tx, practice, row, import_id, now)
    return counts


def end_import(tx: Tx, import_id: int, counts: Counts) -> None:
    """Keep the counts of an import."""
    row = tx.session.get(settings.Import, import_id)
    assert row is not None
    row.added, row.changed, row.unchanged = counts.added, counts.changed, counts.unchanged
    row.refused += len(counts.issues)
    issues = [*counts.issues, *_told(counts.told)]
    row.issues = [*row.issues, *(asdict(issue) for issue in issues)]
    tx.session.add(row)


def _told(codes: Sequence[str]) -> list[RowIssue]:
    """Who is not followed and what is not sent, counted: nothing is left out in silence."""
    words = {"late": "{n} 次联系在导入前已过期，按方案不补发", "before_home": "{n} 次联系的日子还在住院，不用联系"}
    return [
        RowIssue(0, "随访", words.get(code, f"{{n}} 次住院不随访：{REASONS[code]}").format(n=count), kept=True)
        for code, count in Counter(codes).most_common()
    ]


def _import(tx: Tx, practice: Practice, row: DischargeRow, import_id: int, now: datetime) -> Counts:
    episode = patients.episode(tx, row.admission_no, row.times)
    if episode is not None and patients.hospital_no(tx, episode.patient_id) != row.hospital_no:
        # one of the two numbers is wrong; a guess would show one patient's stay to another
        words = "这个住院号和次数已登记在另一个病案号下，请核对后再导入"
        return Counts(issues=(RowIssue(row.number, "病案号", words),))
    if episode is None and privacy.was_erased(tx, practice, row.admission_no, row.times):
        return Counts(issues=(RowIssue(row.number, "住院号", "这次住院的信息已按患者要求删除，没有导入"),))
    patient, patient_changed = _patient(tx, practice, row, now)
    assert patient.id is not None
    values = _stay(row) | {"local": practice.exclusions.local(row.residence)}
    if episode is None:
        values["revisit_listed"] = row.revisit_on
        episode = patients.Episode(patient_id=patient.id, import_id=import_id, created_at=now, updated_at=now, **values)
        tx.session.add(episode)
        tx.session.flush()
        assert episode.id is not None
        if row.revisit_on is not None:
            revisits.add(tx, episode.id, row.revisit_on, "list", now)
        _seal_kin(practice, episode, row)
        tx.session.add(contacts.Enrolment(episode_id=episode.id, token=secrets.token_urlsafe(16), made_at=now))
        if patients.home_after(tx, patient.id, episode.discharged_at):
            patients.set_state(tx, episode.id, "readmitted", now)
            return Counts(added=1)
        _readmit(tx, patient.id, episode, now)
        told = enrolment.enrol(tx, practice, episode, patient, now)
        arrival.listed(tx, practice, episode, patient.born_on.month if patient.born_on else None, now)
        return Counts(added=1, told=told)
    if row.revisit_on == episode.revisit_listed:
        del values["revisit_on"]  # the list brings nothing new: a day that the patient chose since then holds
    changed = [field for field, value in values.items() if value not in _NOT_GIVEN and getattr(episode, field) != value]
    if not _seal_kin(practice, episode, row) and not changed and not patient_changed:
        return Counts(unchanged=1)
    for field in changed:
        if field == "revisit_on":
            assert episode.id is not None
            episode.revisit_listed = values[field]
            revisits.move(tx, episode.id, values[field], "list", now)
            episode.revisit_state = ""
        setattr(episode, field, values[field])
    episode.updated_at = now
    tx.session.add(episode)
    tx.session.flush()
    told = enrolment.enrol(tx, practice, episode, patient, now)
    return Counts(changed=1, told=told)


def _patient(tx: Tx, practice: Practice, row: DischargeRow, now: datetime) -> tuple[patients.Patient, bool]:
    seal = practice.seal
    patient = patients.by_hospital_no(tx, row.hospital_no)
    if patient is None:
        patient = patients.Patient(hospital_no=row.hospital_no, name=row.name, created_at=now, updated_at=now)
        tx.session.add(patient)
        tx.session.flush()
    known = (patient.name, patient.sex, patient.born_on, patient.phone_index, patient.id_no_index)
    sex = patient.sex if row.sex in ("", "未知") else row.sex
    patient.name, patient.sex, patient.born_on = row.name, sex, row.born_on or patient.born_on
    if row.phone and patient.phone_index != seal.index(row.phone, "phone"):
        patient.phone_sealed = seal.seal(row.phone, f"patient.phone_sealed:{patient.id}")
        patient.phone_index, patient.phone_tail = seal.index(row.phone, "phone"), row.phone[-4:]
    if row.id_no and patient.id_no_index != seal.index(row.id_no, "id_no"):
        patient.id_no_sealed = seal.seal(row.id_no, f"patient.id_no_sealed:{patient.id}")
        patient.id_no_index = seal.index(row.id_no, "id_no")
    changed = known != (patient.name, patient.sex, patient.born_on, patient.phone_index, patient.id_no_index)
    if changed:
        patient.updated_at = now
        tx.session.add(patient)
        tx.session.flush()
    return patient, changed


def _stay(row: DischargeRow) -> dict[str, Any]:
    return {
        "admission_no": row.admission_no,
        "times": row.times,
        "department": row.department,
        "ward": row.ward,
        "doctor": row.doctor,
        "nurse": row.nurse,
        "admitted_on": row.admitted_on,
        "discharged_at": row.discharged_at,
        "outcome": row.outcome,
        "diagnosis": row.diagnosis,
        "icd10": row.icd10,
        "procedure": row.procedure,
        "procedure_on": row.procedure_on,
        "revisit_on": row.revisit_on,
        "medication": row.medication,
        "risks": list(row.risks),
        "private": row.private,
        "kin_name": row.kin_name,
        "kin_relation": row.kin_relation,
    }


def _seal_kin(practice: Practice, episode: patients.Episode, row: DischargeRow) -> bool:
    """Keep the phone of the next of kin; whether it was another one."""
    index = practice.seal.index(row.kin_phone, "phone") if row.kin_phone else None
    if index is None or index == episode.kin_phone_index:
        return False
    episode.kin_phone_sealed = practice.seal.seal(row.kin_phone, f"episode.kin_phone_sealed:{episode.id}")
    episode.kin_phone_index = index
    return True


def _readmit(tx: Tx, patient_id: int, episode: patients.Episode, now: datetime) -> None:
    """A newer stay ends the follow-up of older ones: the patient was in hospital again."""
    for older in patients.home_before(tx, patient_id, episode.discharged_at):
        assert older.id is not None
        patients.set_state(tx, older.id, "readmitted", now)
        ending.end(tx, older.id, "readmitted", now)
