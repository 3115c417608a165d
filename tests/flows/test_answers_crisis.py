"""Words that may mean danger: what fires, how gravely, and what is only a way of speaking."""

import pytest

from flows.answers.crisis import Rules, make_rules, tier
from tests.flows import words


@pytest.fixture(scope="module", name="rules")
def shipped_rules() -> Rules:
    return make_rules(words.load("crisis"))


@pytest.mark.parametrize(
    "text",
    [
        "i want to die",
        "I wanna kill myself",
        "gonna end my life tonight",
        "i am suicidal",
        "thinking about suicide",
        "im gonna jump off the bridge",
        "i cut my wrists",
        "gonna put a bullet in my head",
        "id be better off dead",
        "kms",
        "I want to die, the interview killed me",  # an idiom excuses nothing explicit
        "me quiero matar",
        "quiero morirme",
        "ya no quiero vivir",
        "voy a quitarme la vida",
        "voy a tirarme del puente",
        "me voy a tirar al metro",
        "trate de matarme",
        "me quiero hacer daño",
        "me quiero pegar un tiro",
        "me tomé todas las pastillas",
        "tengo un plan para matarme",
    ],
)
def test_explicit_and_about_oneself_is_tier_1(rules: Rules, text: str) -> None:
    assert (tier(text, rules) or (0, ""))[0] == 1


@pytest.mark.parametrize(
    "text",
    [
        "i wish i was dead",
        "i dont want to be here anymore",
        "i cant go on",
        "no reason to live",
        "tired of living",
        "hope i never wake up",
        "no point in living",
        "nobody would miss me",
        "i give up",
        "i hate myself",
        "ya no puedo mas",
        "estoy cansada de vivir",
        "gonna kill my po",
        "voy a matarlo",
        "my ex is going to hurt me",
        "my brother wants to kill himself",
        "overdose",
        "there's no point in going on",
        "life isn't worth it",
        "i don't mind dying",
        "i'd rather die",
        "hate my life",
        "make the pain stop",
        "i'm just a burden",
        "wrote a goodbye letter",
        "a handful of pills",
        "i started cutting again",
        "razor blade across my arm",
        "please kill me",
        "quiero acabar con todo",
        "odio mi vida",
        "no le veo sentido a la vida",
        "soy una carga",
        "ojalá no despertara",
        "me quiero cortar",
        "ya no quiero estar en este mundo",
    ],
)
def test_passive_words_methods_and_threats_are_tier_2(rules: Rules, text: str) -> None:
    assert (tier(text, rules) or (0, ""))[0] == 2


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "yes",
        "im dying to see my kids",
        "my phone died",
        "my battery is dead",
        "the interview killed me",
        "this job is gonna kill me lol",
        "killing time til the bus",
        "i can't go on thursday",
        "cant go on the 5th",
        "i drive my car to work",
        "wrecked my car last week",
        "estoy muerta de hambre",
        "me muero de sueño",
        "se me murio el telefono",
        "i cut hair",
        "i cut myself shaving",
        "no quiero vivir aqui",
        "me quiero morir de pena",
        "me voy a matar trabajando",
        "got hit by a car last year",
        "i can cut and hang drywall",
        "i hung drywall for 3 years",
        "shoot me the address",
        "i get off at 5",
        "jump start my car",
        "i want to give up my seat",
        "the deadline is friday",
        "San Diego",
        "I'm a die hard fan",
        "i was a butcher, cut meat",
        "forklift, jumped off the truck and hurt my knee",
        "is there another way out of the building",
        "which is the easiest way there",
        "they gave away my spot",
        "i hate living at the shelter",
        "why am i still here waiting",
        "nobody will care if im late",
        "been cutting grass for 10 years",
        "what's the point of the interview",
        "i take pills for my blood pressure",
        "he jumped out of the car",
        "me quiero cortar el pelo",
        "no puedo mas con este trafico",
        "quiero terminar con esto rapido",
        "trabajo de carga y descarga",
    ],
)
def test_ways_of_speaking_and_work_words_are_nothing(rules: Rules, text: str) -> None:
    assert tier(text, rules) is None


def test_the_rule_that_fired_is_named(rules: Rules) -> None:
    assert tier("i want to kill myself", rules) == (1, "kill-self")
    assert len({rule.id for rule in rules.rules}) == len(rules.rules)
    assert rules.version >= 1


@pytest.mark.parametrize(
    "data, says",
    [
        (
            {"version": 1, "slots": {}, "rules": [{"id": "a", "tier": 3, "any": ["x"]}]},
            "rule a: the tier is 1 or 2",
        ),
        ({"version": 1, "slots": {}, "rules": [{"id": "a", "tier": 1, "any": ["(x"]}]}, "rule a"),
        ({"version": 1, "slots": {}, "rules": [{"id": "a", "tier": 1, "any": ["<self> x"]}]}, "rule a"),
        (
            {"version": 1, "slots": {}, "rules": [{"id": "a", "tier": 1, "any": ["x"]}] * 2},
            "an id is used twice",
        ),
    ],
)
def test_a_rule_that_cannot_be_read_is_named(data: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make_rules(data)


def test_rules_without_idioms() -> None:
    rules = make_rules({"version": "2", "slots": {}, "rules": [{"id": "a", "tier": "2", "any": ["sad"]}]})
    assert tier("so sad", rules) == (2, "a")


def test_what_is_sent_names_988_and_the_spanish_ways_to_it() -> None:
    now = words.load("engine")["crisis.now"]
    assert all(each in now["en"] for each in ("Call or text 988", "911"))
    assert all(each in now["es"] for each in ("988", "marque 2", "AYUDA", "911"))
