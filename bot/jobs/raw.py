"""What every reader of a source gives: one job's fields as texts, under our names, and where it stood.

The rule: a reader finds and names, `clean` judges. A file that is none of its kind, is too long or would not
end is refused whole (BadSource); nothing of it has been written then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

FIELDS: Final = (
    "id", "title", "employer", "description", "address", "city", "state", "zip", "lat", "lon", "days",
    "shifts", "pay", "pay_low", "pay_high", "pay_per", "requirements", "settings", "link", "phone", "apply",
    "openings", "valid_through", "fair_chance",
)  # fmt: skip

LONGEST_FIELD: Final = 100_000
"""Characters of one field: no advertisement is longer."""

NAMES: Final[Mapping[str, str]] = {
    name: field
    for field, names in {
        "id": "id external_id externalid job_id jobid reference referencenumber reference_number req_id "
        "requisition requisitionid requisition_id guid",
        "title": "title job_title jobtitle position name",
        "employer": "employer company company_name companyname organization hiringorganization advertiser",
        "description": "description job_description jobdescription body summary content",
        "address": "address street street_address streetaddress location_address",
        "city": "city town locality location_city addresslocality",
        "state": "state region province location_state addressregion",
        "zip": "zip zipcode zip_code postal postalcode postal_code postcode",
        "lat": "lat latitude",
        "lon": "lon lng long longitude",
        "days": "days workdays work_days weekdays",
        "shifts": "shifts shift hours work_hours workhours schedule",
        "pay": "pay salary wage wages compensation rate pay_rate payrate",
        "pay_low": "pay_low pay_min paymin salary_min salarymin min_pay wage_min minsalary",
        "pay_high": "pay_high pay_max paymax salary_max salarymax max_pay wage_max maxsalary",
        "pay_per": "pay_per salary_period salaryperiod salarytype salary_type pay_period payperiod pay_unit",
        "requirements": "requirements requirement qualifications needs",
        "settings": "settings setting",
        "link": "link url apply_url applyurl job_url joburl apply_link",
        "phone": "phone telephone apply_phone contact_phone",
        "apply": "apply how_to_apply apply_how howtoapply",
        "openings": "openings positions vacancies number_of_openings totaljobopenings",
        "valid_through": "valid_through validthrough expires expiration expirationdate expiration_date "
        "expirydate closing_date closingdate deadline valid_until",
        "fair_chance": "fair_chance fairchance second_chance secondchance",
    }.items()
    for name in names.split()
}
"""The names that files and feeds use, each with ours."""


class BadSource(Exception):
    """A file or page that is not taken at all; the message says why, in words."""


class Wrong(Exception):
    """What is wrong with one job, in words."""


@dataclass(frozen=True, slots=True)
class RawJob:
    """One job as its source wrote it; `line` is where it begins (of JSON: which posting it is)."""

    line: int
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A job that was not taken, and why in words."""

    line: int
    why: str


Found: TypeAlias = RawJob | Rejected
