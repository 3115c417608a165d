"""Days, shifts, needs and settings, as advertisements write them."""

import pytest

from bot.jobs.words import REQUIREMENTS, SETTINGS, find_words, known_words, read_days, read_shifts

WEEK = ("mon", "tue", "wed", "thu", "fri")


@pytest.mark.parametrize(
    "text,shifts",
    [
        ("6:00 am - 2:30 pm", [("06:00", "14:30")]),
        ("6am-2:30pm", [("06:00", "14:30")]),
        ("22:00-06:00", [("22:00", "06:00")]),
        ("10 p.m. to 6 a.m.", [("22:00", "06:00")]),
        ("6-2:30 pm", [("06:00", "14:30")]),
        ("9-5 pm", [("09:00", "17:00")]),
        ("2-10 pm", [("14:00", "22:00")]),
        ("7 am to 3", [("07:00", "15:00")]),
        ("12 am - 8 am", [("00:00", "08:00")]),
        ("06:00-14:30; 14:30-23:00", [("06:00", "14:30"), ("14:30", "23:00")]),
        ("1st shift", [("07:00", "15:00")]),
        ("2nd & 3rd shift", [("23:00", "07:00")]),
        ("Night shift", [("23:00", "07:00")]),
        ("overnight", [("23:00", "07:00")]),
        ("8-5", []),  # nobody says which half
        ("40 hours a week", []),
        ("25:00-26:00", []),
        ("9 am - 9 am", []),
        ("", []),
    ],
)
def test_a_column_of_shifts(text: str, shifts: list[tuple[str, str]]) -> None:
    assert list(read_shifts(text, sure=True)) == shifts


@pytest.mark.parametrize(
    "text,shifts",
    [
        ("Hours are 6:00 am to 2:30 pm, Monday to Friday.", [("06:00", "14:30")]),
        ("We need somebody for our second shift.", [("15:00", "23:00")]),
        ("Pay is $18 - 21 an hour", []),
        ("5-10 years of experience", []),
        ("Call 617-555-0100 to apply", []),
        ("from 2020-2027", []),
        ("open 12/31 - 1/15", []),
    ],
)
def test_a_free_text_names_a_shift_only_where_it_is_plain(text: str, shifts: list[tuple[str, str]]) -> None:
    assert list(read_shifts(text, sure=False)) == shifts


@pytest.mark.parametrize(
    "text,days",
    [
        ("Mon-Fri", WEEK),
        ("Monday through Friday", WEEK),
        ("weekdays", WEEK),
        ("sat, sun", ("sat", "sun")),
        ("Weekends", ("sat", "sun")),
        ("Fri-Mon", ("mon", "fri", "sat", "sun")),
        ("Tues & Thurs", ("tue", "thu")),
        ("7 days", (*WEEK, "sat", "sun")),
        ("month of money", ()),
        ("", ()),
    ],
)
def test_days(text: str, days: tuple[str, ...]) -> None:
    assert read_days(text) == days


@pytest.mark.parametrize(
    "text,words",
    [
        ("Must lift up to 50 lbs", ["lift_50"]),
        ("able to carry 25 pounds", ["lift_25"]),
        ("A valid driver's license is needed", ["license"]),
        ("CDL class A; drug screen and background check", ["cdl", "background_check", "drug_test"]),
        ("High school diploma or GED", ["high_school"]),
        ("2 years of experience", ["experience"]),
        ("certified forklift operator", ["forklift"]),
        ("We lift each other up", []),
        ("no license needed to have fun", []),
    ],
)
def test_needs(text: str, words: list[str]) -> None:
    assert list(find_words(REQUIREMENTS, text)) == words


@pytest.mark.parametrize(
    "text,words",
    [
        ("Warehouse associate", ["warehouse"]),
        ("Line cook\nEvenings behind our bar", ["kitchen"]),
        ("Barback", ["alcohol"]),
        ("Overnight stocker in the freezer", ["night", "cold"]),
        ("Roofer", ["heights"]),
        ("Cashier", ["customers", "cash"]),
        ("Teacher's aide at a preschool", ["children"]),
        ("A barn for rent", []),
    ],
)
def test_settings(text: str, words: list[str]) -> None:
    assert list(find_words(SETTINGS, text)) == words


def test_a_column_of_words_may_be_ours_or_anybodys() -> None:
    assert known_words(REQUIREMENTS, "lift_50, license") == ("license", "lift_50")
    assert known_words(REQUIREMENTS, "lift_50|valid driver's license") == ("license", "lift_50")
    assert known_words(REQUIREMENTS, "a good mood") == ()
