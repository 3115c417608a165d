"""Texts that answer nothing, and texts that only look as if they did not."""

import pytest

from flows.answers import not_an_answer


@pytest.mark.parametrize(
    "text, reason",
    [
        ('Liked "Reply YES"', "tapback"),
        ("Liked “1 yes 2 no”", "tapback"),
        ('Loved "Car 8:15 am. 1 coming"', "tapback"),
        ("Le gustó “1 si”", "tapback"),
        ('Laughed at "2"', "tapback"),
        ('Emphasized "stop"', "tapback"),
        ("Liked an image", "tapback"),
        ('Reacted 👍 to "1 yes 2 no"', "tapback"),
        ('👍 to "Tomorrow at 8?"', "tapback"),
        ('Removed a like from "1 yes"', "tapback"),
        ("I'm driving with Do Not Disturb While Driving turned on.", "auto_reply"),
        ("Sorry, I can't talk right now, I'll call you later", "auto_reply"),
        ("Estoy manejando, luego le escribo", "auto_reply"),
        ("😀😀", "emoji"),
        ("❤️", "emoji"),
        ("", "empty"),
        ("...", "empty"),
        ("ok", "ok"),
        ("K", "ok"),
        ("okk", "ok"),
        ("👍", "ok"),
        ("👍🏽", "ok"),
        ("thank u", "thanks"),
        ("ok thanks!", "thanks"),
        ("thanks so much maam", "thanks"),
        ("god bless you", "thanks"),
        ("muchas gracias", "thanks"),
        ("perfecto gracias por todo", "thanks"),
        ("Dios le bendiga", "thanks"),
        ("hi", "greeting"),
        ("heyyyy", "greeting"),
        ("good morning", "greeting"),
        ("hola buenas tardes", "greeting"),
        ("bye", "bye"),
        ("see you tomorrow", "bye"),
        ("hasta mañana", "bye"),
        ("omw", "on_my_way"),
        ("im on my way", "on_my_way"),
        ("ya voy saliendo", "on_my_way"),
        ("ok they said ok", None),
        ("ok 8am works", None),
        ("thanks i will be there at 8", None),
        ("hi i got this number from the lady at the center", None),
        ("i see him", None),
        ("yes", None),
        ("no gracias", None),  # an answer, and polite
        ("yes thanks", None),
        ("si muchas gracias", None),
        ("si mil gracias a las 10", None),
        ("i liked the job", None),
        ("1", None),
        ("morning shift", None),
    ],
)
def test_reason(text: str, reason: str | None) -> None:
    assert not_an_answer.reason(text, "en") == reason
    assert not_an_answer.reason(text, "es") == reason
