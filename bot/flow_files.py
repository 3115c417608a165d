"""The flows' files, looked at and put right from the command line: what most of `onward flows` does.

The rule: a folder that cannot be used is refused with every fault as a line; what is written into files is
what the pure modules of flows/ made, and nothing else of a file changes.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from flows.check import check
from flows.fix import write_ids
from flows.flowset import FlowSet
from flows.library import load
from flows.model import Flow
from flows.problems import Problem, did_you_mean
from flows.sidecar import Unreadable, Updated, update
from flows.transcripts import Transcript, signing_off, transcripts
from flows.walk_found import Walk

SCHEMA = "flow.schema.json"


class Unusable(Exception):
    """A folder of flows cannot be used; the message lists why, a line for each fault."""


def usable(folder: Path) -> FlowSet:
    """Load a folder's flows; Unusable lists every fault."""
    loaded = load(folder)
    if loaded.flows is None:
        raise Unusable("\n".join([*map(str, loaded.problems), f"The flows of {folder} have faults."]))
    if not loaded.flows.flows:
        raise Unusable(f"There are no flows in {folder}: it has no .yaml file that begins with `flow:`.")
    return loaded.flows


def flow_named(flows: FlowSet, name: str) -> Flow:
    """Find a flow by its name, or that of a file (intake.yaml); Unusable says what there is instead."""
    wanted = name.removesuffix(".yaml")
    if wanted in flows.flows:
        return flows.flows[wanted]
    known = sorted(flows.flows)
    in_file = [each.id for each in flows.flows.values() if each.where.file == f"{wanted}.yaml"]
    if in_file:
        raise Unusable(f"{wanted}.yaml holds several flows: {', '.join(in_file)}. Name one of them.")
    fix = did_you_mean(wanted, known, f"there is {', '.join(known)}.")
    raise Unusable(f'There is no flow called "{name}": {fix}')


def checked(folder: Path) -> list[Problem]:
    """List every fault of a folder, in the order of files and lines."""
    return check(load(folder))


def fixed(folder: Path) -> list[str]:
    """Write missing ids into a folder's files; return the names of those that changed."""
    by_file: dict[str, list[Problem]] = defaultdict(list)
    for problem in checked(folder):
        if problem.rule == "missing-id":
            by_file[problem.file].append(problem)
    changed = []
    for name, problems in sorted(by_file.items()):
        path = folder / name
        before = path.read_text(encoding="utf-8")
        after = write_ids(before, problems)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(name)
    return changed


# --- transcripts ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """Transcripts as files: how many of each, and those that came to another end when played again."""

    files: int
    transcripts: int
    astray: tuple[Transcript, ...]


def write_transcripts(flows: FlowSet, walked: Walk, folder: Path, flow: str | None = None) -> Written:
    """Write how every ending is come to: a folder for each kind of phone, in it a file for each flow."""
    by_file: dict[Path, list[Transcript]] = defaultdict(list)
    for each in transcripts(flows, walked, flow=flow):
        phone = f"{each.lang}-{each.channel}{'-shared' if each.discreet else ''}"
        by_file[folder / phone / f"{each.ending.flow}.txt"].append(each)
    for path, found in by_file.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(signing_off(iter(found)), encoding="utf-8")
    every = [each for found in by_file.values() for each in found]
    return Written(len(by_file), len(every), tuple(each for each in every if not each.ended))


# --- the editor's schema --------------------------------------------------------------------------


def schema_is_fresh(folder: Path, schema: str) -> bool:
    """Tell whether the folder's schema is the one we would write."""
    path = folder / SCHEMA
    return path.is_file() and path.read_text(encoding="utf-8") == schema


def write_schema(folder: Path, schema: str) -> Path:
    """Keep the schema beside the flows; return where."""
    path = folder / SCHEMA
    path.write_text(schema, encoding="utf-8")
    return path


# --- translations ---------------------------------------------------------------------------------


def translations(folder: Path, lang: str) -> dict[str, Updated]:
    """Bring every translation file of a folder up to date; Unusable where one cannot be read.

    Files are written once all could be read: it is all or nothing. Keys are the names of the files.
    """
    made: dict[str, Updated] = {}
    faults: list[str] = []
    for path in _sources(folder):
        beside = path.with_name(f"{path.stem}.{lang}.yaml")
        try:
            there = beside.read_text(encoding="utf-8") if beside.exists() else None
            made[beside.name] = update(path.name, path.read_text(encoding="utf-8"), there, lang)
        except Unreadable as error:
            faults.append(str(error))
        except UnicodeDecodeError:
            faults.append(f"{path.name} or {beside.name} is not UTF-8. Fix: save it as UTF-8.")
    if faults or not made:
        raise Unusable("\n".join(faults) or f"There are no flows in {folder}.")
    for name, one in made.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != one.text:
            path.write_text(one.text, encoding="utf-8")
    return made


def _sources(folder: Path) -> list[Path]:
    """List a folder's flow files, without their translations (`intake.es.yaml`)."""
    return [path for path in sorted(folder.glob("*.yaml")) if "." not in path.stem]
