"""Discharge lists as they come out of hospitals."""

import io
import time
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.his import cells
from bot.his.discharges import read
from bot.his.sample import discharge_list

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 21)
# invented: region 999999 is not given out
ID = "99999919800101001" + cells.check_sign("99999919800101001")
GOOD = {"住院号": "ZY001", "姓名": "张小样", "性别": "男", "科室": "骨科", "出院时间": "2026-11-18 10:30", "手机": "13800000001"}


def xlsx(*rows, header=tuple(GOOD)):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "remove_timezone": True}) as book:
        day = book.add_format({"num_format": "yyyy/m/d"})
        sheet = book.add_worksheet()
        for line, row in enumerate((header, *rows)):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(line, column, cell, day)
                else:
                    sheet.write(line, column, cell)
    return out.getvalue()


def comma(*rows, mark=",", encoding="utf-8"):
    return "\r\n".join(mark.join(row) for row in rows).encode(encoding)


def one(**changes):
    """The outcome of a list with one row, changed from a good one."""
    cells_ = {**GOOD, **changes}
    return read("list.xlsx", xlsx(tuple(cells_.values()), header=tuple(cells_)), today=TODAY)


def told(discharges):
    return [(issue.column, issue.kept) for issue in discharges.issues]


def test_a_whole_list_is_read():
    found = read("出院.xlsx", discharge_list(TODAY), today=TODAY)

    assert found.issues == found.ignored == ()
    assert len(found.rows) == 30
    assert len({row.department for row in found.rows}) == 5
    assert [row.outcome for row in found.rows[-3:]] == ["5", "4", "1"]
    assert found.rows[-1].private
    knee = next(row for row in found.rows if "膝" in row.procedure)
    assert (knee.department, knee.ward, knee.icd10) == ("骨科", "骨科一病区", "M17.1")
    assert knee.discharged_at.tzinfo == SHANGHAI
    assert knee.admitted_on < knee.procedure_on < knee.discharged_at.date() < knee.revisit_on
    assert discharge_list(TODAY) == discharge_list(TODAY)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_text_files_as_spreadsheets_write_them(encoding, mark):
    found = read(
        "a.csv", comma(tuple(GOOD), ("00123", "𠮷小样", "女", "产科", "2026/11/8", "138 0000 0002"), mark=mark, encoding=encoding)
    )

    assert found.issues == ()
    (row,) = found.rows
    assert (row.admission_no, row.name, row.sex, row.phone) == ("00123", "𠮷小样", "女", "13800000002")
    assert row.hospital_no == "00123"
    assert row.ward == "产科"
    assert row.discharged_at == datetime(2026, 11, 8, 12, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-11-18", (11, 18, 12, 0)),
        ("2026-1-8", (1, 8, 12, 0)),
        ("2026/11/18 9:05", (11, 18, 9, 5)),
        ("2026.11.18", (11, 18, 12, 0)),
        ("20261118", (11, 18, 12, 0)),
        (20261118, (11, 18, 12, 0)),
        ("202611180930", (11, 18, 9, 30)),
        ("2026年11月18日", (11, 18, 12, 0)),
        ("2026年1月8日 8时5分", (1, 8, 8, 5)),
        ("2026-11-18T09:30:00.000", (11, 18, 9, 30)),
        ("2026-11-18 00:00:00", (11, 18, 12, 0)),
        ("２０２６－１１－１８", (11, 18, 12, 0)),
        (date(2026, 11, 18), (11, 18, 12, 0)),
        (datetime(2026, 11, 18, 9, 30), (11, 18, 9, 30)),
        (46344, (11, 18, 12, 0)),
        (46344.5625, (11, 18, 13, 30)),
        ("46344", (11, 18, 12, 0)),
    ],
)
def test_a_day_in_many_writings(cell, expected):
    (row,) = one(出院时间=cell).rows
    assert (row.discharged_at.month, row.discharged_at.day, row.discharged_at.hour, row.discharged_at.minute) == expected
    assert row.discharged_at.year == 2026


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"姓名": ""}, "姓名"),
        ({"姓名": "样" * 61}, "姓名"),
        ({"住院号": ""}, "住院号"),
        ({"住院号": 2026110000012345678}, "住院号"),
        ({"住院号": "2.02611E+17"}, "住院号"),
        ({"科室": "  "}, "科室"),
        ({"出院时间": ""}, "出院时间"),
        ({"出院时间": "2026-02-30"}, "出院时间"),
        ({"出院时间": "11/18/2026"}, "出院时间"),
        ({"出院时间": "26-11-18"}, "出院时间"),
        ({"出院时间": "2026-11-18 25:00"}, "出院时间"),
        ({"出院时间": "昨天"}, "出院时间"),
        ({"出院时间": "2026-11-22"}, "出院时间"),
        ({"出院时间": 0.5}, "出院时间"),
        ({"入院时间": "2026-11-19"}, "入院时间"),
        ({"住院次数": "0"}, "住院次数"),
        ({"离院方式": "不知道"}, "离院方式"),
    ],
)
def test_what_decides_on_contact_must_be_right_or_the_row_is_refused(changes, column):
    found = one(**changes)

    assert found.rows == ()
    assert told(found) == [(column, False)]
    assert found.issues[0].row == 2
    assert found.refused == 1


