"""What would become of a statement, step by step, with nothing stored."""

from dataclasses import asdict
from typing import Any

import orjson

from competencies.evidence import Evidence, Reading, derive
from competencies.people import owner_of
from competencies.projection import Catalogue
from lrs.access import Caller
from lrs.actors import actor_key
from lrs.attachments import attachments_of, check_has_data
from lrs.errors import Breach
from lrs.http_rules.table import REQUIREMENTS
from lrs.rules import Refused
from lrs.rules.formats import format_timestamp
from lrs.statements import happened, prepare, require_size


def explain(statement: Any, caller: Caller, version: str, catalogue: Catalogue, now: int) -> dict[str, Any]:
    """Rule errors, else the person, each alignment's reading, and the evidence. `now` in microseconds."""
    try:
        prepared = prepare(statement, caller, version)
        accepted = prepared.statement
        require_size(orjson.dumps(accepted), prepared)
        check_has_data(attachments_of(accepted))
    except (Refused, Breach) as error:
        return {"accepted": False, "errors": [_error(error)], "actor": None, "person": None, "alignments": [],
                "evidence": []}
    moment = format_timestamp(now)
    complete = {"timestamp": moment, **accepted, "stored": moment}
    readings = derive(complete, catalogue.alignments(caller.store).all,
                      catalogue.measures(caller.store), caller.may("competencies/align"))
    actor = actor_key(accepted["actor"])
    knows = caller.may("gaps/read") or caller.may("people/write")  # a tool isn't told whose its statements are
    person = owner_of(caller.store, actor, happened(complete)) if actor and knows else None
    return {"accepted": True, "errors": [], "actor": actor,
            "person": person and {"id": person.person, "name": person.name},
            "alignments": [_alignment(reading) for reading in readings],
            "evidence": [shown(each) for reading in readings for each in reading.evidence]}


def shown(evidence: Evidence) -> dict[str, Any]:
    """Evidence as the API shows it."""
    return {**asdict(evidence), "criteria": dict(evidence.criteria), "happened": format_timestamp(evidence.happened)}


def _error(refused: Refused | Breach) -> dict[str, Any]:
    if isinstance(refused, Breach):
        return {"requirement": refused.requirement, "pointer": refused.pointer or "",
                "rule": REQUIREMENTS[refused.requirement].text, "detail": refused.detail}
    return {"requirement": refused.requirement, "pointer": refused.at, "rule": refused.text, "detail": refused.detail}


def _alignment(reading: Reading) -> dict[str, Any]:
    said: dict[str, Any] = {"alignment": reading.alignment, "matches": not reading.failed}
    if reading.failed:
        said["failed"] = [{"rule": failure.rule, "path": failure.path, "found": list(failure.found)}
                          for failure in reading.failed]
    if reading.unreadable:
        said["unreadable"] = {"path": reading.unreadable.path, "why": reading.unreadable.why}
    return said
