"""What one simulated official account is set up with."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.simulator.clock import Clock

Mode = Literal["plain", "compatible", "safe"]
NextDue = Callable[[], Awaitable[datetime | None]]
_FIELD = re.compile(r"(?:([^\n{}]*?)[：:]\s*)?\{\{\s*(\w+)\.DATA\s*\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A message template as the platform keeps it; `content` like `姓名：{{thing1.DATA}}`, one field a line."""

    id: str
    title: str
    content: str = ""

    def labels(self) -> list[tuple[str, str]]:
        """(key, label) of each field in order; `first` and `remark` are no longer shown by WeChat (since 2023-05-04)."""
        return [(key, label.strip()) for label, key in _FIELD.findall(self.content) if key not in ("first", "remark")]


@dataclass(slots=True)
class Options:
    """`callback_url` may be set later. `retries_by`: whose seconds pass between the deliveries of an unanswered push.
    `templates` empty: any template id is accepted. `ward_codes`: label to scene of QR codes that hang in the wards.
    `next_due` tells the page when the bot will next act."""

    appid: str = "wx0000000000000000"
    secret: str = "sim-secret"  # noqa: S105 - the simulator's own
    token: str = "sim-token"  # noqa: S105
    aes_key: str = ""
    mode: Mode = "plain"
    callback_url: str = ""
    account_name: str = "示例医院"
    account_id: str = "gh_suifang00001"
    verified: bool = True
    templates: tuple[Template, ...] = ()
    token_seconds: int = 7200
    push_timeout: float = 5.0
    push_delays: tuple[float, ...] = (0.0, 5.0, 10.0)
    retries_by: Literal["real", "simulated"] = "real"
    push_concurrency: int = 200
    finish_delay: float = 0.3
    daily_limits: Mapping[str, int] = field(default_factory=dict)
    ward_codes: Mapping[str, str] = field(default_factory=dict)
    oauth_domain: str = ""
    base_url: str = ""
    clock: Clock | None = None
    next_due: NextDue | None = None

    def __post_init__(self) -> None:
        if self.mode != "plain" and not re.fullmatch(r"[A-Za-z0-9]{43}", self.aes_key):
            raise ValueError("EncodingAESKey must be 43 letters and digits")
