"""The hospital's fixed texts and notices (flows/messages.yaml), compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.engine.texts import Text, TextError, compile_text
from bot.rules import fields

SMS = 200  # characters; longer ones are dear and look like fraud
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
        "last_word",
        "piece_taken",
        "piece_more",
    }
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Notice(_Model):
    """A notice in WeChat's short fields. `template` names the template that it is sent by, where that is another's; `medical` are
    the fields of 微信就医助手, `sms` the words of a text message, for hospitals that use these."""

    title: str
    template: str = ""
    fields: dict[str, str] = Field(min_length=1)
    medical: dict[str, str] = {}
    sms: str = ""


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
        self.notices = messages.notices
        if "last" not in self.notices:
            raise ValueError("messages.yaml 缺少通知 last（几次没有回复以后的最后一条）")
        self._notices = {
            (key, way): {name: _compiled(f"{key}.{name}", text) for name, text in fields.items()}
            for key, notice in messages.notices.items()
            for way, fields in (("template", notice.fields), ("medical", notice.medical), ("sms", {"text": notice.sms}))
        }
        self._written: dict[tuple[str, str], tuple[dict[str, Any], dict[str, str]]] = {}

    def say(self, key: str, **facts: Any) -> str:
        """A fixed text. Raises KeyError for a name that is not in NEEDED or the file."""
        return self._texts[key].render({**self._hospital, **facts}, {}).strip()

    def template(self, key: str) -> str:
        """The name of the WeChat template that a notice is sent by."""
        return self.notices[key].template or key

    def notice(self, key: str, way: str = "template", **facts: Any) -> dict[str, Any]:
        """The body of a notice; a field is cut where WeChat would cut it."""
        kind = way if way in ("medical", "sms") else "template"
        kept = self._written.get((key, kind))
        if kept is None or kept[0] != facts:  # a backlog is told the same, minute after minute
            known = {**self._hospital, **facts}
            texts = self._notices[key, kind].items()
            written = {name: text.render(known, {}).strip() for name, text in texts}
            if kind != "sms":
                written = {name: fields.cut(name, " ".join(text.split())) for name, text in written.items()}
            kept = self._written[key, kind] = (facts, written)
        if kind == "sms":
            return {"text": kept[1]["text"]}
        return {"template": self.template(key), "fields": dict(kept[1])}

    def too_long(self) -> list[str]:
        """Which fields of notices WeChat would cut, in Chinese: for who publishes them."""
        known = {**self._hospital, "day": "2026年12月31日 23:59", "url": "https://suifang.example.cn/t/" + "0" * 24}
        found = []
        for (key, way), texts in self._notices.items():
            for name, text in texts.items():
                said = text.render(known, {}).strip()
                if way == "sms":
                    wrong = f"短信有{len(said)}个字，最多{SMS}个" if len(said) > SMS else None
                else:
                    wrong = fields.too_long(name, said)
                if wrong:
                    found.append(f"通知 {key}：{wrong}")
        return found


def _compiled(key: str, text: str) -> Text:
    try:
        return compile_text(text)
    except TextError as error:
        raise ValueError(f"messages.yaml 里的 {key}：{error}") from error