@pytest.mark.parametrize(
    ("changes", "column", "field", "left"),
    [
        ({"身份证号": 110101198001010010}, "身份证号", "id_no", ""),
        ({"身份证号": "1.10101E+17"}, "身份证号", "id_no", ""),
        ({"身份证号": ID[:-1] + ("0" if ID[-1] != "0" else "1")}, "身份证号", "id_no", ""),
        ({"身份证号": "999999198002310010"}, "身份证号", "id_no", ""),
        ({"身份证号": "E1234567"}, "身份证号", "id_no", ""),
        ({"身份证号": ID, "出生日期": "1981-01-01"}, "身份证号", "id_no", ""),
        ({"身份证号": ID, "性别": "女"}, "身份证号", "id_no", ""),
        ({"手机": "1380000000"}, "手机", "phone", ""),
        ({"手机": "无"}, "手机", "phone", ""),
        ({"性别": "不清楚"}, "性别", "sex", "未知"),
        ({"出生日期": "2027-01-01"}, "出生日期", "born_on", None),
        ({"入院时间": "2026-11-10", "手术日期": "2026-11-09"}, "手术日期", "procedure_on", None),
        ({"手术日期": "2026-11-19"}, "手术日期", "procedure_on", None),
        ({"复诊日期": "2026-11-01"}, "复诊日期", "revisit_on", None),
        ({"主要诊断": "样" * 300}, "主要诊断", "diagnosis", "样" * 200),
    ],
)
def test_a_wrong_cell_beside_those_is_left_out_and_told(changes, column, field, left):
    found = one(**changes)

    assert told(found) == [(column, True)]
    assert getattr(found.rows[0], field) == left
    assert found.refused == 0


def test_messages_hold_no_personal_data():
    found = one(姓名="张" * 70, 身份证号="110101198001010011", 手机="1380000123", 出院时间="1380000456")
    text = str(found.issues)

    assert len(found.issues) == 4
    assert "张" not in text
    assert "1380000" not in text
    assert "1101" not in text


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"手机": 13800000003}, "phone", "13800000003"),
        ({"手机": "+86 138-0000-0003"}, "phone", "13800000003"),
        ({"手机": "１３８０００００００３"}, "phone", "13800000003"),
        ({"手机": "13800000003/13800000004"}, "phone", "13800000003"),
        ({"手机": "0571-00000000、13800000003"}, "phone", "13800000003"),
        ({"联系人电话": "0571-00000000"}, "kin_phone", "0571-00000000"),
        ({"身份证号": ID.lower()}, "id_no", ID),
        ({"身份证号": ID}, "born_on", date(1980, 1, 1)),
        ({"身份证号": ID, "性别": ""}, "sex", "男"),
        ({"性别": "2"}, "sex", "女"),
        ({"住院次数": 2}, "times", 2),
        ({"住院次数": "第3次"}, "times", 3),
        ({"离院方式": "死亡"}, "outcome", "5"),
        ({"离院方式": "5.死亡"}, "outcome", "5"),
        ({"离院方式": "自动出院"}, "outcome", "4"),
        ({"离院方式": 1}, "outcome", "1"),
        ({"离院方式": ""}, "outcome", "1"),
        ({"病案号": 123456}, "hospital_no", "123456"),
        ({"病案号": "'00123"}, "hospital_no", "00123"),
        ({"风险标签": "跌倒、压疮 跌倒"}, "risks", ("跌倒", "压疮")),
        ({"隐私标记": "否"}, "private", False),
        ({"隐私标记": "是"}, "private", True),
        ({"隐私标记": "精神科"}, "private", True),
        ({"主要诊断": "右膝\n骨关节炎"}, "diagnosis", "右膝 骨关节炎"),
    ],
)
def test_cells_as_people_write_them(changes, field, expected):
    found = one(**changes)

    assert found.issues == ()
    assert getattr(found.rows[0], field) == expected


def test_headers_as_hospitals_name_them():
    header = ("序号", "*病历号", "住院 号", "患者姓名", "出院科别", "出院日期（必填）：", "联系电话", "ICD-10", "备注")
    title = ("某医院出院患者一览表",)
    row = ("1", "B1", "ZY1", "李示安", "普外科", "20261118", "13800000005", "K35.8", "")
    found = read("a.csv", comma(title, (), header, row, ("合计：1人",), ("", "", "")))

    assert found.issues == ()
    assert (found.rows[0].hospital_no, found.rows[0].icd10, found.rows[0].number) == ("B1", "K35.8", 4)
    assert found.ignored == ("序号", "备注")


