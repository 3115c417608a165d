"""SMS by Twilio in its own ways: signatures, opt-outs, photos, callbacks, calls, looking before a resend."""

import base64
import hashlib
import hmac
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import run
from sys import executable
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.responses import Response

from bot.channels.base import (
    PHOTO_LIMIT,
    CannotTell,
    Found,
    Inbound,
    NoPhoto,
    NotFound,
    Outbound,
    Photo,
    PhotoAnswer,
    PhotoRef,
    Rejected,
    StatusUpdate,
    TryLater,
    Unknown,
)
from bot.channels.forms import spelled
from bot.channels.sms import Sms
from tests.channels.conftest import PUBLIC, Rig, mounted, now
from tests.wire import twilio as rest
from tests.wire.server import Fault

PHONE = "+15555550101"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def post(
    rig: Rig, form: dict[str, str], path: str = "/twilio/sms", public: str = PUBLIC, token: str = rest.TOKEN
) -> int:
    body, headers = rest.signed(public + path, form, token)
    return (await rig.web.post(path, content=body, headers=headers)).status_code


async def said(rig: Rig, **fields: str) -> Inbound:
    assert await post(rig, rest.sms_form(PHONE, fields.pop("Body", ""), **fields)) == 200
    return rig.sink.inbound[-1]


# --- who may knock ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/twilio/sms", "/twilio/status", "/twilio/voice"])
@pytest.mark.parametrize("signature", [None, "", "wrong", "AAAA" * 7, "é"])
async def test_badly_signed_is_403(sms_rig: Rig, path: str, signature: str | None) -> None:
    headers: dict[Any, Any] = dict(FORM)
    if signature is not None:
        headers = {b"X-Twilio-Signature": signature.encode(), b"Content-Type": FORM["Content-Type"].encode()}
    body = urlencode(rest.sms_form(PHONE, "hello"))

    answer = await sms_rig.web.post(path, content=body, headers=headers)

    assert answer.status_code == 403
    assert (sms_rig.sink.inbound, sms_rig.sink.updates) == ([], [])


async def test_a_changed_field_breaks_the_signature(sms_rig: Rig) -> None:
    form = rest.sms_form(PHONE, "hello")
    _, headers = rest.signed(f"{PUBLIC}/twilio/sms", form)

    changed = urlencode(form | {"From": "+15555550999"}).encode()

    assert (await sms_rig.web.post("/twilio/sms", content=changed, headers=headers)).status_code == 403


async def test_it_is_the_public_address_that_was_signed(sms_rig: Rig) -> None:
    form = rest.sms_form(PHONE, "hello")

    assert await post(sms_rig, form, public="http://test") == 403  # what this server sees
    assert await post(sms_rig, form, public=f"{PUBLIC}:443") == 200  # Twilio may or may not write the port
    assert await post(sms_rig, form) == 200


async def test_a_query_is_part_of_what_was_signed(sms_rig: Rig) -> None:
    form = rest.sms_form(PHONE, "hello")

    assert await post(sms_rig, form, path="/twilio/sms?a=b%20c&d=") == 200


async def test_every_key_of_ours_may_sign(sms_rig: Rig) -> None:
    assert await post(sms_rig, rest.sms_form(PHONE, "hello"), token="older-token") == 200
    assert await post(sms_rig, rest.sms_form(PHONE, "hello"), token="nobodys-token") == 403


