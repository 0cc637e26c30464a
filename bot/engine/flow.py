"""The grammar of a conversation: what may stand in a flow file (in Chinese: flows/README.md)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from keyword import iskeyword
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

END = "end"
TEXT_MAX = 600  # characters of one WeChat bubble
DEFAULT_EXPIRE = timedelta(hours=24)
RESERVED = frozenset(
    {END, "patient", "and", "or", "not", "in", "is", "if", "else", "true", "false", "yes", "no", "none", "loop", "self", "shown"}
)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST = timedelta(days=60)

Place = tuple[str | int, ...]  # where in the file: ("nodes", 2, "route", 0, "go")


def duration(value: str | timedelta) -> timedelta:
    """30m, 4h or 2d as time. Raises PydanticCustomError (a ValueError) with Chinese words."""
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", value.strip()) if isinstance(value, str) else None
    if not found:
        raise PydanticCustomError("bad_duration", "时长要写成 30m、4h 或 2d 这样")
    time = timedelta(**{UNITS[found[2]]: int(found[1])})
    if time > LONGEST:
        raise PydanticCustomError("bad_duration", "时长不能超过 60d")
    return time


def _identifier(value: str) -> str:
    if not value.isidentifier() or len(value) > 60:
        raise PydanticCustomError("bad_id", "编号只能用字母、数字和下划线，不以数字开头，最多60个字")
    return value


def _name(value: str) -> str:
    if _identifier(value).lower() in RESERVED or iskeyword(value):
        raise PydanticCustomError("bad_id", "这个词有别的用处，不能做编号")
    return value


def _flow_id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,59}", value):
        raise PydanticCustomError("bad_id", "话术编号只能用英文字母、数字、下划线和连字符，以字母开头，最多60个字")
    return value


def _texts(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise PydanticCustomError("not_a_number", "这里要写数字")
    return value


def literal(text: str) -> str | float | bool:
    """A `set` value as the author means it: 3 is a number, true and false are yes and no, all else is text."""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?[0-9]{1,15}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?[0-9]{1,15}\.[0-9]{1,15}", text) else text


_WORDS_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_TIME_SCHEMA = {"type": "string", "pattern": "^[1-9][0-9]{0,4}[mhd]$", "examples": ["30m", "4h", "2d"]}

Duration = Annotated[timedelta, BeforeValidator(duration), WithJsonSchema(_TIME_SCHEMA)]
Name = Annotated[str, AfterValidator(_name)]
OptionId = Annotated[str, AfterValidator(_identifier)]
Text = Annotated[str, Field(min_length=1)]
Number = Annotated[float, AfterValidator(_finite)]
Labels = Annotated[tuple[Text, ...], BeforeValidator(_texts), Field(min_length=1), WithJsonSchema(_WORDS_SCHEMA)]
Value = Annotated[str, AfterValidator(literal), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Words = Annotated[tuple[Text, ...], BeforeValidator(_texts), WithJsonSchema(_WORDS_SCHEMA)]
Level = Literal["L0", "L1", "L2", "L3"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Answer(_Part):
    about: Words = Field(default=(), description="话题词：患者没被问到就提起时，凭这些词认出说的是这一题")


class ChoiceAnswer(_Answer):
    type: Literal["choice", "multichoice"]
    options: Mapping[OptionId, Labels] = Field(description="选项编号: [给患者看的词, 也认的词…]")


class NumberAnswer(_Answer):
    type: Literal["number"]
    min: Number | None = Field(default=None, description="最小值")
    max: Number | None = Field(default=None, description="最大值")
    unit: str = Field(default="", description="单位，如 度")
    words: Mapping[Number, Labels] = Field(default={}, description="用话说的数值，如 0: [没有]")


class ScaleAnswer(_Answer):
    type: Literal["scale"]
    min: Number = Field(default=0, description="最低分，不写是 0")
    max: Number = Field(default=10, description="最高分，不写是 10")
    unit: str = Field(default="分", description="单位")
    words: Mapping[Number, Labels] = Field(default={}, description="用话说的分数，如 0: [不疼, 不痛]")


class PlainAnswer(_Answer):
    type: Literal["yesno", "date", "text", "feedback", "image"]


Answer = Annotated[ChoiceAnswer | NumberAnswer | ScaleAnswer | PlainAnswer, Field(discriminator="type")]


class Escalate(_Part):
    level: Level = Field(description="L0 最急，L3 最缓")
    reason: Text = Field(description="给医护人员看的原因")


class Route(_Part):
    if_: Text | None = Field(default=None, alias="if", description="条件，如 wound == 'red'；不写就是其余情况")
    go: Text = Field(description="去哪个节点，end 是结束")


class Alarm(_Part):
    if_: Text = Field(alias="if", description="条件，如 temperature >= 38.5")
    level: Level = Field(description="L0 最急，L3 最缓")
    reason: Text = Field(description="给医护人员看的原因")
    go: Text | None = Field(default=None, description="触发后转到哪个节点")


class Node(_Part):
    """The order inside a node: set, say, escalate, use, ask, then route, go or the next node."""

    id: Name = Field(description="节点编号，也是这一题回答的名字")
    set: Mapping[Name, Value] = Field(default={}, description="记下固定的值")
    say: Text | None = Field(default=None, description="说的话")
    escalate: Escalate | None = Field(default=None, description="交给人：开一张工单")
    use: Text | None = Field(default=None, description="先走完另一份话术，再回到这里")
    ask: Text | None = Field(default=None, description="提问")
    answer: Answer | None = Field(default=None, description="怎样的回答")
    hint: Text | None = Field(default=None, description="没看明白时再问一次的话")
    route: tuple[Route, ...] = Field(default=(), description="按条件去不同的节点，从上往下第一个符合的")
    go: Text | None = Field(default=None, description="去哪个节点，end 是结束；不写就到下一个节点")
    otherwise: Text | None = Field(default=None, description="这一题听不懂、不回复、出错时去哪")
    remind_after: Duration | None = Field(default=None, description="这一题多久没回复提醒一次")
    expire_after: Duration | None = Field(default=None, description="这一题多久没回复就结束")


class Flow(_Part):
    """A conversation. `place` tells where in the file a part stands."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="随访话术")

    id: Annotated[str, AfterValidator(_flow_id)] = Field(description="话术编号")
    title: Text = Field(description="名称，给医护人员看")
    note: str = Field(default="", description="说明，不发给患者")
    remind_after: Duration | None = Field(default=None, description="多久没回复提醒一次")
    expire_after: Duration = Field(default=DEFAULT_EXPIRE, description="多久没回复就结束，不写是 24h")
    otherwise: Text | None = Field(default=None, description="听不懂、不回复、出错时去哪个节点")
    alarms: tuple[Alarm, ...] = Field(default=(), max_length=100, description="红线：每答一题就核对")
    nodes: tuple[Node, ...] = Field(min_length=1, max_length=300, description="节点，从第一个开始")

    _marks: dict[Place, tuple[int, int]] = PrivateAttr(default_factory=dict)

    def place(self, *path: str | int) -> tuple[int, int]:
        """Line and column of a part, or of the nearest part around it."""
        while path and path not in self._marks:
            path = path[:-1]
        return self._marks.get(path, (1, 1))


def schema() -> dict[str, Any]:
    """The grammar as JSON Schema, for completion in editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Flow.model_json_schema(by_alias=True)}
