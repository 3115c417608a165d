"""Everything an installation decides, read once, checked whole.

The rule: `load` is the only reader of the environment and of `.env`; the rest of the program is handed one
frozen `Settings`. A start with bad settings names every fault at once, in plain words, and never prints a
secret. Demo and test run without a single setting; production refuses whatever would only do for a demo.

`values.py` reads one setting; `python -m bot.settings` prints `.env.example`.
"""

import base64
import os
from collections.abc import Iterator, Mapping
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.settings.values import (
    ClockTime,
    ClosedDays,
    DatabaseUrl,
    HookSecret,
    Key,
    Keys,
    MatchWeights,
    Phone,
    RideCaps,
    TwilioAccount,
    TwilioSender,
    WebAddress,
    Words,
    Zone,
    read_key,
)

Mode = Literal["demo", "test", "production"]

# Anybody can read these; production refuses them.
DEMO_ENCRYPTION_KEY = "b253YXJkIGRlbW8ga2V5LCBuZXZlciByZWFsIGxpZmU="
DEMO_INDEX_KEY = "b253YXJkIGRlbW8gaW5kZXgsIG5vdCBmb3IgbGl2ZXM="
DEMO_RIDE_SECRET = "demo-ride-secret"  # noqa: S105 - the stand-in's own, refused in production

RIDE_PROVIDERS = ("guest_rides", "guest_rides_2", "manual")