async def test_a_signature_by_sha256_counts(sms_rig: Rig) -> None:
    form, url = rest.sms_form(PHONE, "hello"), f"{PUBLIC}/twilio/sms"
    text = url + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(
        hmac.new(rest.TOKEN.encode(), text.encode(), hashlib.sha256).digest()
    ).decode()
    headers = FORM | {
        "X-Twilio-Signature": signature,
        "X-Twilio-Webhooks-Signature-Settings": "key=k1,algorithm=HMAC_SHA256",
    }

    answer = await sms_rig.web.post("/twilio/sms", content=urlencode(form), headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize("tokens", [[], [""], ["good", ""]])
def test_without_a_key_there_is_no_channel(tokens: list[str]) -> None:
    with pytest.raises(ValueError, match="auth token"):
        Sms(rest.ACCOUNT, tokens, rest.OUR_NUMBER, public_url=PUBLIC, now=now)


async def test_an_oversized_form_is_413(sms_rig: Rig) -> None:
    assert await post(sms_rig, rest.sms_form(PHONE, "x" * 300_000)) == 413
    assert sms_rig.sink.inbound == []


async def test_hundreds_of_fields_are_not_read(sms_rig: Rig) -> None:
    many = {f"f{n}": "" for n in range(400)}

    assert await post(sms_rig, rest.sms_form(PHONE, "hello", **many)) == 403


@pytest.mark.parametrize("body", [b"\xff\xfe", b"Body=%FF%FE&From=%2B15555550101", b"", b"&&&", b"=;=%"])
async def test_bytes_that_are_no_form_are_403(sms_rig: Rig, body: bytes) -> None:
    headers = FORM | {"X-Twilio-Signature": "x"}

    assert (await sms_rig.web.post("/twilio/sms", content=body, headers=headers)).status_code == 403


# --- what people text -------------------------------------------------------------------------------


async def test_the_answer_is_empty_twiml(sms_rig: Rig) -> None:
    body, headers = rest.signed(f"{PUBLIC}/twilio/sms", rest.sms_form(PHONE, "hello"))

    answer = await sms_rig.web.post("/twilio/sms", content=body, headers=headers)

    assert (answer.text, answer.headers["content-type"]) == ("<Response/>", "text/xml; charset=utf-8")
    assert sms_rig.sent() == []


@pytest.mark.parametrize(
    ("given", "opt"), [("STOP", "stop"), ("START", "start"), ("HELP", "help"), ("", None), ("NEW", None)]
)
async def test_the_carrier_says_when_it_took_a_word_for_itself(
    sms_rig: Rig, given: str, opt: str | None
) -> None:
    kept = await said(sms_rig, Body="Stop", OptOutType=given)

    assert (kept.opt, kept.text) == (opt, "Stop")


@pytest.mark.parametrize(
    "fields",
    [
        {"From": ""},
        {"From": "12345"},
        {"From": "whatsapp:+15555550101"},
        {"From": "+0"},
        {"From": "+1555555010\n1"},
        {"MessageSid": "", "SmsSid": "", "SmsMessageSid": ""},
        {"MessageSid": "SM/../1"},
        {"MessageSid": "x" * 65},
    ],
)
async def test_a_signed_form_that_is_no_text_is_answered_and_logged(
    sms_rig: Rig, fields: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    assert await post(sms_rig, rest.sms_form(PHONE, "hope house on 5th") | fields) == 200

    assert sms_rig.sink.inbound == []
    [record] = [record for record in caplog.records if record.name == "bot.channels.sms"]
    assert record.levelno == logging.WARNING
    assert "hope" not in str(vars(record))
    assert PHONE not in str(vars(record))


async def test_a_form_with_only_what_is_needed_counts(sms_rig: Rig) -> None:
    assert await post(sms_rig, {"MessageSid": "SM1", "From": PHONE}) == 200

    [kept] = sms_rig.sink.inbound
    assert (kept.provider_id, kept.text, kept.photos) == ("SM1", "", ())


# --- photos -----------------------------------------------------------------------------------------

MEDIA = "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"


async def test_a_photo_is_named_with_its_words(sms_rig: Rig) -> None:
    kept = await said(
        sms_rig,
        Body="my pass",
        NumMedia="2",
        MediaUrl0="https://api.twilio.com/1",
        MediaContentType0="image/jpeg",
        MediaUrl1="https://api.twilio.com/2",
        MediaContentType1="image/png",
    )

    assert kept.text == "my pass"
    assert kept.photos == (
        PhotoRef("https://api.twilio.com/1", "image/jpeg"),
        PhotoRef("https://api.twilio.com/2", "image/png"),
    )


@pytest.mark.parametrize(
    ("content_type", "kind"), [("audio/amr", "voice"), ("video/mp4", "video"), ("text/vcard", "file")]
)
async def test_other_files_say_what_they_were(sms_rig: Rig, content_type: str, kind: str) -> None:
    file = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/1", "MediaContentType0": content_type}

    alone, with_words = await said(sms_rig, **file), await said(sms_rig, Body="im here", **file)

    assert (alone.kind, alone.photos) == (kind, ())
    assert (with_words.kind, with_words.text) == ("text", "im here")


@pytest.mark.parametrize("count", ["-1", "x", "", "99999", "1e3", "٣"])
async def test_a_number_of_photos_that_is_none_does_no_harm(sms_rig: Rig, count: str) -> None:
    assert (await said(sms_rig, Body="hi", NumMedia=count)).text == "hi"


async def fetch(rig: Rig, path: str = MEDIA) -> PhotoAnswer:
    assert rig.twilio
    return await rig.channel.fetch_photo(PhotoRef(rig.twilio.url + path, "image/jpeg"))


async def test_a_photo_is_fetched_with_our_key(sms_rig: Rig) -> None:
    assert sms_rig.twilio
    sms_rig.twilio.media["ME1"] = Response(rest.JPEG)

    assert await fetch(sms_rig) == Photo(rest.JPEG, "image/jpeg")

    [(path, authorization)] = sms_rig.twilio.fetched
    assert path == MEDIA
    assert authorization == "Basic " + base64.b64encode(f"{rest.ACCOUNT}:{rest.TOKEN}".encode()).decode()


async def test_a_photo_may_have_moved_within_twilio(sms_rig: Rig) -> None:
    assert sms_rig.twilio
    sms_rig.twilio.media = {"ME1": rest.moved("/elsewhere/ME2"), "ME2": Response(rest.JPEG)}

    assert isinstance(await fetch(sms_rig), Photo)


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/",
        "https://127.0.0.1/",
        "https://localhost/",
        "http://api.twilio.com/1",  # not https
        "https://twilio.com.example.org/",
        "https://example.org/api.twilio.com/",
        "https://api.twilio.com@example.org/",
        "https://user:word@api.twilio.com/",
        "https://api.twilio.com:8443/",
        "https://s3-external-1.amazonaws.com/other-bucket/x",
        "https://faketwilio.com/",
        "file:///etc/passwd",
        "ftp://api.twilio.com/",
        "https://[::1]/",
        "https://[bad/",
        "https://api.twilio.com:port/",
        "",
        "\0",
    ],
)
async def test_no_other_address_is_ever_fetched(sms_rig: Rig, address: str) -> None:
    assert sms_rig.twilio
    sms_rig.twilio.media["ME1"] = Response(None, 307, {"Location": address})

    direct = await sms_rig.channel.fetch_photo(PhotoRef(address, "image/jpeg"))
    by_redirect = await fetch(sms_rig)

    assert isinstance(direct, NoPhoto)
    assert not isinstance(by_redirect, Photo)
    assert {path for path, _ in sms_rig.twilio.fetched} == {MEDIA}


