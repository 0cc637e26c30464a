"""The hospital's fixed texts and notices (flows/messages.yaml), compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.engine.texts import Text, TextError, compile_text

FIELD = 20  # characters that WeChat shows of a notice's field
# Every text that an act may say; a file that lacks one is refused at the start, not at three in the morning.
NEEDED = frozenset(
    {
        "welcome",
        "stranger",
        "unknown_code",
        "used_code",
        "ward_welcome",
        "ward_number",
        "ward_month",
        "ward_bound",
        "ward_unmatched",
        "ward_too_often",
        "prove_later",
        "prove_never",
        "agreed",
        "about_whom",
        "who_is_meant",
        "who_taken",
        "request_taken",
        "danger_l0",
        "danger_l1",
        "danger_other",
        "complaint_taken",
        "question_taken",
        "handed_to_person",
        "taken_over",
        "handed_back",
        "wrong_person",
        "wrong_person_sure",
        "stopped",
        "condolence",
        "readmitted",
        "transferred",
        "later",
        "later_at",
        "refused",
        "who_we_are",
        "calm",
        "media_image",
        "media_voice",
        "media_video",
        "location",
        "link",
        "file",
        "unsupported",
        "nothing_open",
        "approved_more",
        "piece_taken",
        "piece_more",
    }
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Notice(_Model):
    """A message template: WeChat's field names with what stands in them."""

    title: str
    fields: dict[str, str] = Field(min_length=1)


class Messages(_Model):
    """All of flows/messages.yaml. `nods` are small words that want no answer."""

    version: str
    approver: str
    texts: dict[str, str]
    notices: dict[str, Notice]
    nods: frozenset[str] = frozenset()


class Words:
    """Texts by name. Raises ValueError (Chinese) for a file that is not whole."""

    def __init__(self, data: Any, hospital: Mapping[str, str]) -> None:
        messages = Messages.model_validate(data)
        missing = NEEDED - messages.texts.keys()
        if missing:
            raise ValueError(f"messages.yaml 缺少这些文字：{'、'.join(sorted(missing))}")
        self.version = messages.version
        self.nods = messages.nods
        self._hospital = hospital
        self._texts = {key: _compiled(key, text) for key, text in messages.texts.items()}
        self._notices = {
            key: {name: _compiled(f"{key}.{name}", text) for name, text in notice.fields.items()}
            for key, notice in messages.notices.items()
        }
        self._written: dict[str, tuple[dict[str, Any], dict[str, str]]] = {}

    def say(self, key: str, **facts: Any) -> str:
        """A fixed text. Raises KeyError for a name that is not in NEEDED or the file."""
        return self._texts[key].render({**self._hospital, **facts}, {}).strip()

    def notice(self, key: str, **facts: Any) -> dict[str, Any]:
        """The body of a template message; a field is cut where WeChat would cut it."""
        kept = self._written.get(key)
        if kept is None or kept[0] != facts:  # a backlog is told the same, minute after minute
            known = {**self._hospital, **facts}
            fields = {name: text.render(known, {}).strip()[:FIELD] for name, text in self._notices[key].items()}
            kept = self._written[key] = (facts, fields)
        return {"template": key, "fields": dict(kept[1])}


def _compiled(key: str, text: str) -> Text:
    try:
        return compile_text(text)
    except TextError as error:
        raise ValueError(f"messages.yaml 里的 {key}：{error}") from error
