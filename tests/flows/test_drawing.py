"""One Say, drawn as SMS and as Telegram."""

import pytest

from flows.drawing import draw
from flows.effects import Button, Say

YES_NO = (Button(1, "yes"), Button(2, "no"))


@pytest.mark.parametrize(
    "say, body",
    [
        (Say("Need a ride?", options=YES_NO), "Need a ride? 1 yes 2 no"),
        (Say("See you at 7:10."), "See you at 7:10."),
        (Say("", options=YES_NO), "1 yes 2 no"),
        (Say("Jobs:", options=(Button(4, "Dock"), Button(90, "MORE"))), "Jobs: 4 Dock MORE"),
    ],
)
def test_sms_writes_the_options_behind_the_words(say: Say, body: str) -> None:
    drawn = draw(say, "sms", "en")
    assert drawn.body == body
    assert drawn.buttons == ()


def test_telegram_puts_them_under_the_words() -> None:
    drawn = draw(Say("Need a ride?", options=YES_NO), "telegram", "es")
    assert drawn.body == "Need a ride?"
    assert drawn.buttons == YES_NO
