"""Dates and times as people text them: what is read back, proposed, or asked for."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flows.answers import AskBack, Asked, Confirm, read
from flows.answers.when_calendar import clock_change
from flows.answers.when_holidays import easter

TUESDAY = datetime(2027, 2, 23, 17, 51)  # a Tuesday evening in Boston


def heard(
    text: str, kind: str = "datetime", lang: str = "en", now: datetime = TUESDAY, draft: object = None
) -> object:
    """Read and shorten: the value and whether it is a proposal, or the sentence that asks."""
    match read(text, Asked(kind, lang, now, draft=draft)):  # type: ignore[arg-type]
        case Confirm(value=value, sentence=sentence):
            return value if sentence.startswith("read_back") else (value, sentence)
        case AskBack(sentence=sentence):
            return sentence
        case other:
            return other


def value(outcome: object) -> object:
    """Give what is to be confirmed, whether it is read back or proposed."""
    return outcome[0] if isinstance(outcome, tuple) else outcome


def day(month: int, number: int, year: int = 2027) -> date:
    return date(year, month, number)


def at(month: int, number: int, hour: int, minute: int = 0, year: int = 2027) -> datetime:
    return datetime(year, month, number, hour, minute)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("tomorrow at 8am", at(2, 24, 8)),
        ("tmrw 8 am", at(2, 24, 8)),
        ("2moro @ 1pm", at(2, 24, 13)),
        ("fri 9am", at(2, 26, 9)),
        ("Friday the 26th at 2:30 p.m.", at(2, 26, 14, 30)),
        ("mon mar 1 at 10 in the morning", at(3, 1, 10)),
        ("March 5th, 13:15", at(3, 5, 13, 15)),
        ("5 march 1pm", at(3, 5, 13)),
        ("3/14 10am", at(3, 14, 10)),
        ("3-14-27 10 am", at(3, 14, 10)),
        ("2027-03-14 16h00", at(3, 14, 16)),
        ("done start mar 8 6am they need my ss card", at(3, 8, 6)),
        ("I GOT ITTTT start mon 7am", at(3, 1, 7)),
        ("noon tomorrow", at(2, 24, 12)),
        ("half past 3 in the afternoon on the 4th", at(3, 4, 15, 30)),
        ("quarter to 5 pm thursday", at(2, 25, 16, 45)),
        ("20 past eight in the evening tomorrow", at(2, 24, 20, 20)),
        ("seven p . m . tomorrow", at(2, 24, 19)),
        ("wensday 11am", at(2, 24, 11)),
        ("the day after tomorrow 5pm", at(2, 25, 17)),
        ("tonight at 8", at(2, 23, 20)),
        ("not tomorrow, friday at 9am", at(2, 26, 9)),
        ("friday instead of thursday, 9am", at(2, 26, 9)),
        ("3-1 9am", at(3, 1, 9)),
        ("mon 8.30am", at(3, 1, 8, 30)),
        ("a week from friday 9am", at(3, 5, 9)),
        ("fri noonish", at(2, 26, 12)),
        ("eight tonight", at(2, 23, 20)),
        ("in 2 hours", at(2, 23, 19, 51)),
        ("in half an hour", at(2, 23, 18, 21)),
        ("3 weeks from tomorrow at 9am", at(3, 17, 9)),
        ("thursday, march 4, 0815", at(3, 4, 8, 15)),
        ("4 people, march 4 at 9am", at(3, 4, 9)),
        ("12 Elm St, tomorrow 9am", at(2, 24, 9)),
        ('feb 24 at 8 o"clock in the morning', at(2, 24, 8)),
        ("tomorrow @noon", at(2, 24, 12)),
        ("thu@4:20pm", at(2, 25, 16, 20)),
        ("in 2.5 hours", at(2, 23, 20, 21)),
        ("in about 45 minutes", at(2, 23, 18, 36)),
        ("after 3 hours", at(2, 23, 20, 51)),
        ("five minutes to six tomorrow evening", at(2, 24, 17, 55)),
        ("saturday at eleven-twenty am", at(2, 27, 11, 20)),
        ("the twenty-seventh at 6pm", at(2, 27, 18)),
        ("second of march, 7 in the am", at(3, 2, 7)),
        ("in three weeks on friday at 2pm", at(3, 19, 14)),
        ("thursday in 2 weeks, 8am", at(3, 11, 8)),
        ("last day of march at noon", at(3, 31, 12)),
        ("the last monday in march at 9am", at(3, 29, 9)),
        ("next month on the 24th at 9am", at(3, 24, 9)),
        ("can't do wednesday, friday 9am", at(2, 26, 9)),
        ("right now", at(2, 23, 17, 51)),
        ("the day before friday at 3pm", at(2, 25, 15)),
        ("the day after march 9 at 3pm", at(3, 10, 15)),
        ("the thursday after next, 1 p", at(3, 4, 13)),
        ("03 09 2027 4 pm", at(3, 9, 16)),
        ("wednesday 5, 5pm", at(2, 24, 17)),
        ("ten of seven p.m. tomorrow", at(2, 24, 18, 50)),
    ],
)
def test_what_is_said_in_full_is_read_back(text: str, expected: datetime) -> None:
    assert heard(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("mañana a las 8 de la mañana", at(2, 24, 8)),
        ("manana a las 8 am", at(2, 24, 8)),
        ("el viernes a las 10 de la mañana", at(2, 26, 10)),
        ("el jueves 4 de marzo a las 3 y media de la tarde", at(3, 4, 15, 30)),
        ("pasado mañana a las siete de la noche", at(2, 25, 19)),
        ("el 5 de marzo, ocho y diez pm", at(3, 5, 20, 10)),
        ("miercoles a las doce del mediodia", at(2, 24, 12)),
        ("esta noche 8pm", at(2, 23, 20)),
        ("hoy a las 9 p. m.", at(2, 23, 21)),
        ("en 2 horas", at(2, 23, 19, 51)),
        ("el 21 de este mes", "past"),
        ("a las siete menos cuarto de la tarde del 15", at(3, 15, 18, 45)),
        ("lunes de la próxima semana a las 11 am", at(3, 1, 11)),
        ("dentro de dos semanas a las 9 am", at(3, 9, 9)),
        ("el 16 de marzo a las 15 horas", at(3, 16, 15)),
        ("mñn 11am", at(2, 24, 11)),
        ("viernes a las 12 del dia", at(2, 26, 12)),
        ("el veintiocho a las once de la mañana", at(2, 28, 11)),
        ("hoy en quince a las 9 am", at(3, 9, 9)),
        ("en un par de horas", at(2, 23, 19, 51)),
        ("de aqui a tres horas", at(2, 23, 20, 51)),
        ("diez pasadas las 4 pm del jueves", at(2, 25, 16, 10)),
        ("el último jueves de marzo a las 9 am", at(3, 25, 9)),
        ("no puedo el jueves, el sábado a las 4 pm", at(2, 27, 16)),
        ("ahora mismo", at(2, 23, 17, 51)),
        ("el dia despues de mañana a las 4 pm", at(2, 25, 16)),
        ("mañana 10 d la mañana", at(2, 24, 10)),
        ("jueves a las 19 hrs", at(2, 25, 19)),
        ("jueves, una y media de la tarde", at(2, 25, 13, 30)),
    ],
)
def test_spanish_in_full_is_read_back(text: str, expected: object) -> None:
    assert heard(text, lang="es") == expected


@pytest.mark.parametrize(
    "text, lang, expected",
    [
        ("tomorrow at 8", "en", at(2, 24, 8)),
        ("tomorrow at 6", "en", at(2, 24, 18)),
        ("fri 2:30", "en", at(2, 26, 14, 30)),
        ("fri 230", "en", at(2, 26, 14, 30)),
        ("mon 10", "en", at(3, 1, 10)),
        ("mon 8.30", "en", at(3, 1, 8, 30)),
        ("10ish thursday", "en", at(2, 25, 10)),
        ("they said 9 sharp tomorrow", "en", at(2, 24, 9)),
        ("thursday i think, like 10", "en", at(2, 25, 10)),
        ("ten to nine tomorrow", "en", at(2, 24, 8, 50)),
        ("el jueves a un cuarto para las tres", "es", at(2, 25, 14, 45)),
        ("jueves 10 pa las 11", "es", at(2, 25, 10, 50)),
        ("no el jueves, el viernes a las 9", "es", at(2, 26, 9)),
        ("el juebes a las dies", "es", at(2, 25, 10)),
        ("mie 10", "es", at(2, 24, 10)),
        ("lunes 1 a las 10", "es", at(3, 1, 10)),
        ("thursday 12:15", "en", at(2, 25, 12, 15)),
        ("tomorrow, ten thirty", "en", at(2, 24, 10, 30)),
        ("mañana a las 3", "es", at(2, 24, 15)),
        ("ya me dieron entrevista el jueves a las 10 en el hotel", "es", at(2, 25, 10)),
        ("el hotel me la cambio para viernes a la 1", "es", at(2, 26, 13)),
        ("me acaban de llamar q mejor el lunes a las 10 disculpe", "es", at(3, 1, 10)),
        ("mesa cafe dice lunes 11:30", "es", at(3, 1, 11, 30)),
        ("today at 6", "en", at(2, 23, 18)),
        ("today at 7", "en", at(2, 23, 19)),  # 7 am is gone
    ],
)
def test_without_am_or_pm_business_hours_are_proposed(text: str, lang: str, expected: datetime) -> None:
    today = "_today" if expected.date() == TUESDAY.date() else ""
    assert heard(text, lang=lang) == (expected, f"propose.datetime{today}")


@pytest.mark.parametrize(
    "text, kind, lang, expected",
    [
        ("tuesday 9am", "datetime", "en", (at(3, 2, 9), "propose.not_today_at")),
        ("tuesday", "date", "en", (day(3, 2), "propose.not_today")),
        ("el martes", "date", "es", (day(3, 2), "propose.not_today")),
        ("next friday", "date", "en", (day(3, 5), "propose.next_week")),
        ("el próximo viernes a las 9 am", "datetime", "es", (at(3, 5, 9), "propose.next_week_at")),
        ("next monday", "date", "en", day(3, 1)),
        ("el viernes que viene", "date", "es", day(2, 26)),
        ("el martes que viene a las 9 am", "datetime", "es", at(3, 2, 9)),
        ("el lunes entrante", "date", "es", day(3, 1)),
        ("el viernes de la semana que viene", "date", "es", day(3, 5)),
        ("this friday", "date", "en", day(2, 26)),
        ("friday march 4", "date", "en", (day(3, 4), "propose.other_weekday")),
        ("friday march 5", "date", "en", day(3, 5)),
        ("mar 20 abr", "date", "es", day(4, 20)),
        ("friday the 9th", "date", "en", day(4, 9)),
    ],
)
def test_weekdays(text: str, kind: str, lang: str, expected: object) -> None:
    assert heard(text, kind, lang) == expected


@pytest.mark.parametrize(
    "text, lang, sentence",
    [
        ("monday", "en", "ask.time"),
        ("they said come back mon for pee test and paper work", "en", "ask.time"),
        ("pasado mañana", "es", "ask.time"),
        ("at 8am", "en", "ask.date"),  # gone for today
        ("a las tres de la tarde", "es", "ask.date"),
        ("yesterday", "en", "past"),
        ("last friday at 2pm", "en", "past"),
        ("2/14/2027 10am", "en", "past"),
        ("feb 10 at 9am", "en", "past"),
        ("el martes pasado a las dos", "es", "past"),
        ("anoche a las 8", "es", "past"),
        ("hace 3 dias", "es", "past"),
        ("3 days ago", "en", "past"),
        ("today at 9am", "en", "past.time"),
        ("monday or tuesday at 9", "en", "ask.which_date"),
        ("tomorrow 10 or 11am", "en", "ask.which_time"),
        ("tomorrow between 9:30 and 11", "en", "ask.which_time"),
        ("mon 9-5", "en", "ask.which_time"),
        ("5 to 9 tomorrow", "en", "ask.which_time"),
        ("half 3 tomorrow", "en", "ask.which_time"),
        ("martes 9 a 10", "es", "ask.which_time"),
        ("jueves a las 10 u 11", "es", "ask.which_time"),
        ("the first", "en", "ask.time"),
        ("next week", "en", "unclear.datetime"),
        ("2027", "en", "unclear.datetime"),
        ("2/30 at 9am", "en", "ask.date"),
        ("i don't know yet", "en", "unclear.datetime"),
        ("no se todavia", "es", "unclear.datetime"),
        ("1 its raining", "en", "unclear.datetime"),
        ("", "en", "unclear.datetime"),
    ],
)
def test_what_is_missing_or_does_not_add_up_is_asked(text: str, lang: str, sentence: str) -> None:
    assert heard(text, lang=lang) == sentence


@pytest.mark.parametrize(
    "text, lang, expected",
    [
        ("tonight at 1am", "en", at(2, 24, 1)),
        ("tonight at midnight", "en", at(2, 24, 0)),
        ("today at midnight", "en", at(2, 24, 0)),
        ("saturday night at 12:30", "en", at(2, 28, 0, 30)),
        ("el sábado a las 12 de la noche", "es", at(2, 28, 0)),
        ("esta noche a las 2 am", "es", at(2, 24, 2)),
        ("thursday night at 11", "en", at(2, 25, 23)),
        ("thursday at 1am", "en", (at(2, 25, 1), "propose.odd_hour_at")),
        ("tonight at 3", "en", "ask.time"),  # in the night or, after all, in the afternoon?
    ],
)
def test_after_midnight_a_night_goes_on(text: str, lang: str, expected: object) -> None:
    assert heard(text, lang=lang) == expected


def test_an_hour_doubted_in_the_night_keeps_its_night() -> None:
    first = read("tonight at 2", Asked("datetime", "en", TUESDAY))
    assert isinstance(first, AskBack)
    assert heard("2am", draft=first.draft) == at(2, 24, 2)
    assert heard("8pm", draft=first.draft) == at(2, 23, 20)


def test_two_texts_make_one_answer() -> None:
    first = read("1 its tomoro", Asked("datetime", "en", TUESDAY))
    assert first == AskBack("ask.time", {"at": day(2, 24)}, {"date": day(2, 24)})
    assert heard("at 8", draft=first.draft) == (at(2, 24, 8), "propose.datetime")
    assert heard("8", draft=first.draft) == (at(2, 24, 8), "propose.datetime")
    assert heard("actually thursday at 9am", draft=first.draft) == at(2, 25, 9)


def test_the_time_first_then_the_day() -> None:
    first = read("2:30", Asked("datetime", "en", TUESDAY))
    assert isinstance(first, AskBack)
    assert first.sentence == "ask.date"
    assert heard("thursday", draft=first.draft) == (at(2, 25, 14, 30), "propose.datetime")
    assert heard("the 4th", draft=first.draft) == (at(3, 4, 14, 30), "propose.datetime")


@pytest.mark.parametrize(
    "text, lang, expected",
    [
        ("230", "en", (time(14, 30), "propose.time")),
        ("330", "en", (time(15, 30), "propose.time")),
        ("10", "en", (time(10), "propose.time")),
        ("4", "es", (time(16), "propose.time")),
        ("a las 8", "es", (time(8), "propose.time")),
        ("@ 1", "en", (time(13), "propose.time")),
        ("0810", "en", time(8, 10)),
        ("8pm", "en", time(20)),
        ("8 de la noche", "es", time(20)),
        ("midnight", "en", time(0)),
        ("a las doce de la noche", "es", time(0)),
        ("17:00", "en", time(17)),
        ("5 in the evening", "en", time(17)),
        ("un cuarto para las 3", "es", (time(14, 45), "propose.time")),
        ("siete menos diez", "es", (time(18, 50), "propose.time")),
        ("2019", "en", "unclear.time"),
        ("seis cero dos pm", "es", time(18, 2)),
        ("9 to 5", "en", "ask.which_time"),
        ("25", "en", "unclear.time"),
        ("8.15", "en", (time(8, 15), "propose.time")),
        ("8 15", "es", (time(8, 15), "propose.time")),
        ("8;15 a m", "en", time(8, 15)),
        ("2:40 p", "en", time(14, 40)),
        ("quarter of ten", "en", (time(9, 45), "propose.time")),
        ("diez de marzo", "es", "unclear.time"),
        ("7 until 9", "en", "ask.which_time"),
        ("9 to noon", "en", "ask.which_time"),
        ("at 7, 7pm", "en", time(19)),
        ("quince para las cuatro", "es", (time(15, 45), "propose.time")),
        ("una de la tarde", "es", time(13)),
        ("una hora", "es", "unclear.time"),  # how long, not when
        ("las veintiuna horas", "es", time(21)),
    ],
)
def test_a_time_alone(text: str, lang: str, expected: object) -> None:
    assert heard(text, "time", lang) == expected


@pytest.mark.parametrize(
    "text, lang, expected",
    [
        ("1/3", "es", day(3, 1)),  # of 1 March and 3 January only one is near
        ("3/1", "en", day(3, 1)),
        ("5/6", "es", "ask.day_or_month"),
        ("25/3", "es", day(3, 25)),
        ("25/3", "en", day(3, 25)),
        ("the 4th", "en", day(3, 4)),
        ("el 4", "es", day(3, 4)),
        ("first of march", "en", day(3, 1)),
        ("third tuesday of march", "en", day(3, 16)),
        ("first monday of next month", "en", day(3, 1)),
        ("three fridays from now", "en", day(3, 12)),
        ("in 2 weeks", "en", day(3, 9)),
        ("2 weeks", "en", day(3, 9)),
        ("feb 29", "en", day(2, 29, 2028)),
        ("22 de abril", "es", day(4, 22)),
        ("super tuesday", "en", "unclear.date"),
        ("lunes 5/4", "es", day(4, 5)),  # 5 April is a Monday, 4 May is none
        ("the second", "en", day(3, 2)),
        ("2nd week", "en", "unclear.date"),
        ("the monday after next", "en", day(3, 8)),
        ("day before the 1st of april", "en", day(3, 31)),
        ("04 15 2027", "en", day(4, 15)),
        ("15 04 2027", "es", day(4, 15)),
        ("no el lunes, el jueves", "es", day(2, 25)),
        ("2 weeks from thursday", "en", day(3, 11)),
        ("can't do tomorrow", "en", "unclear.date"),
        ("no puedo mañana", "es", "unclear.date"),
    ],
)
def test_a_date_alone(text: str, lang: str, expected: object) -> None:
    assert heard(text, "date", lang) == expected


def test_a_day_far_ahead_is_read_back_with_its_year() -> None:
    reading = read("january 15", Asked("date", "en", TUESDAY))
    assert reading == Confirm(day(1, 15, 2028), "read_back.year", {"at": day(1, 15, 2028), "year": 2028})


@given(ahead=st.integers(1, 300), hour=st.integers(0, 23), minute=st.sampled_from([0, 5, 15, 30, 45, 59]))
def test_what_we_write_ourselves_is_read_as_we_meant_it(ahead: int, hour: int, minute: int) -> None:
    moment = datetime.combine(TUESDAY.date() + timedelta(days=ahead), time(hour, minute))
    assume(clock_change(moment) != "skipped")
    twelve, half = moment.hour % 12 or 12, "am" if moment.hour < 12 else "pm"
    written = f"{moment:%a} {moment:%b} {moment.day} at {twelve}:{minute:02d} {half}"
    assert value(heard(written)) == moment


@given(ahead=st.integers(1, 300), hour=st.integers(0, 23))
def test_what_we_write_in_spanish_is_read_as_we_meant_it(ahead: int, hour: int) -> None:
    months = "ene feb mar abr may jun jul ago sep oct nov dic".split()
    weekdays = "lun mar mie jue vie sab dom".split()
    moment = datetime.combine(TUESDAY.date() + timedelta(days=ahead), time(hour))
    assume(clock_change(moment) != "skipped")
    twelve, half = moment.hour % 12 or 12, "am" if moment.hour < 12 else "pm"
    written = f"{weekdays[moment.weekday()]} {moment.day} {months[moment.month - 1]}, {twelve}:00 {half}"
    assert value(heard(written, lang="es")) == moment


@pytest.mark.parametrize(
    "text, lang, expected",
    [
        ("the day after thanksgiving", "en", day(11, 26)),
        ("on Christmas Eve", "en", day(12, 24)),
        ("x-mas", "en", day(12, 25)),
        ("labor day", "en", day(9, 6)),
        ("good friday", "en", day(3, 26)),
        ("easter sunday", "en", day(3, 28)),
        ("2 days before easter", "en", day(3, 26)),
        ("a week after st. patrick's day", "en", day(3, 24)),
        ("the monday after easter", "en", day(3, 29)),
        ("memorial day", "en", day(5, 31)),
        ("new year's eve", "en", day(12, 31)),
        ("new years day 2028", "en", day(1, 1, 2028)),
        ("thanksgiving in two years", "en", day(11, 22, 2029)),
        ("labor day of next year", "en", day(9, 4, 2028)),
        ("nochebuena", "es", day(12, 24)),
        ("el dia de navidad", "es", day(12, 25)),
        ("el lunes antes de navidad", "es", day(12, 20)),
        ("un dia despues de accion de gracias", "es", day(11, 26)),
        ("viernes santo", "es", day(3, 26)),
        ("valentine's day", "en", "past"),  # nine days ago: next year's would be a guess
        ("last christmas", "en", "past"),
        ("sometime after christmas", "en", "unclear.date"),
        ("chinese new year", "en", "unclear.date"),
        ("happy new year", "en", "unclear.date"),
    ],
)
def test_days_that_go_by_a_name(text: str, lang: str, expected: object) -> None:
    assert value(heard(text, "date", lang)) == expected


@pytest.mark.parametrize(
    "year, month, number",
    [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25), (2049, 4, 18)],
)
def test_easter(year: int, month: int, number: int) -> None:
    assert easter(year) == date(year, month, number)


@pytest.mark.parametrize(
    "text, lang, sentence",
    [
        # no date: proposed as today where that can still be
        ("6:30 pm", "en", "propose.today"),
        ("at 7", "en", "ask.date"),  # 7 in the morning is gone, and few interviews are at 7 in the evening
        ("a las 8 de la noche", "es", "propose.today"),
        ("11 am", "en", "ask.date"),
        ("next week at 9am", "en", "ask.date"),
        ("el mes que viene a las 7 pm", "es", "ask.date"),
        ("9pm this weekend", "en", "ask.date"),
        # a weekday that is today; next X while X is still to come
        ("tuesday 9 am", "en", "propose.not_today_at"),
        ("next saturday 9 am", "en", "propose.next_week_at"),
        # two dates or a range
        ("march 3 or march 4 at 9am", "en", "ask.which_date"),
        ("mon-fri 9am", "en", "ask.which_date"),
        ("del 3 al 5 de marzo", "es", "ask.which_date"),
        ("between the 3rd and the 5th", "en", "ask.which_date"),
        ("thursday 9am to 11am", "en", "ask.which_time"),
        ("jueves de 9 a 11 de la mañana", "es", "ask.which_time"),
        # the day or the month first
        ("4/3 a las 9 am", "es", "ask.day_or_month"),
        ("4/10 a las 9 am", "es", "read_back.datetime"),  # of 4 October and 10 April only one is near
        ("4.5.2027 9 am", "en", "ask.day_or_month"),
        # past
        ("february 3 at 9am", "en", "past"),
        ("2/3/2027", "en", "past"),
        # far ahead
        ("june 1 at 9am", "en", "propose.far_at"),
        ("el 1 de junio a las 9 am", "es", "propose.far_at"),
        ("january 4 at 9am", "en", "read_back.datetime_year"),
        # odd hours
        ("thursday 3am", "en", "propose.odd_hour_at"),
        ("thursday 12am", "en", "propose.odd_hour_at"),
        ("jueves a las 11:30 pm", "es", "propose.odd_hour_at"),
        ("thursday night at 11:30", "en", "read_back.datetime"),  # they said night
        ("jueves a las 3 de la madrugada", "es", "propose.odd_hour_at"),
        # clocks change
        ("march 14 at 2:30 am", "en", "ask.clock_gap"),
        ("14 de marzo a las 2:30 am", "es", "ask.clock_gap"),
        ("november 7 at 1:30 am", "en", "propose.clock_twice"),
        ("march 14 at 9 am", "en", "read_back.datetime"),
        # no time at all
        ("2027", "en", "unclear.datetime"),
        ("in 2027", "en", "unclear.datetime"),
        ("march 2028", "en", "unclear.datetime"),
        ("2027?", "es", "unclear.datetime"),
    ],
)
def test_what_is_asked_or_proposed_and_never_guessed(text: str, lang: str, sentence: str) -> None:
    assert read(text, Asked("datetime", lang, TUESDAY)).sentence == sentence  # type: ignore[union-attr]


def test_a_proposed_day_keeps_the_time_that_was_written() -> None:
    reading = read("8 pm", Asked("datetime", "en", TUESDAY))
    assert reading == Confirm(
        at(2, 23, 20), "propose.today", {"at": at(2, 23, 20)}, {"time": time(20), "sure": True}
    )
    assert heard("no the 4th", draft=reading.draft) == at(3, 4, 20)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("noon", "unclear.date"),  # gone for today
        ("this evening", day(2, 23)),
        ("evening", (day(2, 23), "propose.today_date")),
        ("7 pm", (day(2, 23), "propose.today_date")),
        ("morning", "unclear.date"),
    ],
)
def test_a_time_where_a_day_is_asked_for(text: str, expected: object) -> None:
    assert heard(text, "date") == expected


@pytest.mark.parametrize(
    "text, kind, lang, expected",
    [
        ("an hour and a half from now", "datetime", "en", at(2, 23, 19, 21)),
        ("en hora y media", "datetime", "es", at(2, 23, 19, 21)),
        ("in 1h30", "datetime", "en", at(2, 23, 19, 21)),
        ("2 hours before 5 pm", "time", "en", time(15)),
        ("half an hour after noon", "time", "en", time(12, 30)),
        ("una hora antes de las 5 pm", "time", "es", time(16)),
        ("in a fortnight", "date", "en", day(3, 9)),
        ("friday week", "date", "en", day(3, 5)),
        ("el viernes en ocho", "date", "es", day(3, 5)),
        ("friday at 9am, next week", "datetime", "en", at(3, 5, 9)),
        ("next week on friday 9am", "datetime", "en", at(3, 5, 9)),
        ("tom 9am", "datetime", "en", at(2, 24, 9)),
        ("tusday 9am", "datetime", "en", at(3, 2, 9)),
        ("mnana 9am", "datetime", "es", at(2, 24, 9)),
        ("el sabado xla mañana a las 9", "datetime", "es", at(2, 27, 9)),
        ("pasadomañana 9am", "datetime", "es", at(2, 25, 9)),
        ("ocho a m", "time", "es", time(8)),
        ("um so like ... tomorrow at 3ish pm i think", "datetime", "en", at(2, 24, 15)),
        ("TOMORROW!!! AT 3PM!!! 🎉🎉", "datetime", "en", at(2, 24, 15)),
    ],
)
def test_ways_of_saying_it(text: str, kind: str, lang: str, expected: object) -> None:
    assert value(heard(text, kind, lang)) == expected


@pytest.mark.parametrize(
    "said, hour",
    [
        ("am", 10),
        ("A.M.", 10),
        ("no am", 10),
        ("in the morning", 10),
        ("de la mañana", 10),
        ("pm", 22),
        ("PM!", 22),
        ("no its pm", 22),
        ("p.m. sorry", 22),
        ("pm not am", 22),
        ("at night", 22),
        ("noche", 22),
    ],
)
def test_the_half_of_the_day_alone_settles_the_hour_that_is_read_back(said: str, hour: int) -> None:
    both = {"date": day(2, 24), "time": time(10, 30), "sure": True}
    assert value(heard(said, draft=both)) == at(2, 24, hour, 30)
    assert value(heard(said, "time", draft={"time": time(10, 30), "sure": True})) == time(hour, 30)


@pytest.mark.parametrize("said", ["am", "pm", "i am", "am i", "i am coming"])
@pytest.mark.parametrize("kind", ["date", "time", "datetime"])
def test_a_half_of_no_hour_is_no_answer(said: str, kind: str) -> None:
    assert heard(said, kind) == f"unclear.{kind}"