@pytest.mark.parametrize(
    "address",
    [
        "https://api.twilio.com/2010-04-01/x",
        "https://mms.twiliocdn.com/AC1/x?Expires=1",
        "https://media.twiliocdn.com:443/x",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/AC1/x",
    ],
)
def test_where_twilio_keeps_photos_is_trusted(address: str) -> None:
    channel = Sms(rest.ACCOUNT, ["t"], rest.OUR_NUMBER, public_url=PUBLIC, now=now)

    assert channel._trusted(address)
    assert (channel._key_for(address) is not None) == address.startswith("https://api.twilio.com/")


async def test_redirects_end(sms_rig: Rig) -> None:
    assert sms_rig.twilio
    sms_rig.twilio.media["ME1"] = rest.moved(MEDIA)

    assert isinstance(await fetch(sms_rig), NoPhoto)
    assert len(sms_rig.twilio.fetched) == 4


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Response(rest.JPEG + b"x" * PHOTO_LIMIT), NoPhoto),
        (Response(b"<html>not an image</html>", headers={"Content-Type": "image/jpeg"}), NoPhoto),
        (Response(b""), NoPhoto),
        (Response(status_code=404), NoPhoto),
        (Response(status_code=403), NoPhoto),
        (Response(status_code=500), TryLater),
        (Response(status_code=429), TryLater),
        (Response(b"\x89PNG\r\n\x1a\n123456789"), Photo),
        (Response(b"GIF89a123456789"), Photo),
        (Response(b"RIFF1234WEBPVP8 "), Photo),
        (Response(b"1234ftypheic1234"), Photo),
        (Response(b"1234ftypisom1234"), NoPhoto),
    ],
)
async def test_only_images_of_a_size_we_keep(sms_rig: Rig, answer: Response, kind: type) -> None:
    assert sms_rig.twilio
    sms_rig.twilio.media["ME1"] = answer

    assert isinstance(await fetch(sms_rig), kind)


