"""Spreadsheets and text files as rows of cells, whatever their names say they are."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import python_calamine

Row = list[Any]

MAX_BYTES = 30 * 2**20
MAX_UNPACKED = 500 * 2**20
MAX_ROWS = 100_000


class Unreadable(Exception):
    """The file cannot be read; the message (Chinese) says what it is and what to do."""


def tables(data: bytes) -> Iterator[Iterable[Row]]:
    """The sheets of a workbook, or the one table of a text file in each way its cells may be separated."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"文件超过{MAX_BYTES // 2**20}MB，请按日期分成几个文件")
    if not data.strip():
        raise Unreadable("文件是空的")
    if data.startswith(b"PK\x03\x04"):
        _check_size(data)
        yield from _workbook(data)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        yield from _workbook(data)
    else:
        yield from _separated(_text(data))


def _check_size(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OverflowError):
        raise Unreadable("文件已损坏，请重新导出") from None
    if not any(name.startswith("xl/") for name in names):
        raise Unreadable("这不是 Excel 文件，请导出为 .xlsx 或 .csv")
    if size > MAX_UNPACKED:
        raise Unreadable("文件展开后过大，请按日期分成几个文件")


def _workbook(data: bytes) -> Iterator[Iterable[Row]]:
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == python_calamine.SheetVisibleEnum.Visible and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        for name in visible:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height > MAX_ROWS + 20:
                raise Unreadable(f"超过{MAX_ROWS}行，请按日期分成几个文件")
            yield sheet.to_python(skip_empty_area=False)
    except python_calamine.PasswordError:
        raise Unreadable("文件有打开密码，请另存为无密码的 .xlsx") from None
    except (python_calamine.CalamineError, OSError, ValueError):
        raise Unreadable("文件已损坏或不是 Excel 文件，请重新导出为 .xlsx 或 .csv") from None


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data, "utf-16")
    if b"\0" in data[:4096] or data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf")):
        raise Unreadable("这不是表格文件，请导出为 .xlsx 或 .csv")
    if data.lstrip().lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"\xef\xbb\xbf<")):
        raise Unreadable("这其实是网页格式的文件，请用 Excel 打开后另存为 .xlsx")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decoded(data, "gb18030")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable("文字编码认不出来，请另存为“CSV UTF-8”或 .xlsx") from None


def _separated(text: str) -> Iterator[Iterable[Row]]:
    top = text[:4000]
    # the most frequent separator first: the header is full of it
    for mark in sorted(",\t;", key=lambda mark: -top.count(mark)):
        try:
            rows: list[Row] = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
        except csv.Error:
            raise Unreadable("文件内容不完整（引号不配对），请重新导出") from None
        if len(rows) > MAX_ROWS + 20:
            raise Unreadable(f"超过{MAX_ROWS}行，请按日期分成几个文件")
        yield rows