class BadSettings(Exception):
    """Settings that cannot be used: `problems` maps each setting's name to what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        lines = [f"  {name}: {problem}" for name, problem in self.problems.items()]
        super().__init__("\n".join(["These settings must be put right first:", *lines]))


# --- the settings ---------------------------------------------------------------------------------


def _secret(default: Any, description: str) -> Any:
    """Declare a field that no repr, log line or error message shows."""
    return Field(default, description=description, repr=False)


class Settings(BaseSettings):
    """One installation's decisions. Built from arguments alone; `load` reads the environment."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        arbitrary_types_allowed=True,
        validate_default=True,
    )

    # The installation
    env: Mode = Field(default="demo", description="What this is: demo, test or production.")
    public_url: WebAddress = Field(
        default="http://127.0.0.1:8080",
        description="Where people and providers reach us; webhook signatures are checked against it.",
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on; 0.0.0.0 behind a proxy.")
    port: int = Field(default=8080, ge=1, le=65535, description="The port to listen on.")
    worker_port: int = Field(
        default=0, ge=0, le=65535, description="The port onward worker answers GET /health on; 0 is none."
    )
    database_url: DatabaseUrl = _secret(
        "sqlite:///var/onward.db",
        "Where everything is remembered: sqlite:///file, or postgresql://user:password@host/name.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much is logged; no level logs what people write or who they are."
    )
    simulator: bool = Field(
        default=True, description="Serve the phone page at /phone; off in production, where it is refused."
    )

    # Keys
    encryption_keys: Keys = _secret(
        (("demo", base64.b64decode(DEMO_ENCRYPTION_KEY)),),
        "Keys of the encrypted columns as id:base64 (32 bytes), parted by commas; the first encrypts.",
    )
    index_key: Key = _secret(
        base64.b64decode(DEMO_INDEX_KEY),
        "Key of the index over encrypted columns, base64 (32 bytes); a new one needs a new index.",
    )

    # The programme
    programme_name: str = Field(
        default="Onward",
        min_length=1,
        max_length=20,
        description="The name texts are signed with; at most 20 letters.",
    )
    programme_zone: Zone = Field(
        default=ZoneInfo("America/New_York"),
        description="The time zone used where neither interview nor person has one.",
    )
    staff_hours: str = Field(default="Mon-Fri 9-5", description="When caseworkers answer, as texts say it.")
    staff_closed: ClosedDays = Field(
        default=("federal",),
        description="Days on which no caseworker works: federal (US holidays) and dates such as 2027-12-24.",
    )
    staff_phone: Phone = Field(
        default="+12155550199", description="The number people may call; a call to our own number is told it."
    )
    taxi_phone: Phone | None = Field(
        default=None,
        description="A taxi that comes at any hour: people are told its number when nobody of us is awake.",
    )
    ask_again_after_days: int = Field(
        default=60,
        ge=1,
        description="After so many days without a word a number may be another's: we ask before we say more.",
    )
    quiet_from: ClockTime = Field(
        default=time(20), description="From this time of a person's day we start no text."
    )
    quiet_to: ClockTime = Field(
        default=time(9), description="Until this time of a person's day we start no text."
    )
    flows_dir: Path | None = Field(
        default=None, description="A folder of flows to use instead of the shipped ones (flows/content)."
    )
    geocoder: Literal["sample", "census", "none"] = Field(
        default="sample",
        description="What finds a typed place: census (the US Census Bureau's public service), sample "
        "(made-up data) or none (a caseworker does).",
    )
    census_api_base: WebAddress = Field(
        default="https://geocoding.geo.census.gov/geocoder",
        description="Where the Census geocoder is reached; addresses go there without a name or a number.",
    )
    census_benchmark: str = Field(
        default="Public_AR_Current", description="Which edition of the Census map is asked."
    )

    # Telegram
    telegram_mode: Literal["off", "polling", "webhook"] = Field(
        default="off", description="How Telegram texts reach us: webhook, polling, or off."
    )
    telegram_token: str = _secret("", "The bot's token from @BotFather.")
    telegram_webhook_secret: HookSecret = _secret("", "The word Telegram must send with every webhook.")
    telegram_api_base: WebAddress = Field(
        default="https://api.telegram.org", description="Where the Telegram Bot API is reached."
    )
    telegram_per_second: float = Field(
        default=30, gt=0, description="Texts a second that Telegram takes from one bot."
    )
    telegram_chat_per_second: float = Field(
        default=1, gt=0, description="Texts a second that Telegram takes for one chat, after the first three."
    )

    # SMS by Twilio
    twilio_account_sid: TwilioAccount = Field(
        default="", description="The Twilio account, AC…; empty means no SMS."
    )
    twilio_auth_tokens: Words = _secret(
        (), "The account's auth tokens; the first sends, each may have signed a webhook (for rotation)."
    )
    twilio_from: TwilioSender = Field(
        default="", description="The number texts come from, or a messaging service MG…."
    )
    twilio_api_base: WebAddress = Field(
        default="https://api.twilio.com", description="Where Twilio's REST API is reached."
    )
    sms_number: Literal["10dlc", "toll_free", "short_code"] = Field(
        default="10dlc",
        description="What kind of number texts come from: 10dlc (3.75 a second), toll_free (3) "
        "or short_code (100).",
    )
    sms_per_second: float = Field(
        default=0,
        ge=0,
        description="Parts of texts a second, where another pace is agreed; 0: by SMS_NUMBER.",
    )
    sms_a_day: int = Field(
        default=0,
        ge=0,
        description="Parts of texts a day that carriers take from us, Pacific time; 0: no limit.",
    )
    twilio_answers_carrier_words: bool = Field(
        default=True, description="Whether Twilio itself answers STOP, START and HELP; if not, we do."
    )

    # Rides
    ride_providers: Words = Field(
        default=("guest_rides",),
        description="Who sends cars, the preferred one first: guest_rides, guest_rides_2, and manual (staff "
        "or volunteers book by hand at /staff/rides).",
    )
    ride_api_base: WebAddress = Field(
        default="http://127.0.0.1:8090",
        description="Where the ride provider's API is reached; the demo starts a stand-in.",
    )
    ride_client_id: str = Field(default="demo", description="Our client id at the ride provider.")
    ride_client_secret: str = _secret(DEMO_RIDE_SECRET, "Our client secret at the ride provider.")
    ride_webhook_secrets: Words = _secret(
        (DEMO_RIDE_SECRET,), "The keys the ride provider may sign its webhooks with (several, for rotation)."
    )
    ride_caps: RideCaps = Field(
        default=(),
        description="What this account can do where it differs from the usual: lead=30m horizon=30d "
        "free_cancel=60m flexible=yes idempotent=no webhooks=yes texts_rider=yes child_seats=no max_miles=75 "
        "rate_per_hour=200.",
    )
    ride2_api_base: WebAddress = Field(
        default="", description="A second company of the same dialect (guest_rides_2): where its API is."
    )
    ride2_client_id: str = Field(default="", description="Our client id at the second company.")
    ride2_client_secret: str = _secret("", "Our client secret at the second company.")
    ride2_webhook_secrets: Words = _secret((), "The keys the second company may sign its webhooks with.")
    ride2_caps: RideCaps = Field(
        default=(), description="What our account at the second company can do, written as in RIDE_CAPS."
    )
    manual_ride_caps: RideCaps = Field(
        default=(),
        description="What staff and volunteers take on, as in RIDE_CAPS; usual: lead=3h horizon=60d "
        "free_cancel=2h. Half the lead before the pick-up a ride nobody took goes to the next company.",
    )
    manual_ride_send_minutes: int = Field(
        default=20,
        ge=1,
        description="How many minutes staff have to send the car home somebody asked for; then it is lost.",
    )
    ride_fee_limit_cents: int = Field(
        default=1000,
        ge=0,
        description="A late cancellation's fee up to this many cents is paid; above it staff are asked.",
    )
    fare_base_cents: int = Field(
        default=300, ge=0, description="Our own estimate of a fare: its start, in cents."
    )
    fare_per_mile_cents: int = Field(
        default=180, ge=0, description="Our own estimate of a fare: each mile, in cents."
    )
    fare_per_minute_cents: int = Field(
        default=35, ge=0, description="Our own estimate of a fare: each minute, in cents."
    )
    fare_booking_fee_cents: int = Field(
        default=250, ge=0, description="Our own estimate of a fare: the booking fee, in cents."
    )
    fare_minimum_cents: int = Field(
        default=900, ge=0, description="Our own estimate of a fare: never below, in cents."
    )

    # Jobs
    jobs_hosts: Words = Field(
        default=(),
        description="Hosts that feeds and pages of jobs may be fetched from; empty is none.",
    )
    jobs_most_mb: int = Field(
        default=200, ge=1, description="The largest file or feed of jobs that is read, in megabytes."
    )
    jobs_most_rows: int = Field(
        default=100_000, ge=1, description="The most jobs that one file or feed may bring."
    )
    match_weights: MatchWeights = Field(
        default=(),
        description="Points of the lines of a job's score where they differ from the usual (work=22 "
        "travel=10 week4=20 policy=14 hours=12 pay=16 ready=11.2 learned=15).",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    def model_post_init(self, context: Any) -> None:
        if problems := dict(_contradictions(self)):
            raise BadSettings(problems)

    @property
    def has_sms(self) -> bool:
        """Say whether texts go out by Twilio."""
        return bool(self.twilio_account_sid)

    @property
    def has_telegram(self) -> bool:
        """Say whether texts go out by Telegram."""
        return self.telegram_mode != "off"


def _contradictions(given: Settings) -> Iterator[tuple[str, str]]:
    """Name what no single setting shows: parts that need each other, and what production may not do."""
    if given.has_telegram and not given.telegram_token:
        yield "TELEGRAM_TOKEN", f"is needed when TELEGRAM_MODE is {given.telegram_mode}"
    if given.telegram_mode == "webhook" and not given.telegram_webhook_secret:
        yield "TELEGRAM_WEBHOOK_SECRET", "is needed when TELEGRAM_MODE is webhook"
    if given.has_sms and not any(given.twilio_auth_tokens):
        yield "TWILIO_AUTH_TOKENS", "is needed with TWILIO_ACCOUNT_SID"
    if given.has_sms and not given.twilio_from:
        yield "TWILIO_FROM", "is needed with TWILIO_ACCOUNT_SID"
    if given.twilio_from and not given.has_sms:
        yield "TWILIO_ACCOUNT_SID", "is needed with TWILIO_FROM"
    yield from _ride_contradictions(given)
    if given.env == "production":
        yield from _unfit_for_production(given)


def _ride_contradictions(given: Settings) -> Iterator[tuple[str, str]]:
    chosen = given.ride_providers
    if not chosen or set(chosen) - set(RIDE_PROVIDERS) or len(set(chosen)) < len(chosen):
        yield "RIDE_PROVIDERS", f"must name some of {', '.join(RIDE_PROVIDERS)}, each once"
    if "guest_rides_2" in chosen:
        for name in ("ride2_api_base", "ride2_client_id", "ride2_client_secret"):
            if not getattr(given, name):
                yield name.upper(), "is needed when RIDE_PROVIDERS names guest_rides_2"


def _unfit_for_production(given: Settings) -> Iterator[tuple[str, str]]:
    if not given.public_url.startswith("https://"):
        yield "PUBLIC_URL", "must begin with https:// in production"
    if any(key == read_key(DEMO_ENCRYPTION_KEY) for _, key in given.encryption_keys):
        yield "ENCRYPTION_KEYS", "must be your own in production, not the demo's (see .env.example)"
    if given.index_key == read_key(DEMO_INDEX_KEY):
        yield "INDEX_KEY", "must be your own in production, not the demo's (openssl rand -base64 32)"
    if given.simulator:
        yield "SIMULATOR", "must be off in production"
    if given.geocoder == "sample":
        yield "GEOCODER", "must not be the sample data in production"
    if not given.has_sms and not given.has_telegram:
        yield "TWILIO_ACCOUNT_SID", "or TELEGRAM_MODE is needed in production: nobody could reach us"
    if "staff_phone" not in given.model_fields_set:
        yield "STAFF_PHONE", "is needed in production"
    for name in ("ride_api_base", "ride_client_id", "ride_client_secret", "ride_webhook_secrets"):
        if (
            "guest_rides" in given.ride_providers
            and getattr(given, name) == Settings.model_fields[name].default
        ):
            yield name.upper(), "is needed in production"


# --- reading them all -----------------------------------------------------------------------------


def load(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Read the settings from `environ` (the process's own) over `env_file` (`.env` beside it, if any).

    Raise BadSettings that names every missing, bad or misspelt setting at once.
    """
    if environ is None:
        environ, env_file = os.environ, env_file or Path(".env")
    in_file = {k.upper(): v or "" for k, v in dotenv_values(env_file).items()} if env_file else {}
    problems = dict(_misspelt(in_file))
    given = _given({k: v for k, v in in_file.items() if k not in problems} | dict(environ))
    try:
        settings = Settings(**given)
    except BadSettings as error:
        problems |= error.problems
    except ValidationError as error:
        problems |= (bad := dict(_plainly(error)))
        problems |= _rest(given, bad)
    if problems:
        raise BadSettings(problems)
    return settings


def _given(texts: Mapping[str, str]) -> dict[str, Any]:
    """Pick our settings out of the texts; an empty text is a setting not made."""
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): text for name, text in texts.items() if text}
    given = source()
    if given.get("env", "demo").strip() == "production":
        given = {"simulator": False, "geocoder": "none"} | given
    return given


def _rest(given: Mapping[str, Any], bad: Mapping[str, str]) -> dict[str, str]:
    """Find what else is wrong besides the settings that could not be read."""
    try:
        Settings(**{name: value for name, value in given.items() if name.upper() not in bad})
    except BadSettings as error:
        return {name: problem for name, problem in error.problems.items() if name not in bad}
    return {}


def _misspelt(in_file: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name what was nearly a setting; other programs may keep theirs in the same file."""
    known = [name.upper() for name in Settings.model_fields]
    for name in in_file.keys() - set(known):
        if near := get_close_matches(name, known, n=1, cutoff=0.85):
            yield name, f"is no setting; did you mean {near[0]}?"


def _plainly(error: ValidationError) -> Iterator[tuple[str, str]]:
    for fault in error.errors():
        yield str(fault["loc"][0]).upper(), _sentence(fault["type"], fault["msg"], fault.get("ctx", {}))


def _sentence(kind: str, message: str, context: Mapping[str, Any]) -> str:
    match kind:
        case "int_parsing" | "int_from_float" | "int_type":
            return "must be a whole number"
        case "float_parsing" | "float_type":
            return "must be a number"
        case "bool_parsing" | "bool_type":
            return "must be true or false"
        case "literal_error":
            return f"must be {context['expected'].replace(chr(39), '')}"
        case "value_error":
            return str(context["error"])
        case _:
            return message[:1].lower() + message[1:]
