"""A discharge list as it was read: one stay a row, and what was wrong with the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class DischargeRow:
    """One stay. `number` is the row in the file, as a spreadsheet counts. Empty text and None mean "not given": what is
    already known of the patient stays. `outcome` is the code of the way of leaving (5 is death); `discharged_at` is noon
    when the list gives only a day. `residence` is 本地, 外地 or an address, of which only that much is kept."""

    number: int
    hospital_no: str
    admission_no: str
    times: int
    name: str
    sex: str
    born_on: date | None
    phone: str
    id_no: str
    kin_name: str
    kin_relation: str
    kin_phone: str
    department: str
    ward: str
    doctor: str
    nurse: str
    admitted_on: date | None
    discharged_at: datetime
    outcome: str
    diagnosis: str
    icd10: str
    procedure: str
    procedure_on: date | None
    revisit_on: date | None
    medication: str
    risks: tuple[str, ...]
    private: bool
    residence: str = ""


@dataclass(frozen=True, slots=True)
class RowIssue:
    """What is wrong in a cell and what to do, in Chinese and without personal data. Row 0 is the file as a whole.
    `kept`: the row is imported all the same, without this cell."""

    row: int
    column: str
    message: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Discharges:
    """What a file held. `ignored` names columns that were not understood."""

    rows: tuple[DischargeRow, ...]
    issues: tuple[RowIssue, ...]
    ignored: tuple[str, ...] = ()

    @property
    def refused(self) -> int:
        """How many rows were not taken."""
        return len({issue.row for issue in self.issues if not issue.kept and issue.row > 0})
