"""`waymark calibrate`: fit a store's calibration to all its evidence, compare it, and adopt one."""

import argparse
from collections.abc import Callable, Collection
from typing import Any

from bson import ObjectId
from pymongo.database import Database

from competencies.analyses import PEOPLE_AT_ONCE, Analyses
from competencies.calibrating import Learners, calibrate, parted, score
from competencies.calibrations import (
    StoredCalibration,
    adopt,
    calibrations_of,
    keep,
    standard_of,
    version_in_force,
)
from competencies.evidence import Evidence
from competencies.people import Person
from lrs.errors import Invalid
from lrs.models import Store
from lrs.rules.formats import format_timestamp
from lrs.statements import Lrs
from lrs.store import batches
from waymark.migrate import migrated
from waymark.settings import Settings

FEWEST = 10  # people with evidence: fewer say nothing of activities, and leave nobody out
Tell = Callable[[str], None]
Progress = Callable[[int, int | None], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", required=True, help="its name")
    parser.add_argument("--list", action="store_true", help="list the versions, and fit none")
    parser.add_argument("--adopt", type=int, metavar="VERSION",
                        help="put this one in force, and fit none; 0: as declared")


def run(settings: Settings, options: argparse.Namespace, tell: Tell, progress: Progress) -> int:
    with migrated(settings) as database:
        store = Store.named(options.store).id
        if options.adopt is not None:
            adopt(store, options.adopt, "the command")
            tell(f"version {options.adopt} is in force")
        elif options.list:
            _list(store, tell)
        else:
            _said(fitted(database, store, "the command", progress), tell)
            tell(f"it isn't in force; waymark calibrate --store {options.store} --adopt VERSION puts one in force")
    return 0


def fitted(database: Database[Any], store: ObjectId, by: str, progress: Progress) -> StoredCalibration:
    """Fit to most learners, compare on the others with what is in force, fit to all, and keep that. Raises Invalid."""
    learners = _learners(database, store)
    if len(learners) < FEWEST:
        raise Invalid("", f"{len(learners)} people have evidence; {FEWEST} are needed")
    (in_force, decays), (most, others) = standard_of(store), parted(learners)
    trial = calibrate(most, decays, 0, lambda done, total: progress(done, 2 * total))
    ours, theirs = score(others, decays, trial), score(others, decays, in_force)
    found = calibrate(learners, decays, 0, lambda done, total: progress(total + done, 2 * total))
    return keep(store, by, len(learners), found, in_force.version, ours, theirs)


def _learners(database: Database[Any], store: ObjectId) -> Learners:
    """By person, all their evidence that counts."""
    analyses, found = Analyses(database, Lrs(database)), dict[str, Collection[Evidence]]()
    for people in batches(list(Person.objects(store=store).order_by("person")), PEOPLE_AT_ONCE):
        for person, evidence in analyses.evidence(store, people).items():
            if counted := [each for each in evidence if each.weight > 0]:
                found[person] = counted
    return found


def _list(store: ObjectId, tell: Tell) -> None:
    in_force = version_in_force(store)
    tell(f"in force: version {in_force}{'' if in_force else ', activities as they declare'}")
    for each in calibrations_of(store):
        _said(each, tell)


def _said(found: StoredCalibration, tell: Tell) -> None:
    """A version beside the one that was in force when it was made."""
    ours, theirs = found.left_out["this"], found.left_out["in_force"]
    tell(f"version {found.version}, {format_timestamp(found.made)[:16]}, fitted to {found.learners} people; of "
         f"{ours['attempts']} attempts by those left out of a fit:")
    tell(f"  log-probability {ours['log_probability']:.4f}, in force (version {found.compared_with}) "
         f"{theirs['log_probability']:.4f}; {ours['error']:.3f} levels off, in force {theirs['error']:.3f}")
