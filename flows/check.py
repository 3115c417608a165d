"""Lint a folder of flows: every rule in one pass, each fault with file and line, plain words and a way out.

The rule: loading already refuses what cannot run (flows/assemble.py); the rules here keep what runs fit for a
person on a cheap phone. They live by what they look at: names, steps, logic, paths, words typed, texts read,
promises, translations.
"""

from flows.arriving import arriving
from flows.assemble import Loaded
from flows.check_answers import check_answers
from flows.check_blanks import check_blanks
from flows.check_fakes import check_fakes
from flows.check_kept import check_kept
from flows.check_logic import check_logic
from flows.check_names import check_names
from flows.check_needs import check_needs
from flows.check_paths import check_paths
from flows.check_privacy import check_privacy
from flows.check_promises import check_promises
from flows.check_reach import check_reach
from flows.check_steps import check_steps
from flows.check_texts import check_texts
from flows.check_translations import check_translations
from flows.check_words import check_words
from flows.problems import Problem, worth_telling
from flows.scope import Scopes


def check(loaded: Loaded) -> list[Problem]:
    """Give every problem of a folder, those of loading first considered, in the order of files and lines."""
    scopes = Scopes(loaded.all_flows)
    arrived = [each for written in loaded.texts for each in arriving(loaded, scopes, written)]
    found = {
        *loaded.problems,
        *loaded.notes,
        *check_names(loaded, scopes),
        *check_needs(loaded, scopes),
        *check_blanks(loaded, scopes),
        *check_answers(loaded, scopes),
        *check_steps(loaded, scopes),
        *check_logic(loaded, scopes),
        *check_paths(loaded, scopes),
        *check_reach(loaded, scopes),
        *check_kept(loaded, scopes),
        *check_fakes(loaded),
        *check_words(loaded),
        *check_promises(loaded),
        *check_translations(loaded),
        *check_texts(loaded, arrived),
        *check_privacy(loaded, arrived),
    }
    broken = {each.file.removesuffix(".yaml") for each in loaded.problems}
    wanted = (each for each in found if each.rule != "orphan" or each.file.split(".")[0] not in broken)
    return worth_telling(wanted)