# --- callbacks and calls ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "update"),
    [
        (rest.status_form("SM1", "sent"), StatusUpdate("sms", "SM1", "sent")),
        (rest.status_form("SM1", "delivered"), StatusUpdate("sms", "SM1", "delivered")),
        (
            rest.status_form("SM1", "undelivered", ErrorCode="30003"),
            StatusUpdate("sms", "SM1", "undelivered", "30003"),
        ),
        (
            rest.status_form("SM1", "undelivered", ErrorCode="30006"),
            StatusUpdate("sms", "SM1", "undelivered", "30006", address_dead=True),
        ),
        (
            rest.status_form("SM1", "failed", ErrorCode="21610"),
            StatusUpdate("sms", "SM1", "failed", "21610", opted_out=True),
        ),
        (rest.status_form("SM1", "failed", ErrorCode="none"), StatusUpdate("sms", "SM1", "failed")),
        (rest.status_form("SM1", "queued"), None),
        (rest.status_form("SM1", "sending"), None),
        (rest.status_form("SM1", "received"), None),
        (rest.status_form("SM1", "brand-new"), None),
        (rest.status_form("", "sent"), None),
        ({"MessageSid": "SM1"}, None),
        ({"SmsSid": "SM1", "SmsStatus": "sent"}, StatusUpdate("sms", "SM1", "sent")),
    ],
)
async def test_what_became_of_a_text(sms_rig: Rig, form: dict[str, str], update: StatusUpdate | None) -> None:
    assert await post(sms_rig, form, "/twilio/status") == 204

    assert sms_rig.sink.updates == ([update] if update else [])


async def test_a_callback_that_was_not_kept_is_503(sms_rig: Rig) -> None:
    sms_rig.sink.failures = 1

    assert await post(sms_rig, rest.status_form("SM1", "sent"), "/twilio/status") == 503


async def test_a_caller_hears_to_text(sms_rig: Rig) -> None:
    body, headers = rest.signed(f"{PUBLIC}/twilio/voice", {"CallSid": "CA1", "From": PHONE})

    answer = await sms_rig.web.post("/twilio/voice", content=body, headers=headers)

    assert answer.headers["content-type"].startswith("text/xml")
    assert '<Say language="en-US">Please text us.</Say>' in answer.text
    assert '<Say language="es-US">Mande un mensaje.</Say>' in answer.text
    assert answer.text.endswith("<Hangup /></Response>")


@pytest.mark.parametrize(
    ("phone", "read_out"), [("+15555550100", "5 5 5, 5 5 5, 0 1 0 0"), ("+4930123", "4 9 3 0 1 2 3")]
)
def test_a_number_is_read_out_digit_by_digit(phone: str, read_out: str) -> None:
    assert spelled(phone) == read_out


# --- out --------------------------------------------------------------------------------------------


async def test_a_text_says_whom_from_where_and_where_to_report(sms_rig: Rig) -> None:
    await sms_rig.channel.send(Outbound(1, PHONE, "Good luck, Ray!"))

    assert sms_rig.twilio
    [call] = sms_rig.twilio.calls
    assert call.form == {
        "To": PHONE,
        "From": rest.OUR_NUMBER,
        "Body": "Good luck, Ray!",
        "StatusCallback": f"{PUBLIC}/twilio/status",
    }


async def test_a_messaging_service_sends_in_its_own_name(sms_rig: Rig) -> None:
    assert sms_rig.twilio
    channel = Sms(
        rest.ACCOUNT, [rest.TOKEN], rest.SERVICE, public_url=PUBLIC, now=now, api_base=sms_rig.twilio.url
    )

    async with mounted(channel):
        await channel.send(Outbound(1, PHONE, "hello"))

    [call] = sms_rig.twilio.calls
    assert call.form["MessagingServiceSid"] == rest.SERVICE
    assert "From" not in call.form


