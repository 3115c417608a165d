"""Files, pages and feeds of jobs as the world writes them, and as those write them who mean harm."""

import io
import json
import random
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest

from bot.jobs.importing import known_format
from bot.jobs.raw import BadSource, Found, RawJob, Rejected
from bot.jobs.read_csv import read_csv
from bot.jobs.read_json_ld import read_json_ld
from bot.jobs.read_xml import read_xml

Reader = Callable[[BinaryIO], Iterator[Found]]


def read(reader: Reader, given: str | bytes) -> list[Found]:
    return list(reader(io.BytesIO(given if isinstance(given, bytes) else given.encode())))


def fields(found: Found) -> dict[str, str]:
    assert isinstance(found, RawJob), found
    return dict(found.fields)


def refusal(reader: Reader, given: str | bytes) -> str:
    with pytest.raises(BadSource) as refused:
        read(reader, given)
    return str(refused.value)


# --- CSV -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "id,title,employer\n1,Cook,Sample\n",
        "\ufeffTitle;Company;Job ID\nCook;Sample;1\n",
        "Job-Title\tCOMPANY NAME\tReference Number\r\nCook\tSample\t1\r\n",
        'employer,title,id,whatever\n"Sample",Cook,1,"a,b"\n\n , , , \n',
    ],
)
def test_columns_in_any_order_by_usual_names(text: str) -> None:
    (found,) = read(read_csv, text)
    assert fields(found) == {"id": "1", "title": "Cook", "employer": "Sample"}


def test_a_row_is_known_by_its_first_line() -> None:
    text = 'id,title,employer,description\n1,Cook,Sample,"two\nlines"\n2,Baker,Sample,\n'
    assert [each.line for each in read(read_csv, text)] == [2, 4]