def test_missing_columns_are_named():
    found = read("a.csv", comma(("姓名", "性别", "手机"), ("张小样", "男", "13800000001")))

    assert found.rows == ()
    assert {issue.column for issue in found.issues} == {"科室", "出院时间", "住院号"}
    assert all("缺少" in issue.message for issue in found.issues)


def test_good_rows_are_kept_beside_bad_ones_and_all_faults_of_a_row_are_told():
    rows = [
        ("ZY1", "张小样", "男", "骨科", "2026-11-18", "1"),
        ("", "", "男", "骨科", "x", "2"),
        ("ZY3", "李示安", "女", "产科", "2026-11-17", ""),
    ]
    found = read("a.csv", comma(tuple(GOOD), *rows), today=TODAY)

    assert [row.number for row in found.rows] == [2, 4]
    assert [(issue.row, issue.column) for issue in found.issues] == [
        (2, "手机"),
        (3, "住院号"),
        (3, "姓名"),
        (3, "出院时间"),
        (3, "手机"),
    ]
    assert found.refused == 1


def test_the_same_stay_twice():
    first = ("ZY1", "张小样", "男", "骨科", "2026-11-18", "")
    found = read("a.csv", comma(tuple(GOOD), first, first, (*first[:4], "2026-11-19", "")))

    assert len(found.rows) == 1
    assert [issue.row for issue in found.issues] == [3, 4]
    assert "第2行是同一次住院，已略过" in found.issues[0].message
    assert "内容不同" in found.issues[1].message


def test_one_number_for_two_people():
    header = (*GOOD, "病案号")
    found = read(
        "a.csv",
        comma(
            header,
            ("ZY1", "张小样", "男", "骨科", "2026-11-18", "", "B1"),
            ("ZY2", "李示安", "女", "骨科", "2026-11-18", "", "B1"),
            ("ZY3", "张小样", "男", "骨科", "2026-11-18", "", "B1"),
        ),
    )

    assert [row.admission_no for row in found.rows] == ["ZY1", "ZY3"]
    assert told(found) == [("病案号", False)]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.xlsx", b"", "空的"),
        ("a.xlsx", b"PK\x03\x04 not a zip", "损坏"),
        ("a.xlsx", b"%PDF-1.7 ...", "不是表格文件"),
        ("a.xls", b"<html><table><tr><td>x</td></tr></table></html>", "网页"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "损坏"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "不是表格文件"),
        ("a.csv", "住院号,姓名".encode() + b"\xff\xff\xff", "编码"),
        ("a.csv", "今天天气不错".encode(), "表头"),
        ("a.csv", b'"unclosed,\n' * 3, "表头"),
    ],
)
def test_files_that_are_something_else(name, data, says):
    found = read(name, data)

    assert found.rows == ()
    assert [issue.row for issue in found.issues] == [0]
    assert says in found.issues[0].message


def test_a_word_document_is_not_a_workbook():
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert "不是 Excel" in read("a.xlsx", out.getvalue()).issues[0].message


def test_the_content_decides_not_the_name():
    assert len(read("list.csv", discharge_list(TODAY)).rows) == 30
    assert len(read("list.xlsx", comma(tuple(GOOD), ("ZY1", "张小样", "男", "骨科", "2026-11-18", ""))).rows) == 1


def test_the_list_may_be_on_another_sheet():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("说明").write(0, 0, "请看第二页")
        sheet = book.add_worksheet("出院")
        for column, (name, cell) in enumerate(GOOD.items()):
            sheet.write(0, column, name)
            sheet.write(1, column, cell)
    assert [row.name for row in read("a.xlsx", out.getvalue()).rows] == ["张小样"]


def test_fifty_thousand_rows_are_read_in_seconds():
    lines = [tuple(GOOD), *((f"ZY{n}", f"样{n}", "男", "骨科", "2026-11-18 10:30", f"138{n:08d}") for n in range(50_000))]
    began = time.process_time()
    found = read("a.csv", comma(*lines), today=TODAY)

    assert len(found.rows) == 50_000
    assert time.process_time() - began < 10


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda text: ("住院号,姓名,科室,出院时间\n" + text).encode("utf-8", "replace"))
)
def test_no_file_is_a_crash(data):
    found = read("a.csv", data)
    assert found.rows or found.issues


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.none() | st.text(max_size=30) | st.integers() | st.floats() | st.booleans() | st.datetimes() | st.dates(),
        min_size=26,
        max_size=26,
    )
)
def test_no_cell_is_a_crash(row):
    from bot.his.columns import OURS
    from bot.his.discharges import _List

    reading = _List({field: place for place, field in enumerate(OURS)}, SHANGHAI, TODAY)
    reading.take(2, row)
    for kept in reading.rows:
        assert kept.name
        assert kept.discharged_at.tzinfo
