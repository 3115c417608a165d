"""One job as a source wrote it: taken as it is meant, or not taken, with the reason in words."""

from datetime import UTC, datetime

import pytest

from bot.jobs.clean import clean, plain_text
from bot.jobs.raw import RawJob, Rejected
from storage.jobs import NewJob
from tests.storage.samples import NOW

GOOD = {"id": "1", "title": "Order picker", "employer": "Sample Foods", "zip": "02118"}


def judged(**fields: str) -> NewJob | Rejected:
    return clean(RawJob(7, {k: v for k, v in (GOOD | fields).items() if v}), NOW)


def taken(**fields: str) -> NewJob:
    job = judged(**fields)
    assert isinstance(job, NewJob), job
    return job


def test_little_is_enough() -> None:
    job = taken()
    assert (job.city, job.state_code, job.zone, job.apply_how) == (
        "Boston",
        "MA",
        "America/New_York",
        {"kind": "staff", "value": ""},
    )
    assert job.lat is not None
    assert abs(job.lat - 42.34) < 0.1
    assert (job.pay_low_cents, job.valid_through, job.shifts, job.openings) == (None, None, (), 1)


@pytest.mark.parametrize(
    "fields,why",
    [
        ({"title": ""}, "has no title"),
        ({"employer": "<b> </b>"}, "has no employer"),
        ({"title": "x" * 121}, "has a longer title than 120 letters"),
        ({"title": "=1+1"}, "has a formula for its title"),
        ({"title": "&#61;cmd|' /C calc'!A0"}, "has a formula for its title"),  # only after unescaping
        ({"title": "***"}, "has no word in its title"),
        ({"id": ""}, "has no id and no link: nothing to know it by next time"),
        ({"zip": ""}, "has no place: a ZIP, a town and its state, or lat and lon"),
        ({"zip": "00000"}, "has a ZIP that is on no map: 00000"),
        ({"zip": "SW1A 1AA"}, "has a ZIP that is on no map: SW1A 1AA"),
        ({"zip": "", "city": "Atlantis", "state": "MA"}, "has a town that is on no map: Atlantis, MA"),
        ({"lat": "42.3", "lon": "-118.2"}, "has a pin"),
        ({"lat": "nan", "lon": "-71"}, "has a lat or lon that is nowhere on earth"),
        ({"lat": "91", "lon": "0"}, "has a lat or lon that is nowhere on earth"),
        ({"lat": "42.3", "lon": ""}, "has a lat or lon that is no number"),
        ({"zip": "", "lat": "51.5", "lon": "-0.1"}, "has a pin"),
        ({"pay": "$5000/hr"}, "has pay that cannot be: $5,000.00 to $5,000.00 a hour"),
        ({"pay": "-$18"}, "has pay below nothing"),
        ({"pay": "$900"}, "does not say what $900.00 is for: an hour, a week, a month, a year"),
        ({"pay": "10, 12 or 15"}, "has pay with more than two amounts: pay_low and pay_high"),
        ({"link": "javascript:alert(1)"}, "has a link that is no web address"),
        ({"link": "https://user:pw@example.org/"}, "has a link that is no web address"),
        ({"link": "https://example.org/a b"}, "has a link that is no web address"),
        ({"link": "http://["}, "has a link that is no web address"),
        ({"phone": "12"}, "has a phone that is no US number"),
        ({"openings": "many"}, "has openings that are no number from 1 up"),
        ({"openings": "0"}, "has openings that are no number from 1 up"),
        ({"valid_through": "soon"}, "has a last day that is no date: soon"),
        ({"valid_through": "2027-02-30"}, "has a last day that is no date: 2027-02-30"),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, str], why: str) -> None:
    answer = judged(**fields)
    assert isinstance(answer, Rejected), answer
    assert answer.line == 7
    assert answer.why.startswith(why)


@pytest.mark.parametrize(
    "fields,low,high,per",
    [
        ({"pay": "$18.50 - $21/hr"}, 1850, 2100, "hour"),
        ({"pay": "18.50"}, 1850, None, "hour"),
        ({"pay": "$42,000 a year"}, 4200000, None, "year"),
        ({"pay": "45k-52k"}, 4500000, 5200000, "year"),
        ({"pay": "$700 per week"}, 70000, None, "week"),
        ({"pay": "$3,200/mo"}, 320000, None, "month"),
        ({"pay": "$19/hr + 401(k)"}, 1900, None, "hour"),
        ({"pay": "Competitive"}, None, None, None),
        ({"pay_low": "20", "pay_high": "18", "pay_per": "HOUR"}, 1800, 2000, "hour"),
        ({"pay_low": "40000", "pay_per": "YEAR"}, 4000000, None, "year"),
        ({"pay_low": "0", "pay_high": "0"}, None, None, None),
    ],
)
def test_pay(fields: dict[str, str], low: int | None, high: int | None, per: str | None) -> None:
    job = taken(**fields)
    assert (job.pay_low_cents, job.pay_high_cents, job.pay_per) == (low, high, per)


