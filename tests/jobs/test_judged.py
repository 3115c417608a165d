"""The judged pairs: enough of them, and the ranking beats the plainer ones on people it was not tuned on."""

from bot.jobs.judging import evaluate, gain, load, ndcg, tune
from bot.jobs.score import Weights


def test_the_gain_over_each_plainer_ranking_lies_above_none() -> None:
    found = evaluate()
    assert found.holds
    assert found.ndcg["ours"] > max(found.ndcg["distance only"], found.ndcg["text only"])


def test_a_ranking_that_is_worse_does_not_hold() -> None:
    """Weights that look at nothing but what is asked for on the first day are no ranking."""
    blind = Weights(work=0, travel=0, week4=0, policy=0, hours=0, pay=0, learned=0)
    assert not evaluate(blind).holds


def test_two_hundred_pairs_at_least_with_every_grade() -> None:
    _, people = load()
    grades = [grade for one in people for grade in one.grades.values()]
    assert len(grades) >= 200
    assert set(grades) == {0, 1, 2, 3}
    assert all(len(one.grades) == 10 for one in people)


def test_the_weights_in_use_are_those_the_tuning_finds() -> None:
    """From the first guess, on every second person; what it finds is what is shipped."""
    first = Weights(work=22, travel=10, week4=20, policy=20, hours=12, pay=16, ready=8, learned=15)
    assert tune(first)[0] == Weights()


def test_the_measure_is_one_for_the_best_order_and_less_for_any_other() -> None:
    _, people = load()
    one = people[0]
    ideal = sorted(one.grades, key=lambda id_: -one.grades[id_])
    assert ndcg(one, ideal) == 1
    assert ndcg(one, ideal[::-1]) < 0.5


def test_the_interval_is_the_same_every_time_and_holds_the_mean() -> None:
    mean, low, high = gain([1.0, 0.5, 0.9, 0.8], [0.5, 0.5, 0.4, 0.9])
    assert low <= mean <= high
    assert gain([1.0, 0.5, 0.9, 0.8], [0.5, 0.5, 0.4, 0.9]) == (mean, low, high)