@pytest.mark.parametrize(
    ("status", "code", "opted_out", "dead"),
    [
        (400, 21610, True, False),
        (400, 21211, False, True),
        (400, 21614, False, True),
        (400, 21408, False, False),
        (400, 21617, False, False),
        (404, 20404, False, False),
        (400, None, False, False),
        (400, "odd", False, False),
    ],
)
async def test_refusals(sms_rig: Rig, status: int, code: Any, opted_out: bool, dead: bool) -> None:
    assert sms_rig.fail
    sms_rig.fail(Fault(status, {"code": code, "message": f"no {PHONE}", "status": status}))

    answer = await sms_rig.channel.send(Outbound(1, PHONE, "hello"))

    assert isinstance(answer, Rejected)
    assert (answer.opted_out, answer.address_dead) == (opted_out, dead)
    assert PHONE not in answer.why


async def test_a_refusal_in_the_newer_form_is_read(sms_rig: Rig) -> None:
    assert sms_rig.fail
    problem = {"type": "about:blank", "title": "Unsubscribed", "status": 400, "code": 21610}
    sms_rig.fail(Fault(400, problem))

    answer = await sms_rig.channel.send(Outbound(1, PHONE, "hello"))

    assert isinstance(answer, Rejected)
    assert answer.opted_out


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault(429, {}, {"Retry-After": "30"}), 30.0),
        (Fault(429, b"", {"Retry-After": "Wed, 24 Feb 2027 08:00:00 GMT"}), 5.0),
        (Fault(429, b""), 5.0),
        (Fault(400, {"code": 21611, "message": "queue full", "status": 400}), 60.0),
    ],
)
async def test_busy_is_surely_unsent(sms_rig: Rig, fault: Fault, seconds: float) -> None:
    assert sms_rig.fail
    sms_rig.fail(fault)

    assert await sms_rig.channel.send(Outbound(1, PHONE, "hello")) == TryLater(seconds, all_wait=True)


