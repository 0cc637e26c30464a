"""Settings: environment variables `SUIFANG_…`, then `.env`, then `suifang.toml`. What is wrong is said in Chinese."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

PREFIX = "SUIFANG_"
# read by the settings themselves or by the tests, not fields
OTHER_NAMES = frozenset({"SUIFANG_CONFIG", "SUIFANG_REQUIRE"})
WECHAT_API = "https://api.weixin.qq.com"
# files of the flows folder that are tables, not conversations
TABLES = frozenset({"red_flags", "complaints", "words", "ladders", "messages", "exclusions", "answers", "consent", "retention"})


class WrongSettings(Exception):
    """Settings that cannot be used. `lines` name each setting and what to do, in Chinese."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


def _address(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ValueError("应为 http:// 或 https:// 开头的网址，例如 https://suifang.example.cn")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """One hospital's settings. Paths are relative to the folder the program is started in."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    data_dir: Path = Field(Path("data"), description="存放数据库和密钥的文件夹")
    database_url: str = Field("", repr=False, description="数据库地址；不填则用数据文件夹里的 SQLite")
    key_file: Path | None = Field(None, description="加密密钥文件；不填则为数据文件夹里的 key")
    content: Path | None = Field(None, description="自备内容的文件夹，内有 flows 和 templates；不填则用随程序附带的")

    hospital: str = Field("", max_length=60, description="医院名称")
    hospital_phone: str = Field("", max_length=40, description="医院对外的电话")
    timezone: str = Field("Asia/Shanghai", description="时区")

    host: str = Field("127.0.0.1", description="监听的地址；对外请用反向代理")
    port: int = Field(8080, ge=0, le=65535, description="监听的端口，应为 0 到 65535 的整数")
    public_url: Address = Field("", description="患者和职工访问的网址")
    metrics_token: SecretStr = Field(SecretStr(""), description="从别的机器读取 /metrics 要带的令牌；不填则只有本机可读")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="日志级别，应为 debug、info、warning、error 之一"
    )
    tick: float = Field(2.0, ge=0.1, le=60, description="多少秒看一次有没有到期的事，应为 0.1 到 60 的数")

    wechat_appid: str = Field("", max_length=40, description="公众号的 AppID")
    wechat_secret: SecretStr = Field(SecretStr(""), description="公众号的 AppSecret")
    wechat_token: SecretStr = Field(SecretStr(""), description="公众号后台填写的令牌（Token）")
    wechat_aes_key: SecretStr = Field(SecretStr(""), description="消息加解密密钥（EncodingAESKey）")
    wechat_mode: Literal["plain", "compatible", "safe"] = Field(
        "safe", description="消息加解密方式，应为 plain（明文）、compatible（兼容）、safe（安全）之一"
    )
    wechat_api: Address = Field(WECHAT_API, description="微信接口的网址")
    wechat_templates: dict[str, str] = Field(default_factory=dict, description="模板消息的模板编号，例如 {follow_up = 'AbC…'}")
    wechat_subscriptions: dict[str, str] = Field(default_factory=dict, description="订阅通知的模板编号，写法同上")
    wechat_long_term: list[str] = Field(default_factory=list, description="其中属于长期订阅的，例如 ['follow_up']")
    wechat_medical: dict[str, int] = Field(
        default_factory=dict, description="微信就医助手（公立医院）各通知的 status，例如 {follow_up = 1505001}"
    )
    wechat_medical_business: int = Field(150, description="微信就医助手的 business_id")

    sms_folder: Path | None = Field(None, description="短信写进哪个文件夹，由医院的短信程序取走；不填则不发短信")
    sms_cost: int = Field(5, ge=0, le=1000, description="一条短信多少分钱")

    @field_validator("key_file", "content", "sms_folder", mode="before")
    @classmethod
    def _empty_is_not_given(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
            raise ValueError("应以 sqlite:/// 或 postgresql:// 开头，例如 postgresql://用户:密码@主机/库名")
        return value.replace("postgresql://", "postgresql+psycopg://", 1)

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("不认识这个时区，例如 Asia/Shanghai") from None
        return value

    @field_validator("wechat_aes_key")
    @classmethod
    def _whole_key(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and not (len(text) == 43 and text.isascii() and text.isalnum()):
            raise ValueError("应为 43 位字母和数字，请从公众号后台原样复制")
        return value

    @model_validator(mode="after")
    def _key_for_the_mode(self) -> Settings:
        if self.wechat_appid and self.wechat_mode != "plain" and not self.wechat_aes_key.get_secret_value():
            raise ValueError(f"{name_of('wechat_aes_key')}（消息加解密密钥）没有填，而 {name_of('wechat_mode')} 不是 plain")
        return self

    @property
    def database(self) -> str:
        """The database's URL; without a setting, a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'suifang.sqlite'}"

    @property
    def key(self) -> Path:
        """The file of the encryption key."""
        return self.key_file or self.data_dir / "key"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def flows(self) -> Path:
        """The folder of flows, protocols and word tables."""
        return self.content / "flows" if self.content else shipped("flows")

    @property
    def pages(self) -> Path:
        """The folder of page templates and static files."""
        return self.content / "templates" if self.content else shipped("templates")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, environment, .env, suifang.toml: the earlier wins."""
        ordered = (*sources, *(named[each] for each in ("init_settings", "env_settings", "dotenv_settings") if each in named))
        return (*ordered, TomlConfigSettingsSource(settings_cls, _file()))


def load(**given: Any) -> Settings:
    """The settings of this machine; `given` (from the command line) wins. Raises WrongSettings."""
    if "SUIFANG_CONFIG" in os.environ and not _file().is_file():
        raise WrongSettings([f"SUIFANG_CONFIG：找不到设置文件 {_file()}"])
    try:
        if strange := _misspelt():
            raise WrongSettings(f"{name}：没有这个设置，请检查拼写" for name in strange)
        return Settings(**given)
    except ValidationError as error:
        raise WrongSettings(_say(each) for each in error.errors(include_url=False, include_input=False)) from None
    except SettingsError as error:
        field = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        raise WrongSettings([f"{name_of(field)}：{_described(field)}；格式不对"]) from None
    except (ValueError, OSError) as error:
        raise WrongSettings([f"设置文件读不了：{error}"]) from None


def stray_variables() -> list[str]:
    """Environment variables that look like settings but are none."""
    known = OTHER_NAMES | {name_of(field) for field in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def name_of(field: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + field.upper()


def shipped(name: str) -> Path:
    """A folder of content: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).parent
    packaged = here / "content" / name
    return packaged if packaged.is_dir() else here.parent / name


def _file() -> Path:
    return Path(os.environ.get("SUIFANG_CONFIG", "suifang.toml"))


def _misspelt() -> list[str]:
    """Names in the files that are no settings."""
    table = TomlConfigSettingsSource(Settings, _file()).toml_data
    dotenv = DotEnvSettingsSource(Settings, env_file=".env", env_file_encoding="utf-8").env_vars
    variables = {name.upper() for name in dotenv if name.upper().startswith(PREFIX)}
    return sorted(
        (table.keys() - Settings.model_fields.keys()) | (variables - {name_of(field) for field in Settings.model_fields})
    )


def _say(error: Any) -> str:
    field = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "value_error":
        detail = str(error["ctx"]["error"])
        return f"{name_of(field)}：{detail}" if field else detail
    return f"{name_of(field)}：{_described(field)}"


def _described(field: str) -> str:
    info = Settings.model_fields.get(field)
    return info.description or "" if info else ""
