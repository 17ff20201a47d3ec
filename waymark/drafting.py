"""Drafts team sheets beside the worker: a unit of 1,000 takes minutes, in which statements go on being projected."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo.database import Database
from pymongo.errors import PyMongoError

from competencies import kept_plans, sheets
from competencies.analyses import Analyses
from competencies.sheets import DRAFTED, FAILED, ClaimLost, Sheet
from competencies.team_planning import draft_plans, withdraw_plans
from lrs.errors import Invalid, kind_and_place
from lrs.statements import Lrs
from waymark.lease import new_holder
from waymark.stopping import Stop

LOOK_EVERY = 0.5  # seconds
TELL_EVERY = 0.5

log = logging.getLogger(__name__)


@contextmanager
def drafting(database: Database[Any], stop: Stop) -> Iterator[None]:
    """Drafts in a thread of its own until told to stop; the solver lets others work."""
    thread = threading.Thread(target=Drafting(database).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Drafting:
    """Runs until told to stop. Any number may run; a sheet is drafted by who claims it."""

    def __init__(self, database: Database[Any]) -> None:
        self._database = database
        self._holder = new_holder()

    def run(self, stop: Stop) -> None:
        analyses: Analyses | None = None
        while not stop.is_set():
            try:
                analyses = analyses or Analyses(self._database, Lrs(self._database))
                sheet = sheets.claim(self._holder)
                if sheet is None:
                    stop.wait(LOOK_EVERY)
                else:
                    self._draft(analyses, sheet, stop)
            except ClaimLost:
                log.info("a sheet has changed, or another process drafts it")
            except PyMongoError as error:
                log.warning("the database failed, trying again: %s", type(error).__name__)
                stop.wait(1)
            except Exception as error:  # the thread must not end while the worker goes on
                log.error("drafting failed: %s", kind_and_place(error))
                stop.wait(LOOK_EVERY)

    def _leave(self, sheet: Sheet) -> None:
        """Withdraw what was still made of a sheet that somebody withdrew meanwhile."""
        if sheets.get_sheet(sheet["store"], sheet["sheet"])["state"] == sheets.WITHDRAWN:
            withdraw_plans(sheet, kept_plans.outlines(sheet["store"], sheet=sheet["sheet"]))

    def _draft(self, analyses: Analyses, sheet: Sheet, stop: Stop) -> None:
        """Raises ClaimLost. A sheet that can't be drafted mustn't hold up the others: it says why."""
        began, told = time.monotonic(), 0.0
        drafting = draft_plans(analyses, self._database, sheet)
        try:
            while not stop.is_set():
                progress = next(drafting)
                if time.monotonic() - told > TELL_EVERY:
                    sheets.report(sheet, self._holder, progress)
                    told = time.monotonic()
            sheets.let_go(sheet, self._holder)
        except StopIteration as done:
            sheets.finish(sheet, self._holder, DRAFTED, done.value)
            log.info("drafted a sheet of %d people in %.1f s", len(sheet["people"]), time.monotonic() - began)
        except Invalid as error:
            sheets.finish(sheet, self._holder, FAILED, {"pointer": error.pointer, "detail": str(error)})
        except ClaimLost:
            self._leave(sheet)
            raise
        except PyMongoError:
            raise
        except Exception as error:
            log.error("drafting a sheet failed: %s", kind_and_place(error))
            sheets.finish(sheet, self._holder, FAILED, {"pointer": "", "detail": "an error of Waymark's own"})
