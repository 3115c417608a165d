"""An installation starts with settings that fit together, or says everything that is wrong with them."""

import base64
from datetime import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import BadSettings, Settings, load
from bot.settings.__main__ import example

ROOT = Path(__file__).parent.parent
KEY = base64.b64encode(bytes(range(32))).decode()
TOKEN = "123456:not-a-real-token"

PRODUCTION = {
    "ENV": "production",
    "PUBLIC_URL": "https://onward.example.org",
    "ENCRYPTION_KEYS": f"a:{KEY}",
    "INDEX_KEY": KEY,
    "STAFF_PHONE": "+12155550123",
    "TELEGRAM_MODE": "polling",
    "TELEGRAM_TOKEN": TOKEN,
    "RIDE_API_BASE": "https://rides.example.com",
    "RIDE_CLIENT_ID": "onward-philadelphia",
    "RIDE_CLIENT_SECRET": "one",
    "RIDE_WEBHOOK_SECRETS": "two",
}


def problems(environ: dict[str, str], env_file: Path | None = None) -> dict[str, str]:
    with pytest.raises(BadSettings) as caught:
        load(environ, env_file)
    return caught.value.problems


def test_the_demo_needs_no_setting() -> None:
    settings = load({})
    assert (settings.env, settings.database_url) == ("demo", "sqlite:///var/onward.db")
    assert settings.simulator
    assert (settings.quiet_from, settings.quiet_to) == (time(20), time(9))


def test_production_with_its_own_keys_starts_without_the_demos_parts() -> None:
    settings = load(PRODUCTION)
    assert settings.encryption_keys == (("a", bytes(range(32))),)
    assert not settings.simulator
    assert settings.geocoder == "none"
    assert settings.has_telegram
    assert not settings.has_sms


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"ENV", "TELEGRAM_MODE"}))
def test_production_names_each_setting_it_misses(name: str) -> None:
    assert list(problems({k: v for k, v in PRODUCTION.items() if k != name})) == [name]


@pytest.mark.parametrize(
    "name,value,part",
    [
        ("PUBLIC_URL", "http://onward.example.org", "https://"),
        ("SIMULATOR", "true", "off in production"),
        ("GEOCODER", "sample", "sample data"),
        ("TELEGRAM_MODE", "off", "nobody could reach us"),
        ("RIDE_CLIENT_SECRET", "demo-ride-secret", "needed"),
    ],
)
def test_production_refuses_what_would_only_do_for_a_demo(name: str, value: str, part: str) -> None:
    assert part in " ".join(problems(PRODUCTION | {name: value}).values())


def test_production_refuses_a_demo_key_even_as_an_old_one() -> None:
    (_, demo_key) = Settings().encryption_keys[0]
    keys = f"a:{KEY},old:{base64.b64encode(demo_key).decode()}"
    assert "your own" in problems(PRODUCTION | {"ENCRYPTION_KEYS": keys})["ENCRYPTION_KEYS"]


@pytest.mark.parametrize(
    "name,value,said",
    [
        ("ENV", "prod", "must be demo, test or production"),
        ("PORT", "eighty", "must be a whole number"),
        ("PORT", "70000", "input should be less than or equal to 65535"),
        ("SIMULATOR", "perhaps", "must be true or false"),
        ("FARE_BASE_CENTS", "dear", "must be a whole number"),
        ("DATABASE_URL", "mysql://localhost/x", "must begin with sqlite:/// or postgresql://"),
        ("PUBLIC_URL", "onward.example.org", "must be a web address such as https://onward.example.org"),
        ("PROGRAMME_ZONE", "Philadelphia", "must be a time zone's name such as America/New_York"),
        ("PROGRAMME_ZONE", "../etc/passwd", "must be a time zone's name such as America/New_York"),
        ("QUIET_FROM", "8pm", "must be a time of day such as 20:00"),
        ("STAFF_PHONE", "215-555-0100", "must be a phone number such as +12155550100"),
        ("INDEX_KEY", "short", "is not base64"),
        ("INDEX_KEY", "ñ", "is not base64"),
        ("INDEX_KEY", "c2hvcnQ=", "must hold 32 random bytes in base64 (openssl rand -base64 32)"),
        (
            "ENCRYPTION_KEYS",
            KEY,
            "must be written id:base64, several parted by commas, the current one first",
        ),
        ("ENCRYPTION_KEYS", f"a:{KEY},a:{KEY}", "names one id twice"),
        ("TELEGRAM_WEBHOOK_SECRET", "two words", "may hold letters, digits, _ and - only (at most 256)"),
        ("TWILIO_ACCOUNT_SID", "SK0", "must be AC and 32 hexadecimal digits"),
        ("RIDE_PROVIDERS", "taxis", "must name some of guest_rides, guest_rides_2, manual, each once"),
        (
            "RIDE_PROVIDERS",
            "manual manual",
            "must name some of guest_rides, guest_rides_2, manual, each once",
        ),
        ("RIDE_CAPS", "lead=soon", "must have lead as 45m, 2h or 30d"),
        ("RIDE_CAPS", "flexible=1", "must have flexible as yes or no"),
        ("RIDE_CAPS", "lead=1h lead=2h", "names one thing twice"),
    ],
)
def test_a_bad_value_is_answered_in_plain_words(name: str, value: str, said: str) -> None:
    assert problems({name: value}) == {name: said}


