"""What `roster check` and `roster diff` say, as JSON."""

import json
from dataclasses import asdict
from typing import Any

from policy.render.roster_advice import ADVICE, means
from policy.render.roster_page import mail, suspicion_words, verdict
from policy.roster.difference import Difference, SchoolChange, Share
from policy.roster.survey import Contents, Defect, Survey, TermSize

Json = dict[str, Any]


def survey_json(survey: Survey) -> str:
    """All of it; ends in a line end."""
    return _text(
        {
            "drop": survey.drop,
            "contents": _contents(survey.contents) if survey.contents else None,
            "defects": [_defect(defect) for defect in survey.defects],
            "mail": mail(survey),
        }
    )


def _contents(found: Contents) -> Json:
    return {
        "dialect": found.dialect,
        "files": {file: asdict(tally) for file, tally in found.files.items()},
        "taken": dict(found.taken),
        "teachers": found.teachers,
        "students": found.students,
        "students_a_section": asdict(found.class_sizes) if found.class_sizes else None,
        "sections_a_teacher": (
            asdict(found.sections_a_teacher) if found.sections_a_teacher else None
        ),
        "schools": [asdict(school) for school in found.schools],
        "terms": [_term(size) for size in found.terms],
        "domains": dict(found.domains),
    }


def _term(size: TermSize) -> Json:
    return {
        "key": size.term.key,
        "name": size.term.name,
        "begins": str(size.term.start),
        "ends": str(size.term.end),
        "sections": size.sections,
    }


def _defect(defect: Defect) -> Json:
    advice = ADVICE[defect.code]
    return {
        "code": defect.code.value,
        "severity": defect.severity.value,
        "title": advice.title,
        "file": defect.file,
        "count": defect.count,
        "places": list(defect.places),
        "example": defect.example,
        "means": means(defect),
        "ask": advice.ask,
    }


def difference_json(found: Difference) -> str:
    """All of it; ends in a line end."""
    return _text(
        {
            "a": found.a,
            "b": found.b,
            "verdict": verdict(found),
            "suspicions": [
                {
                    "sign": suspicion.sign.value,
                    "side": suspicion.side.value,
                    "what": suspicion.what,
                    "count": suspicion.count,
                    "of": suspicion.of,
                    "words": suspicion_words(suspicion),
                }
                for suspicion in found.suspicions
            ],
            "sections": _share(found.sections),
            "people": _share(found.people),
            "seats": _share(found.seats),
            "schools": [_school(school) for school in found.schools],
            "terms": [
                {
                    "key": old.key,
                    "a": [str(old.start), str(old.end)],
                    "b": [str(new.start), str(new.end)],
                }
                for old, new in found.terms
            ],
        }
    )


def _share(share: Share) -> Json:
    return {"differ": share.count, "of": share.of}


def _school(school: SchoolChange) -> Json:
    return asdict(school)


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
