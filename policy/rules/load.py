"""A policy folder -> a Policy, or every problem in it at once.

It reads files and asks git for a commit; it knows no roster, so whether a school exists is not
its to say.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from policy.errors import PolicyAtFault
from policy.rules.build import (
    district_of,
    freshness_of,
    license_of,
    pause_of,
    roles_of,
    rules_of,
)
from policy.rules.check import check
from policy.rules.commit import commit_of
from policy.rules.contradictions import contradictions
from policy.rules.folder import PolicyFile, read_folder
from policy.rules.identities import Identities, read_identities
from policy.rules.lines import Document, Yaml, dotted, read_yaml
from policy.rules.model import Policy, SchoolRules
from policy.rules.no_effect import without_effect
from policy.rules.problems import Problem, report
from policy.rules.roads import sources_of
from policy.rules.schema import defaults
from policy.rules.trial_faults import trial_faults
from policy.rules.trials import trials_of

GIT_PATHS = ("district.yaml", ":(glob)schools/*.yaml")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A policy, and what it was read from: YAML files only, in file order."""

    policy: Policy
    files: tuple[PolicyFile, ...]
    district: Document
    schools: tuple[Document, ...]


def load_policy(folder: Path, shown_as: str = "") -> Policy:
    """The policy in a folder: district.yaml, what schools/*.yaml change, and its tests. `shown_as`
    stands for the folder in messages, if it isn't read where people know it.

    Raises PolicyAtFault with all problems of all files, in file order.
    """
    return load_whole(folder, shown_as).policy


def load_whole(folder: Path, shown_as: str = "") -> Loaded:
    """The same, and the files as they were read."""
    yamls, problems = read_folder(folder, shown_as)
    files = list(yamls)
    documents, found = _read(files)
    problems += found + list(contradictions(documents.district, documents.schools))
    problems += without_effect(documents.district, documents.schools)
    identities, found = read_identities(folder, documents.district)
    problems += found
    files += [identities.file] if identities.file else []
    problems += [fault for document in documents.all for fault in trial_faults(document)]
    if problems or documents.district is None:
        raise PolicyAtFault(report(_in_file_order(problems, files)))
    policy = _policy(folder, files, documents.district, documents.schools, identities)
    domain = policy.district.domains[0]
    trials = (trials_of(document, folder, domain=domain) for document in documents.all)
    policy = replace(policy, trials=tuple(trial for found in trials for trial in found))
    return Loaded(policy, tuple(yamls), documents.district, documents.schools)


@dataclass(frozen=True, slots=True)
class _Documents:
    district: Document | None
    schools: tuple[Document, ...]
    tests: tuple[Document, ...]

    @property
    def all(self) -> tuple[Document, ...]:
        """In file order."""
        return (*([self.district] if self.district else ()), *self.schools, *self.tests)


def _read(files: Sequence[PolicyFile]) -> tuple[_Documents, list[Problem]]:
    district: Document | None = None
    schools: list[Document] = []
    tests: list[Document] = []
    problems: list[Problem] = []
    for file in files:
        document, found = read_yaml(file.shown, file.text)
        problems += found
        if document is None:
            continue
        problems += check(document, school_file=file.of_schools, test_file=file.of_tests)
        if file.of_tests:
            tests.append(document)
        elif file.of_schools:
            schools.append(document)
        else:
            district = document
    return _Documents(district, tuple(schools), tuple(tests)), problems


def _in_file_order(problems: Sequence[Problem], files: Sequence[PolicyFile]) -> list[Problem]:
    """Problems of the folder first, then file by file, then by line and column."""
    order = {file.shown: number for number, file in enumerate(files)}

    def place(problem: Problem) -> tuple[int, int, int]:
        spot = problem.spot
        return order.get(problem.file, -1), spot.line if spot else 0, spot.column if spot else 0

    return sorted(dict.fromkeys(problems), key=place)


def _policy(
    folder: Path,
    files: Sequence[PolicyFile],
    district: Document,
    schools: Sequence[Document],
    identities: Identities,
) -> Policy:
    name = Path(os.path.abspath(folder)).name
    lines = _lines(district, f"{name}/district.yaml")
    whole = merged(defaults(), district.data)
    beside = [f":(literal){identities.file.name}"] if identities.file else []
    rules: dict[str, SchoolRules] = {}
    school_lines: dict[str, Mapping[str, str]] = {}
    for document in schools:
        own = _lines(document, f"{name}/schools/{Path(document.source.file).name}")
        in_force = rules_of(merged(whole, document.data), {**lines, **own})
        for school in claimed_by(document):
            rules[school] = in_force
            school_lines[school] = own
    commit, is_clean = commit_of(folder, (*GIT_PATHS, *beside))
    return Policy(
        folder=str(folder),
        district=district_of(whole),
        sources=sources_of(whole, folder, lines),
        defaults=rules_of(whole, lines),
        schools=rules,
        lines=lines,
        school_lines=school_lines,
        digest=digest_of(files),
        commit=commit,
        clean=is_clean,
        files=digests_of(files),
        freshness=freshness_of(whole, lines),
        pause=pause_of(whole, lines),
        identities=identities.emails,
        roles=roles_of(whole),
        license=license_of(whole),
    )


def merged(under: Mapping[str, Yaml], over: Yaml) -> dict[str, Yaml]:
    """Two layers of a policy as one: maps merge key by key, all else is replaced."""
    result = dict(under)
    for key, value in over.items() if isinstance(over, dict) else ():
        below = result.get(key)
        both_maps = isinstance(below, dict) and isinstance(value, dict)
        result[key] = merged(below, value) if both_maps and isinstance(below, dict) else value
    return result


def digest_of(files: Sequence[PolicyFile]) -> str:
    """The SHA-256 of all files' names and bytes. A file of tests is not among them: it changes
    nothing of what is done, and courses of another digest are all looked at again."""
    digest = hashlib.sha256()
    for file in (file for file in files if not file.of_tests):
        for part in (file.name.encode("utf-8", "surrogateescape"), file.content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def digests_of(files: Sequence[PolicyFile]) -> Mapping[str, str]:
    """The SHA-256 of each of the same files, by its name within the folder: tells which of them
    have changed."""
    return {
        file.name: hashlib.sha256(file.content).hexdigest() for file in files if not file.of_tests
    }


def _lines(document: Document, file: str) -> dict[str, str]:
    return {dotted(trail): f"{file}:{document.line(trail)}" for trail in document.values if trail}


def claimed_by(document: Document) -> list[str]:
    """The schools, by key or name, that a file in schools/ is for."""
    data = document.data
    names = data["schools"] if isinstance(data, dict) else []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