def test_every_problem_is_named_at_once_and_no_secret_is_shown() -> None:
    bad = PRODUCTION | {
        "PORT": "x",
        "INDEX_KEY": "hush-hush",
        "PUBLIC_URL": "http://a.example",
        "TELEGRAM_TOKEN": "",
    }
    with pytest.raises(BadSettings) as caught:
        load(bad)
    assert caught.value.problems.keys() == {"PORT", "INDEX_KEY", "PUBLIC_URL", "TELEGRAM_TOKEN"}
    assert "hush" not in str(caught.value)
    assert all(name in str(caught.value) for name in caught.value.problems)


@pytest.mark.parametrize(
    "given,missing",
    [
        ({"TELEGRAM_MODE": "webhook", "TELEGRAM_TOKEN": TOKEN}, {"TELEGRAM_WEBHOOK_SECRET"}),
        ({"TELEGRAM_MODE": "polling"}, {"TELEGRAM_TOKEN"}),
        ({"TWILIO_ACCOUNT_SID": "AC" + "0" * 32}, {"TWILIO_AUTH_TOKENS", "TWILIO_FROM"}),
        ({"TWILIO_FROM": "+12155550100"}, {"TWILIO_ACCOUNT_SID"}),
        (
            {"RIDE_PROVIDERS": "guest_rides_2"},
            {"RIDE2_API_BASE", "RIDE2_CLIENT_ID", "RIDE2_CLIENT_SECRET"},
        ),
    ],
)
def test_half_a_channel_is_refused(given: dict[str, str], missing: set[str]) -> None:
    assert problems(given).keys() == missing


def test_several_tokens_and_keys_may_be_valid() -> None:
    settings = load(
        {
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKENS": "new, old",
            "TWILIO_FROM": "MG" + "a" * 32,
            "ENCRYPTION_KEYS": f"b:{KEY}, a:{KEY}",
        }
    )
    assert settings.twilio_auth_tokens == ("new", "old")
    assert [name for name, _ in settings.encryption_keys] == ["b", "a"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_hosts_postgresql_address_gets_our_driver(scheme: str) -> None:
    assert load({"DATABASE_URL": f"{scheme}://u:p@db/x"}).database_url == "postgresql+psycopg://u:p@db/x"


def test_the_environment_goes_over_the_file_and_empty_is_not_made(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("PORT=1\nHOST=0.0.0.0\nLOG_LEVEL=\n")
    settings = load({"PORT": "2"}, env_file)
    assert (settings.port, settings.host, settings.log_level) == (2, "0.0.0.0", "INFO")


def test_a_misspelt_name_in_the_file_stops_the_start(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("TELEGRAM_TOKN=1\nPOSTGRES_PASSWORD=2\n")
    assert problems({}, env_file) == {"TELEGRAM_TOKN": "is no setting; did you mean TELEGRAM_TOKEN?"}


def test_without_arguments_the_process_environment_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PORT=1234\n")
    monkeypatch.setenv("HOST", "::1")
    assert (load().port, load().host) == (1234, "::1")
    assert Settings().port == 8080


def test_settings_cannot_be_changed_and_hide_their_secrets() -> None:
    settings = load(PRODUCTION | {"DATABASE_URL": "postgresql://u:pass-word@db/x"})
    with pytest.raises(ValidationError, match="frozen"):
        setattr(settings, "port", 1)  # noqa: B010 - mypy knows better than to let it pass
    assert TOKEN not in repr(settings)
    assert "pass-word" not in repr(settings)
    assert repr(bytes(range(32)))[2:20] not in repr(settings)


def test_the_example_is_the_one_the_settings_write() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == example(), "run `make fix`"


def test_the_example_names_every_setting_with_its_sentence() -> None:
    lines = example().splitlines()
    for name, field in Settings.model_fields.items():
        assert field.description
        assert field.description.endswith(".")
        assert any(line.startswith(f"#{name.upper()}=") for line in lines)
