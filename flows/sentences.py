"""Read `words/engine.yaml`: every sentence the engine itself says, in each language, by key.

The rule: a sentence is `key: {en: text, es: text}`, each side a text or its forms; both languages must be
there, because nothing else would be said in their place.
"""

from flows.fields import Written
from flows.i18n import Forms, forms_of
from flows.model import Where
from flows.nodes import Fields, Node, read_nodes
from flows.problems import Problem
from flows.texts import LANGS, BadText, make_text

_FIX = "write `key: {en: text, es: text}`."


def read_sentences(file: str, source: str, problems: list[Problem]) -> tuple[Written, ...]:
    """Read the engine's sentences; faults go to `problems`. Their keys begin with "engine."."""
    documents, more = read_nodes(file, source)
    problems += more
    found = []
    for node in documents:
        if not isinstance(node, Fields):
            problems.append(Problem(file, node.line, "The file must hold sentences by key.", _FIX))
            continue
        for key, value in node.fields.items():
            if (sentence := _sentence(file, key, node.keys[key], value, problems)) is not None:
                found.append(sentence)
    return tuple(found)


def _sentence(file: str, key: str, line: int, node: Node, problems: list[Problem]) -> Written | None:
    if key == "version":
        return None
    forms = {name: forms_of(each) for name, each in node.fields.items()} if isinstance(node, Fields) else {}
    both: dict[str, Forms] = {name: each for name, each in forms.items() if each and name in LANGS}
    if len(both) != len(LANGS) or len(forms) != len(LANGS):
        problems.append(Problem(file, line, f'The sentence "{key}" needs a text in en and es.', _FIX))
        return None
    try:
        text = make_text(f"engine.{key}", both)
    except BadText as bad:
        problems.append(Problem(file, line, f"{key}: {bad}.", "a blank is a name in braces, like {who}."))
        return None
    return Written(text, Where(file, line), "engine", key, "text")
