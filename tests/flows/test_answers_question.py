"""Questions of theirs, told from the answers they look like."""

import pytest

from flows.answers.question import asks_us


@pytest.mark.parametrize(
    "text",
    [
        "how long will it take to get there",
        "can i bring my kid",
        "is it free",
        "what if im late",
        "What if I'm late by 10 min?",
        "can my son come with me",
        "do i need id",
        "what time will you pick me up",
        "when is my ride",
        "how do i get home",
        "wait can i bring my baby",
        "do you guys pick up early",
        "is there a dress code",
        "are you a real person",
        "how far is it",
        "what should i wear",
        "puedo llevar a mi hijo",
        "que pasa si llego tarde",
        "cuanto tarda",
        "a que hora me recogen",
        "es gratis",
        "is the ride safe",
        "will the driver wait for me",
        "does the driver know where to go",
        "can you pick me up early",
        "what happens if i miss it",
        "how come you need that",
        "why do you need my address",
        "can i smoke in the car",
        "what is this for",
        "y si llego tarde",
        "do i have to pay the driver",
        "can someone else ride with me",
        "how will i know the car",
        "whats the plate",
        "puedo llevar a mi niña",
        "will i get a ride home from the interview",
    ],
)
def test_a_plain_question_is_one(text: str) -> None:
    assert asks_us(text)


@pytest.mark.parametrize(
    "text",
    [
        "hope house on 5th",
        "can you pick me up at hope house",
        "can i get picked up by the mall",
        "is it ok at the library",
        "can you get me from my moms house on 5th st",
        "hope house?",
        "12 oak st",
        "the big walmart",
        "can the car come to the shelter",
        "do you know the fedex on airport rd",
        "me pueden recoger en la plaza",
        "where the old kmart was",
        "the what cheer tavern",
        "can you come to dudley station",
        "is it fedex",
        "near how lane",
        "i dont know the address",
        "corner of main and 5th",
        "could you stop near the park",
        "will's place",
        "dose st",
        "outside the shelter",
        "yes",
        "can u meet me in front of cvs",
        "",
        "?",
        "can",
    ],
)
def test_an_answer_put_as_a_question_is_an_answer(text: str) -> None:
    assert not asks_us(text)
