"""The rights of a person over what is known of them: a copy of all of it, and its deletion but for what the law wants kept."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from bot.care.errors import Refused
from bot.care.practice import Practice
from bot.rules import retention
from storage import kept, patients, person, staff
from storage.sealing import Seal, Unreadable
from storage.transaction import Tx

# why somebody's data are deleted (个人信息保护法 art. 47, 49)
REASONS = ("本人申请", "监护人申请", "近亲属申请（本人已故）", "撤回同意", "其他")
_SEALED = {"phone_sealed": "phone", "id_no_sealed": "id_no", "kin_phone_sealed": "kin_phone"}
_LEFT_OUT = ("phone_index", "id_no_index", "kin_phone_index", "token", "place", "key")


@dataclass(frozen=True, slots=True)
class Copy:
    """All that is known of a person by table, as plain data, and who looked at it."""

    name: str
    hospital: str
    made_at: datetime
    tables: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Erased:
    """`deleted`: rows by table; `kept`: what stays in storage, with its rule and until when; `files` have to be deleted still."""

    deleted: dict[str, int]
    kept: tuple[tuple[str, str, datetime], ...]
    files: tuple[str, ...]


def export(tx: Tx, practice: Practice, patient_id: int, staff_id: int | None, now: datetime) -> Copy:
    """A copy of everything about a person, numbers in clear. That it was made is written down. Raises LookupError."""
    rows = person.collect(tx, patient_id)
    if "patient" not in rows:
        raise LookupError(f"no patient {patient_id}")
    tables = {str(name): [_plain(practice.seal, name, row) for row in part] for name, part in rows.items()}
    tables["audit_entry"] = [_plain(practice.seal, "", row) for row in person.looks(tx, rows)]
    staff.audit(tx, staff_id, "export person", now, noun="patient", noun_id=patient_id)
    return Copy(rows["patient"][0]["name"], practice.hospital, now, tables)


def erase(tx: Tx, practice: Practice, patient_id: int, staff_id: int | None, reason: str, now: datetime) -> Erased:
    """Delete all that is known of a person; what the law wants kept is sealed away first. Raises LookupError, and Refused while
    somebody still has to see to a danger sign or a complaint of theirs."""
    if reason not in REASONS:
        raise Refused("请选择删除的原因")
    rows = person.collect(tx, patient_id)
    if "patient" not in rows:
        raise LookupError(f"no patient {patient_id}")
    waiting = [one for one in rows.get("ticket", []) if one["state"] != "closed" and one["matter"] in ("danger", "complaint")]
    if waiting:
        raise Refused(f"还有{len(waiting)}张红线或投诉工单没有关闭，请先处理完再删除")
    subject = practice.seal.index(rows["patient"][0]["hospital_no"], "subject")
    stays = []
    for term, records, last in _to_keep(practice, rows, now):
        until = retention.until(practice.retention.terms[term], last)
        if until > now:
            stays.append(_seal_away(tx, practice, term, records, subject, until, staff_id, now))
    for episode in rows.get("episode", []):
        mark = practice.seal.index(f"{episode['admission_no']}\0{episode['times']}", "stay")
        if not kept.erased(tx, mark):
            tx.session.add(kept.ErasedStay(stay=mark, erased_at=now))
    files = tuple(name for one in rows.get("media", []) for name in (one["name"], one["small"]) if name)
    gone = person.remove(tx, rows)
    staff.audit(tx, staff_id, "erase person", now, noun="patient", noun_id=patient_id, detail=reason)
    return Erased(gone, tuple(stays), files)


def open_kept(tx: Tx, practice: Practice, kept_id: int, staff_id: int | None, why: str, now: datetime) -> Copy:
    """What is kept of an erased person, for an authority that may ask for it. That and why it was opened is written down. Raises
    LookupError, Refused without a reason."""
    if not why.strip():
        raise Refused("请写明查阅的依据，例如公文编号")
    row = tx.session.get(kept.Kept, kept_id)
    if row is None:
        raise LookupError(f"no kept records {kept_id}")
    staff.audit(tx, staff_id, "open kept", now, noun="kept", noun_id=kept_id, detail=why.strip()[:200])
    data = orjson.loads(practice.seal.open(row.sealed, f"kept.sealed:{row.place}"))
    return Copy(row.title, practice.hospital, now, data)


def expire(tx: Tx, practice: Practice, now: datetime) -> int:
    """Delete what was kept long enough."""
    return kept.expire(tx, now)


def find(tx: Tx, hospital_no: str) -> int:
    """The person with this record number. Raises Refused."""
    patient = patients.by_hospital_no(tx, hospital_no)
    if patient is None or patient.id is None:
        raise Refused("没有这个病案号的患者")
    return patient.id


def was_erased(tx: Tx, practice: Practice, admission_no: str, times: int) -> bool:
    """Whether this stay was erased, and must not come back with a list."""
    return kept.erased(tx, practice.seal.index(f"{admission_no}\0{times}", "stay"))


def _to_keep(
    practice: Practice, rows: Mapping[str, list[dict[str, Any]]], now: datetime
) -> Iterable[tuple[Any, dict[str, list[dict[str, Any]]], datetime]]:
    """The records of each kind that there are, with when the last of them was made."""
    matters = {one["id"]: one["matter"] for one in rows.get("ticket", [])}
    signs = {one["inbound_id"] for one in rows.get("finding", []) if one["suppressed"] is None}
    told = {one["inbound_id"] for one in rows.get("record", []) if one["type"] in ("complaint", "dissatisfaction")}

    def tickets(matter: str) -> dict[str, list[dict[str, Any]]]:
        return {
            "ticket": [one for one in rows.get("ticket", []) if one["matter"] == matter],
            "ticket_entry": [one for one in rows.get("ticket_entry", []) if matters.get(one["ticket_id"]) == matter],
        }

    def said(which: set[Any]) -> list[dict[str, Any]]:
        return [one for one in rows.get("inbound", []) if one["id"] in which]

    talk = ("inbound", "outbound", "session", "answer", "ticket", "ticket_entry", "touchpoint", "revisit")
    parts = {
        "danger": {**tickets("danger"), "finding": rows.get("finding", []), "inbound": said(signs)},
        "complaint": {
            **tickets("complaint"),
            "record": rows.get("record", []),
            "complaint": rows.get("complaint", []),
            "inbound": said(told),
        },
        "consent": {name: rows.get(name, []) for name in ("consent", "binding")},
        "talk": {name: rows.get(name, []) for name in talk},
    }
    for kind in retention.KINDS:
        records = {name: part for name, part in parts[kind].items() if part}
        moments = [value for part in records.values() for row in part for value in row.values() if isinstance(value, datetime)]
        if not moments or kind not in practice.retention.terms:
            continue
        whose = {name: rows.get(name, []) for name in ("patient", "episode")}
        plain = {str(name): [_plain(practice.seal, name, row) for row in part] for name, part in (whose | records).items()}
        yield kind, plain, min(max(moments), now)


def _seal_away(
    tx: Tx,
    practice: Practice,
    kind: Any,
    records: Mapping[str, Any],
    subject: str,
    until: datetime,
    staff_id: int | None,
    now: datetime,
) -> tuple[str, str, datetime]:
    term, place = practice.retention.terms[kind], secrets.token_hex(16)
    row = kept.Kept(
        subject=subject,
        kind=kind,
        title=term.title,
        law=term.law,
        until=until,
        place=place,
        sealed=practice.seal.seal(orjson.dumps(records).decode(), f"kept.sealed:{place}"),
        erased_at=now,
        staff_id=staff_id,
    )
    tx.session.add(row)
    tx.session.flush()
    return term.title, term.law, until


def _plain(seal: Seal, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON takes it: numbers opened, what serves only the machine left out."""
    plain: dict[str, Any] = {}
    for column, value in row.items():
        if column in _SEALED:
            plain[_SEALED[column]] = _opened(seal, value, f"{name}.{column}:{row['id']}")
        elif column not in _LEFT_OUT:
            plain[str(column)] = _value(value)
    return plain


def _opened(seal: Seal, sealed: bytes | None, place: str) -> str | None:
    try:
        return None if sealed is None else seal.open(sealed, place)
    except Unreadable:
        return "（密钥不对，读不出来）"


def _value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
