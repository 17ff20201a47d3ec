"""Computes the rows that are kept of people's gaps, a few people at a time, wherever they aren't those of today."""

import logging
import time
from typing import Any

from bson import ObjectId
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from competencies import kept_rows
from competencies.analyses import PEOPLE_AT_ONCE, Analyses, Given
from competencies.kept_rows import Basis, KeptRows
from competencies.people import Person
from lrs.errors import kind_and_place

LOOK_EVERY = 0.3  # seconds, for whom something happened to
REST = 60.0  # seconds, for a store in which something can't be computed

log = logging.getLogger(__name__)


class Keeping:
    """One worker's; what the catalogue says is read once for each basis."""

    def __init__(self, database: Database[Any], analyses: Analyses) -> None:
        self._database, self._analyses = database, analyses
        self._given: dict[ObjectId, tuple[Basis, Given]] = {}
        self._bases: dict[ObjectId, Basis] = {}
        self._stores: list[ObjectId] = []  # where there is something to do, each in its turn
        self._next = 0.0
        self._resting: dict[ObjectId, float] = {}  # until when, after something that can't be computed

    def some(self) -> bool:
        """Compute a few people's rows; whether there may be more to do at once."""
        if time.monotonic() > self._next:
            self._look()
            self._next = time.monotonic() + LOOK_EVERY
        if self._stores:
            store = self._stores.pop(0)
            if self._tried(store):
                self._stores.append(store)
        return bool(self._stores)

    def _look(self) -> None:
        """For stores in which today's rows are computed otherwise than before, or something happened to somebody."""
        bases = kept_rows.bases(self._database)
        changed = (store for store, basis in bases.items() if self._bases.get(store) != basis)
        wanted = dict.fromkeys([*self._stores, *changed, *kept_rows.doubted(self._database)])
        self._stores = [store for store in wanted if store in bases
                        and self._resting.get(store, 0.0) < time.monotonic()]
        self._bases = bases

    def _tried(self, store: ObjectId) -> bool:
        """As `_keep`. A store where something can't be computed mustn't hold up the others, nor what is projected."""
        try:
            return self._keep(store, self._bases[store])
        except PyMongoError:
            raise
        except Exception as error:
            log.error("computing rows of a store failed: %s", kind_and_place(error))
            self._resting[store] = time.monotonic() + REST
            self._bases.pop(store)  # so that it is looked at again
            return False

    def _keep(self, store: ObjectId, basis: Basis) -> bool:
        """A few of a store; whether there may be more of them."""
        late = kept_rows.late(self._database, store, basis, PEOPLE_AT_ONCE)
        if not late:
            return False
        people = list(Person.objects(store=store, person__in=list(late)))
        for gone in late.keys() - {each.person for each in people}:
            kept_rows.forget_nobody(self._database, store, gone, late[gone])
        given, as_of = self._given_by(store, basis), basis.as_of
        rows = self._analyses.rows_of(store, people, as_of, given)
        windows = self._analyses.windows_of(store, people, as_of, given.standard)
        found = [KeptRows(each.person, late[each.person], rows[each.person], windows.get(each.person, []))
                 for each in people]
        try:  # in vain, where something happened to one of them meanwhile: they are still late
            kept_rows.keep(self._database, store, basis, found)
        except OperationFailure as error:
            if not error.has_error_label("TransientTransactionError"):
                raise
        return True

    def _given_by(self, store: ObjectId, basis: Basis) -> Given:
        before, given = self._given.get(store, (None, None))
        if before != basis or given is None:
            given = self._analyses.given(store)
            self._given[store] = basis, given
        return given