@pytest.mark.parametrize(
    "text,at",
    [
        ("2027-03-01", datetime(2027, 3, 2, 5, tzinfo=UTC)),  # the whole day counts, Boston's
        ("3/1/2027", datetime(2027, 3, 2, 5, tzinfo=UTC)),
        ("March 1, 2027", datetime(2027, 3, 2, 5, tzinfo=UTC)),
        ("2027-03-01T12:00:00Z", datetime(2027, 3, 1, 12, tzinfo=UTC)),
        ("2027-03-01T12:00", datetime(2027, 3, 1, 17, tzinfo=UTC)),
        ("Mon, 01 Mar 2027 12:00:00 GMT", datetime(2027, 3, 1, 12, tzinfo=UTC)),
        ("2020-01-01", datetime(2020, 1, 2, 5, tzinfo=UTC)),  # over: taken, and not open
        ("2099-12-31", None),  # says that there is no last day
    ],
)
def test_last_days(text: str, at: datetime | None) -> None:
    assert taken(valid_through=text).valid_through == at


@pytest.mark.parametrize(
    "fields,how",
    [
        (
            {"link": "https://jobs.example.org/1?a=b"},
            {"kind": "link", "value": "https://jobs.example.org/1?a=b"},
        ),
        ({"phone": "(617) 555-0100"}, {"kind": "phone", "value": "+16175550100"}),
        ({"apply": "call 617-555-0100"}, {"kind": "phone", "value": "+16175550100"}),
        ({"apply": "Apply in person, gate 2"}, {"kind": "walk_in", "value": "Apply in person, gate 2"}),
        ({"apply": "https://jobs.example.org/1"}, {"kind": "link", "value": "https://jobs.example.org/1"}),
        ({"apply": "ask for Sam"}, {"kind": "staff", "value": "ask for Sam"}),
    ],
)
def test_how_to_apply(fields: dict[str, str], how: dict[str, str]) -> None:
    assert taken(**fields).apply_how == how


@pytest.mark.parametrize(
    "fields,city,state,zip_",
    [
        ({"zip": "2118"}, "Boston", "MA", "02118"),  # a spreadsheet ate the zero
        ({"zip": "02118-1234"}, "Boston", "MA", "02118"),
        ({"zip": "", "city": "Boston", "state": "Massachusetts"}, "Boston", "MA", None),
        ({"zip": "", "city": "boston, ma"}, "Boston", "MA", None),
        ({"zip": "", "lat": "42.3601", "lon": "-71.0589"}, "Boston", "MA", None),
    ],
)
def test_places(fields: dict[str, str], city: str, state: str, zip_: str | None) -> None:
    job = taken(**fields)
    assert (job.city, job.state_code, job.zip) == (city, state, zip_)
    assert job.lat is not None


@pytest.mark.parametrize(
    "html,text",
    [
        ("<p>One</p><p>Two &amp; three</p>", "One\nTwo & three"),
        ("a<br>b<script>alert(1)</script><style>x{}</style>c", "a\nbc"),
        ("&lt;p&gt;Escaped twice&lt;/p&gt;", "Escaped twice"),
        ("5 < 6 and 7 > 2", "5 < 6 and 7 > 2"),
        ("bell\x07 and zero\u200b", "bell and zero"),
        ("<script>never closed", ""),
    ],
)
def test_html_becomes_what_a_reader_reads(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize(
    "fields,fair",
    [
        ({"description": "We are a second chance employer."}, True),
        ({"fair_chance": "Yes"}, True),
        ({"description": "We follow the county's Fair Chance Ordinance."}, False),  # the law, not a policy
        ({}, False),
    ],
)
def test_who_calls_itself_fair_chance(fields: dict[str, str], fair: bool) -> None:
    assert taken(**fields).fair_chance is fair


def test_a_change_changes_the_digest_and_nothing_else_does() -> None:
    assert taken().digest == taken().digest
    assert (
        len({taken(**{name: "12"}).digest for name in ("pay", "openings", "description")} | {taken().digest})
        == 4
    )