async def test_an_answer_that_does_not_come_is_unknown(sms_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.sms.TIMEOUT", 0.2)
    assert sms_rig.fail
    sms_rig.fail(Fault(201, done=True, hang=1.0))

    assert isinstance(await sms_rig.channel.send(Outbound(1, PHONE, "hello")), Unknown)
    assert len(sms_rig.sent()) == 1


async def test_the_machines_proxies_and_regions_are_not_ours(
    sms_rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    assert sms_rig.twilio
    channel = Sms(
        rest.ACCOUNT, [rest.TOKEN], rest.OUR_NUMBER, public_url=PUBLIC, now=now, api_base=sms_rig.twilio.url
    )

    async with mounted(channel):
        await channel.send(Outbound(1, PHONE, "hello"))

    assert sms_rig.sent() == ["hello"]


# --- looking before sending again -------------------------------------------------------------------


def held(rig: Rig, body: str, created: datetime, status: str = "queued") -> rest.Text:
    assert rig.twilio
    text = rest.Text(
        rest.new_sid(), PHONE, rest.OUR_NUMBER, None, body, None, "outbound-api", created, status
    )
    rig.twilio.texts.append(text)
    return text


BEGAN = datetime(2027, 2, 24, 12, 0, 0, 700_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("held_body", "seconds", "found"),
    [
        ("Good luck, Ray!", 0, True),
        ("Good luck, Ray!", -1, True),  # clocks differ a little, and Twilio's has whole seconds
        ("Good luck, Ray!", 40, True),
        ("Good luck, Ray!", -60, False),  # the same words, but an earlier text
        ("Another text", 0, False),
        ("Sent from your Twilio trial account - Good luck, Ray!", 0, True),
        ("Good luck' Ray!", 0, True),  # punctuation Twilio may have made GSM-7
    ],
)
async def test_a_text_is_known_by_its_words_and_its_time(
    sms_rig: Rig, held_body: str, seconds: int, found: bool
) -> None:
    text = held(sms_rig, held_body, BEGAN + timedelta(seconds=seconds))

    answer = await sms_rig.channel.find_sent(Outbound(1, PHONE, "Good luck, Ray!"), BEGAN)

    assert answer == (Found(text.sid) if found else NotFound())


async def test_another_text_of_the_same_words_is_not_the_one(sms_rig: Rig) -> None:
    ours, other = (held(sms_rig, "Next?", BEGAN + timedelta(seconds=n)) for n in (1, 2))
    next_ = Outbound(1, PHONE, "Next?")

    assert await sms_rig.channel.find_sent(next_, BEGAN, {other.sid}) == Found(ours.sid)
    assert await sms_rig.channel.find_sent(next_, BEGAN, {ours.sid, other.sid}) == NotFound()


async def test_what_they_texted_is_not_what_we_sent(sms_rig: Rig) -> None:
    assert sms_rig.twilio
    sms_rig.twilio.receive(PHONE, "yes", at=BEGAN)
    sms_rig.twilio.texts[-1].to = PHONE

    assert await sms_rig.channel.find_sent(Outbound(1, PHONE, "yes"), BEGAN) == NotFound()


@pytest.mark.parametrize(
    "fault", [Fault(500), Fault(429, {}), Fault(200, b"{"), Fault(200, {}), Fault(200, []), Fault(401, {})]
)
async def test_a_list_that_does_not_come_proves_nothing(sms_rig: Rig, fault: Fault) -> None:
    assert sms_rig.fail
    sms_rig.fail(fault)

    assert isinstance(await sms_rig.channel.find_sent(Outbound(1, PHONE, "hello"), BEGAN), CannotTell)


# --- what came while we were down -------------------------------------------------------------------


PHOTO = "ME" + "0" * 31 + "1"


async def test_missed_texts_are_listed_as_they_would_have_come(sms_rig: Rig) -> None:
    twilio = sms_rig.twilio
    assert twilio
    early = twilio.receive(PHONE, "too early", at=BEGAN - timedelta(hours=1))
    text = twilio.receive(PHONE, "wheres my ride", at=BEGAN)
    photo = twilio.receive(PHONE, "", media=(PHOTO,), at=BEGAN + timedelta(seconds=9))
    twilio.receive("12345", "short code", at=BEGAN)
    held(sms_rig, "our own", BEGAN, "sent")
    twilio.media[PHOTO] = Response(rest.JPEG)

    missed = await sms_rig.channel.missed(BEGAN - timedelta(minutes=1))

    assert not isinstance(missed, TryLater)
    assert {one.provider_id for one in missed} == {text.sid, photo.sid}
    assert early.sid not in {one.provider_id for one in missed}
    by_id = {one.provider_id: one for one in missed}
    assert (by_id[text.sid].text, by_id[text.sid].address) == ("wheres my ride", PHONE)
    assert by_id[text.sid].at == BEGAN.replace(microsecond=0)
    [ref] = by_id[photo.sid].photos
    assert await sms_rig.channel.fetch_photo(ref) == Photo(rest.JPEG, "image/jpeg")


async def test_many_missed_texts_are_listed_to_the_end(sms_rig: Rig) -> None:
    assert sms_rig.twilio
    for n in range(130):
        sms_rig.twilio.receive(PHONE, f"text {n}", at=BEGAN)

    missed = await sms_rig.channel.missed(BEGAN - timedelta(minutes=1))

    assert not isinstance(missed, TryLater)
    assert len(missed) == 130


@pytest.mark.parametrize(
    "fault", [Fault(500), Fault(429, {}), Fault(200, b"{"), Fault(200, []), Fault(401, {})]
)
async def test_missed_texts_that_cannot_be_listed_wait(sms_rig: Rig, fault: Fault) -> None:
    assert sms_rig.fail
    sms_rig.fail(fault)

    assert isinstance(await sms_rig.channel.missed(BEGAN), TryLater)


# --- vendors only where they are wanted -------------------------------------------------------------


def test_the_simulator_starts_without_any_vendor() -> None:
    code = "import sys, bot.channels.simulator; print({'twilio', 'telegram'} & set(sys.modules))"
    root = Path(__file__).parents[2]

    loaded = run([executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "set()"
