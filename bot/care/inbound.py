"""A message or event that came in, freed of WeChat's XML."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Inbound:
    """`key` identifies it for ever (message id, or openid, time, event and event key). `kind`: text, image, voice, video,
    location, link, event, unknown. For events `event` is WeChat's name in lower case and `event_key` its key without
    `qrscene_`. `tapped` is the id of a menu message's option that was tapped. `detail` keeps what else is worth keeping."""

    key: str
    openid: str
    account: str
    kind: str
    at: datetime
    text: str = ""
    media_id: str = ""
    event: str = ""
    event_key: str = ""
    tapped: str = ""
    detail: dict[str, str] = field(default_factory=dict)