def test_too_many_cells_are_one_rejected_row() -> None:
    found = read(read_csv, "id,title,employer\n1,Cook,Sample, Inc.\n2,Baker,Sample\n")
    assert [type(each) for each in found] == [Rejected, RawJob]


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "=HYPERLINK(1)"])
def test_a_formula_is_not_carried_on(cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    (found,) = read(read_csv, f"id,title,employer\n1,{quoted},Sample\n")
    assert found == Rejected(2, "has a formula for its title")
    (found,) = read(read_csv, f"id,title,employer,description\n1,Cook,Sample,{quoted}\n")
    assert fields(found)["description"][0] not in "=@+-\t"


@pytest.mark.parametrize("cell", ["+1 617 555 0100", "-71.06", "+16175550100", "- bring boots", "-"])
def test_what_only_begins_like_one_is_taken(cell: str) -> None:
    (found,) = read(read_csv, f"id,title,employer,phone\n1,Cook,Sample,{cell}\n")
    assert fields(found)["phone"] == cell


@pytest.mark.parametrize(
    "given,why",
    [
        ("", "line 1: must name the columns; title and employer missing"),
        ("a,b\n1,2\n", "line 1: must name the columns; title and employer missing"),
        (b"PK\x03\x04whatever", "line 1: this is a spreadsheet"),
        (b"id,title,employer\n1,C\xe9,S\n", "line 2: is not UTF-8"),
        (b"id,title,employer\n1,C\x00,S\n", "line 2: holds what is no text"),
        ("id,title,employer\n1,Cook,S\n2,\"Cook,S\n" + "3,Cook,S\n" * 30_000, "line 3: a quote is opened"),
        ('id,title,employer\n1,"Cook" x,S\n', "line 2: is not CSV"),
        ("x" * 1_000_001, "line 1: is longer than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_what_is_no_csv_is_refused_whole(given: str | bytes, why: str) -> None:
    assert refusal(read_csv, given).startswith(why)


def test_ten_megabytes_of_noise_are_refused_at_once() -> None:
    noise = random.Random(1).randbytes(10_000_000)
    file = io.BytesIO(noise)
    with pytest.raises(BadSource):
        list(read_csv(file))
    assert file.tell() < 1_100_000  # most of it was never looked at
    for reader in (read_xml, read_json_ld):
        assert refusal(reader, noise)


# --- XML ---------------------------------------------------------------------------------------------

FEED = """<?xml version="1.0" encoding="utf-8"?>
<source><publisher>Sample</publisher>
<job><title><![CDATA[Cook]]></title><company>Sample &amp; Sons</company><referencenumber>7</referencenumber>
 <city>Boston</city><state>MA</state><postalcode>02118</postalcode><salary>$18 an hour</salary>
 <description><![CDATA[<p>Grill</p>]]></description><expirationdate>2027-03-01</expirationdate></job>
<job id="8"><title>Baker</title><company>Sample</company></job>
</source>"""


def test_a_feed_gives_its_jobs_with_their_lines() -> None:
    cook, baker = read(read_xml, FEED)
    assert fields(cook) == {
        "title": "Cook", "employer": "Sample & Sons", "id": "7", "city": "Boston", "state": "MA",
        "zip": "02118", "pay": "$18 an hour", "description": "<p>Grill</p>", "valid_through": "2027-03-01",
    }  # fmt: skip
    assert fields(baker) == {"id": "8", "title": "Baker", "employer": "Sample"}
    assert (cook.line, baker.line) == (3, 6)


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><source><job><title>&j;</title></job></source>"
)


@pytest.mark.parametrize(
    "given,why",
    [
        (LAUGHS, "line 1: declares a document type or entities"),
        ('<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><s><job>&x;</job></s>', "line 1: declares"),
        ('<!DOCTYPE s SYSTEM "http://127.0.0.1:9/x.dtd"><s><job/></s>', "line 1: declares"),
        ("<source><job><title>Cook</job></source>", "line 1: is not XML"),
        ("<source>\n<job><title>Cook</title></job>", "line 2: is not XML"),
        ("<source></source>", "has no <job> in it"),
        ("<a>" * 60 + "</a>" * 60, "line 1: nests deeper"),
    ],
)
def test_a_feed_that_means_harm_or_is_broken_is_refused(given: str, why: str) -> None:
    assert refusal(read_xml, given).startswith(why)


def test_a_huge_element_is_cut_and_not_held() -> None:
    (found,) = read(
        read_xml, f"<s><job><title>Cook</title><description>{'x' * 3_000_000}</description></job></s>"
    )
    assert len(fields(found)["description"]) == 100_000


# --- JSON-LD -----------------------------------------------------------------------------------------

POSTING = {
    "@context": "https://schema.org/", "@type": "JobPosting", "title": "Cook", "description": "<p>Grill</p>",
    "identifier": {"@type": "PropertyValue", "value": "J-7"}, "url": "https://jobs.example.org/7",
    "hiringOrganization": {"@type": "Organization", "name": "Sample"},
    "jobLocation": [{"@type": "Place", "address": {"addressLocality": "Boston", "addressRegion": "MA"}}],
    "baseSalary": {"currency": "USD", "value": {"minValue": 18, "maxValue": 20.5, "unitText": "HOUR"}},
    "validThrough": "2027-03-01", "totalJobOpenings": 2,
}  # fmt: skip
EXPECTED = {
    "id": "J-7", "title": "Cook", "employer": "Sample", "description": "<p>Grill</p>", "city": "Boston",
    "state": "MA", "pay_low": "18", "pay_high": "20.5", "pay_per": "HOUR", "openings": "2",
    "link": "https://jobs.example.org/7", "valid_through": "2027-03-01",
}  # fmt: skip
PAGE = '<!doctype html><html><body><script type="application/ld+json">{}</script>{}</body></html>'


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(POSTING),
        json.dumps([POSTING]),
        json.dumps({"@graph": [{"@type": "WebSite"}, POSTING | {"@type": ["Thing", "JobPosting"]}]}),
        json.dumps({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": POSTING}]}),
        PAGE.format(json.dumps(POSTING), "<p>{</p>"),
        PAGE.format("{ broken", f'<script type="application/ld+json">{json.dumps(POSTING)}</script>'),
    ],
)
def test_postings_are_found_wherever_they_stand(text: str) -> None:
    (found,) = read(read_json_ld, text)
    assert fields(found) == EXPECTED
    assert found.line == 1


@pytest.mark.parametrize(
    "posting",
    [
        {"@type": "JobPosting"},
        {
            "@type": "JobPosting",
            "title": {"x": 1},
            "jobLocation": "Boston",
            "baseSalary": 18,
            "identifier": None,
        },
        {"@type": "JobPosting", "jobLocation": [[]], "hiringOrganization": ["x"], "url": 5, "title": True},
    ],
)
def test_a_posting_of_odd_shapes_is_read_as_far_as_it_goes(posting: dict[str, object]) -> None:
    (found,) = read(read_json_ld, json.dumps(posting))
    assert isinstance(found, RawJob)


@pytest.mark.parametrize(
    "given,why",
    [
        ("[" * 100_000, "nests too deep"),
        ("{", "is not JSON"),
        ("[1]", "has no JobPosting"),
        ('{"@type": "Person"}', "has no JobPosting"),
        ("<html><p>Jobs!</p></html>", "has no JobPosting"),
        ("1" * 5000, "is not JSON"),
        (b"\xff\xfe{", "is not text in UTF-8"),
        (b"[" + b" " * 10_000_001, "is larger than 10 MB"),
    ],
)
def test_what_has_no_postings_is_refused(given: str | bytes, why: str) -> None:
    assert refusal(read_json_ld, given).startswith(why)


@pytest.mark.parametrize(
    "beginning,format_",
    [
        ("id,title\n", "csv"),
        ('\ufeff  [{"@type"', "json_ld"),
        ("<!DOCTYPE html><p>", "json_ld"),
        ("<?xml version='1.0'?><source>", "xml"),
        ("<source>", "xml"),
        ("", "csv"),
    ],
)
def test_a_format_is_known_by_how_it_begins(beginning: str, format_: str) -> None:
    file = io.BytesIO(beginning.encode())
    assert known_format(file) == format_
    assert file.tell() == 0
