"""WeChat's access token, shared by all processes through the table `access_token`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlmodel import col

from storage.hot import Hot
from storage.settings import AccessToken
from storage.transaction import Tx

_HELD = Hot(select(col(AccessToken.token), col(AccessToken.expires_at)).where(col(AccessToken.appid) == bindparam("appid_")))
_KEEP = Hot(
    lambda insert: (
        statement := insert(AccessToken).values({name: bindparam(name) for name in ("appid", "token", "expires_at")})
    ).on_conflict_do_update(
        index_elements=["appid"],
        set_={"token": statement.excluded.token, "expires_at": statement.excluded.expires_at},
    )
)


def held(tx: Tx, appid: str) -> tuple[str, datetime] | None:
    """The account's token and when it ends, if one was ever kept."""
    row = tx.one(_HELD, appid_=appid)
    return (row[0], row[1]) if row else None


def keep(tx: Tx, appid: str, token: str, expires_at: datetime) -> None:
    """Keep the account's newest token in place of the one before."""
    tx.run(_KEEP, appid=appid, token=token, expires_at=expires_at)
