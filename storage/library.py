"""What is published, and which lists were imported: for the pages that only show them."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import col, select

from storage.revisions import Revision
from storage.settings import Import
from storage.transaction import Tx


def published(tx: Tx) -> list[Revision]:
    """The latest revision of every flow, by flow."""
    latest = select(func.max(Revision.id)).group_by(Revision.flow)
    return list(tx.session.exec(select(Revision).where(col(Revision.id).in_(latest)).order_by(Revision.flow)))


def revision(tx: Tx, flow: str) -> Revision | None:
    """The latest revision of one flow."""
    return tx.session.exec(select(Revision).where(Revision.flow == flow).order_by(col(Revision.number).desc())).first()


def imports(tx: Tx, *, limit: int = 30) -> list[Import]:
    """The last imports, the newest first."""
    return list(tx.session.exec(select(Import).order_by(col(Import.at).desc(), col(Import.id).desc()).limit(limit)))


def one_import(tx: Tx, import_id: int) -> Import | None:
    return tx.session.get(Import, import_id)
