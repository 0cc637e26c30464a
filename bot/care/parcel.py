"""What delivery hands to the street, and what comes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

# sent: WeChat took it; retry: try again later; lane_shut: this way is closed, try another; contact_gone: the account no
# longer follows; operator: the hospital's settings are wrong; unknown: it may or may not have arrived
Outcome = Literal["sent", "retry", "lane_shut", "contact_gone", "operator", "unknown"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed Outbound row. `key` serves as the idempotency key where WeChat takes one. `body`: see `storage.messages`.
    `number` is the telephone's, for a text message alone; it is never shown."""

    id: int
    key: str
    contact_id: int
    openid: str
    lane: str
    body: dict[str, Any]
    attempts: int
    number: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The fate of a parcel. `retry_after` in seconds; `doubtful`: it may have arrived all the same."""

    outcome: Outcome
    errcode: int | None = None
    remote_id: str = ""
    retry_after: float | None = None
    error: str = ""
    doubtful: bool = False


Sender = Callable[[Parcel], Awaitable[Receipt]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A passive reply: the text of one bubble and the Outbound row that keeps it."""

    text: str
    outbound_id: int
