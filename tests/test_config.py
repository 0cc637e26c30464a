"""Settings: where they come from, and what is said when one is wrong."""

import pytest

from bot import config


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder, and no settings of this machine."""
    monkeypatch.chdir(tmp_path)
    for name in config.Settings.model_fields:
        monkeypatch.delenv(config.name_of(name), raising=False)
    monkeypatch.delenv("SUIFANG_CONFIG", raising=False)
    return tmp_path


def test_without_any_setting_it_runs_on_sqlite_in_shanghai():
    settings = config.load()

    assert settings.database == "sqlite:///data/suifang.sqlite"
    assert (settings.timezone, settings.host, settings.port) == ("Asia/Shanghai", "127.0.0.1", 8080)
    assert (settings.flows / "README.md").parent.is_dir()
    assert settings.pages.is_dir()


def test_the_command_line_beats_the_environment_beats_env_file_beats_toml(here, monkeypatch):
    (here / "suifang.toml").write_text(
        'hospital = "甲"\nport = 1\nhost = "toml"\ntick = 5\n[wechat_templates]\ngreeting = "T"\n', "utf-8"
    )
    (here / ".env").write_text("SUIFANG_HOSPITAL=乙\nSUIFANG_PORT=2\nSUIFANG_HOST=dotenv\nOTHER_PROGRAM=1\n", "utf-8")
    monkeypatch.setenv("SUIFANG_HOSPITAL", "丙")
    monkeypatch.setenv("SUIFANG_PORT", "3")

    settings = config.load(hospital="丁")

    assert (settings.hospital, settings.port, settings.host, settings.tick) == ("丁", 3, "dotenv", 5.0)
    assert settings.wechat_templates == {"greeting": "T"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "八千", "SUIFANG_PORT：监听的端口，应为 0 到 65535 的整数"),
        ("PORT", "70000", "SUIFANG_PORT：监听的端口，应为 0 到 65535 的整数"),
        ("TIMEZONE", "Asia/Peking", "SUIFANG_TIMEZONE：不认识这个时区，例如 Asia/Shanghai"),
        ("TIMEZONE", "../etc/passwd", "SUIFANG_TIMEZONE：不认识这个时区，例如 Asia/Shanghai"),
        (
            "PUBLIC_URL",
            "suifang.example.cn",
            "SUIFANG_PUBLIC_URL：应为 http:// 或 https:// 开头的网址，例如 https://suifang.example.cn",
        ),
        ("DATABASE_URL", "mysql://a:hidden@b/c", "SUIFANG_DATABASE_URL：应以 sqlite:/// 或 postgresql:// 开头"),
        ("WECHAT_AES_KEY", "hidden", "SUIFANG_WECHAT_AES_KEY：应为 43 位字母和数字"),
        ("WECHAT_MODE", "aes", "SUIFANG_WECHAT_MODE：消息加解密方式，应为 plain（明文）、compatible（兼容）、safe（安全）之一"),
        ("WECHAT_TEMPLATES", "greeting=x", "SUIFANG_WECHAT_TEMPLATES：模板消息的模板编号"),
        ("WECHAT_APPID", "wx1", "SUIFANG_WECHAT_AES_KEY（消息加解密密钥）没有填，而 SUIFANG_WECHAT_MODE 不是 plain"),
        ("CONFIG", "nowhere.toml", "SUIFANG_CONFIG：找不到设置文件 nowhere.toml"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_should_be_and_never_quoted(monkeypatch, name, value, said):
    monkeypatch.setenv("SUIFANG_" + name, value)

    with pytest.raises(config.WrongSettings) as wrong:
        config.load()

    assert said in str(wrong.value)
    assert "hidden" not in str(wrong.value)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("suifang.toml", 'hospitl = "x"', "hospitl：没有这个设置，请检查拼写"),
        (".env", "SUIFANG_HOSPITL=x", "SUIFANG_HOSPITL：没有这个设置，请检查拼写"),
        ("suifang.toml", "[[[", "设置文件读不了"),
        ("suifang.toml", 'hospital = "\xff"'.encode("latin-1"), "设置文件读不了"),
    ],
)
def test_a_misspelt_setting_in_a_file_is_not_passed_over(here, file, text, said):
    (here / file).write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(config.WrongSettings, match=said):
        config.load()


def test_a_misspelt_variable_is_reported(monkeypatch):
    monkeypatch.setenv("SUIFANG_HOSPITL", "x")

    assert "SUIFANG_HOSPITL" in config.stray_variables()


def test_an_empty_path_is_none_given(monkeypatch):
    monkeypatch.setenv("SUIFANG_CONTENT", "")
    monkeypatch.setenv("SUIFANG_KEY_FILE", "")
    settings = config.load()

    assert (settings.content, settings.key_file) == (None, None)
    assert (settings.flows / "red_flags.yaml").is_file()


def test_the_usual_postgresql_address_gets_its_driver():
    assert config.load(database_url="postgresql://u@h/d").database == "postgresql+psycopg://u@h/d"


def test_secrets_do_not_show_when_settings_are_printed():
    settings = config.load(wechat_secret="geheim", wechat_token="geheim", database_url="postgresql://u:geheim@h/d")

    assert "geheim" not in repr(settings)
