"""The shipped word lists: every sentence in both languages, short, plain, and writable on a cheap phone."""

import re
from pathlib import Path

import pytest
import yaml

from flows.reading_grade import english_grade, spanish_ease
from flows.sms_parts import not_gsm7, parts
from tests.flows import words

SENTENCES = yaml.load((words.FOLDER / "engine.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
READERS = Path(words.FOLDER).parents[1] / "answers"
WRITTEN = [
    (key, lang, text)
    for key, languages in SENTENCES.items()
    for lang, forms in languages.items()
    for text in (forms.values() if isinstance(forms, dict) else [forms])
]


def test_every_sentence_is_in_both_languages() -> None:
    assert {key: set(languages) for key, languages in SENTENCES.items()} == {
        key: {"en", "es"} for key in SENTENCES
    }


@pytest.mark.parametrize("key, lang, text", WRITTEN)
def test_every_sentence_fits_one_part(key: str, lang: str, text: str) -> None:
    filled = re.sub(r"\{[^}]*\}", "Wed Feb 24 at 10:00 am", text)
    assert parts(filled).parts == 1
    assert not_gsm7(text) == []


def plainly(lang: str) -> list[str]:
    return [re.sub(r"\{[^}]*\}", "ten", text) for _, spoken, text in WRITTEN if spoken == lang]


def test_the_sentences_are_easy_together_and_each_longer_one_alone() -> None:
    assert english_grade("\n".join(plainly("en"))) <= 5
    assert spanish_ease("\n".join(plainly("es"))) >= 80
    assert [text for text in plainly("en") if len(text.split()) >= 8 and english_grade(text) > 6] == []
    assert [text for text in plainly("es") if len(text.split()) >= 8 and spanish_ease(text) < 70] == []


def test_both_languages_have_the_same_blanks() -> None:
    for key, languages in SENTENCES.items():
        named = [set(re.findall(r"\{\s*([\w.]+)", str(languages[lang]))) for lang in ("en", "es")]
        assert named[0] == named[1], key


def test_every_sentence_a_reader_asks_for_exists() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in READERS.glob("*.py"))
    asked = set(re.findall(r'(?:AskBack|Confirm)\([^()"]*"([a-z_.]+)"', sources))
    asked |= set(re.findall(r'"((?:read_back|propose|unclear|unsure)\.[a-z_]+)"', sources))
    asked |= {
        f"propose.{doubt}{at}" for doubt in ("not_today", "next_week", "other_weekday") for at in ("", "_at")
    }
    asked |= {"read_back.datetime_year", "propose.datetime_year"}
    asked |= {f"unclear.{kind}" for kind in ("date", "time", "datetime", "choice", "choices")}
    assert len(asked) > 30
    assert {key for key in asked if "." in key or key == "past"} - set(SENTENCES) == set()


@pytest.mark.parametrize("lang", ["en", "es"])
def test_disclosure_lists_hold_the_words_that_matter(lang: str) -> None:
    lists = words.load("disclosure")
    must = {
        "en": {
            "prison*",
            "jail*",
            "parole*",
            "probation*",
            "felon*",
            "inmate*",
            "release",
            "offender*",
            "halfway",
        },
        "es": {"prision*", "carcel*", "condicional", "antecedente*", "delito*", "condena*", "preso*"},
    }
    assert must[lang] <= set(lists["reveals"][lang])
    assert lists["shows_off"][lang]
    assert lists["threatens"][lang]
