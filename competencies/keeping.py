"""Computes the rows that are kept of people's gaps, a few people at a time, wherever they aren't those of today."""

import time
from typing import Any

from bson import ObjectId
from pymongo.database import Database
from pymongo.errors import OperationFailure

from competencies import kept_rows
from competencies.analyses import PEOPLE_AT_ONCE, Analyses, Given
from competencies.kept_rows import Basis, Standing
from competencies.people import Person

LOOK_EVERY = 0.2  # seconds, for whom something happened to


class Keeping:
    """One worker's; what the catalogue says is read once for each basis."""

    def __init__(self, database: Database[Any], analyses: Analyses) -> None:
        self._database, self._analyses = database, analyses
        self._given: dict[ObjectId, tuple[Basis, Given]] = {}
        self._bases: dict[ObjectId, Basis] = {}
        self._stores: set[ObjectId] = set()  # where there is something to do
        self._next = 0.0

    def some(self) -> bool:
        """Compute a few people's rows; whether there may be more to do at once."""
        if time.monotonic() > self._next:
            self._look()
            self._next = time.monotonic() + LOOK_EVERY
        for store in self._stores:
            if not self._keep(store, self._bases[store]):
                self._stores.discard(store)
            break
        return bool(self._stores)

    def _look(self) -> None:
        """For stores in which today's rows are computed otherwise than before, or something happened to somebody."""
        bases = kept_rows.bases(self._database)
        self._stores |= {store for store, basis in bases.items() if self._bases.get(store) != basis}
        self._stores |= set(kept_rows.doubted(self._database))
        self._stores &= bases.keys()
        self._bases = bases

    def _keep(self, store: ObjectId, basis: Basis) -> bool:
        """A few of a store; whether there may be more of them."""
        late = kept_rows.late(self._database, store, basis, PEOPLE_AT_ONCE)
        if not late:
            return False
        people = list(Person.objects(store=store, person__in=list(late)))
        given, as_of = self._given_by(store, basis), basis.as_of
        rows = self._analyses.rows_of(store, people, as_of, given)
        windows = self._analyses.windows_of(store, people, as_of, given.standard)
        found = [Standing(each.person, late[each.person], rows[each.person], windows.get(each.person, []))
                 for each in people]
        try:  # in vain, where something happened to one of them meanwhile
            return kept_rows.keep(self._database, store, basis, found)
        except OperationFailure as error:
            if not error.has_error_label("TransientTransactionError"):
                raise
            return False

    def _given_by(self, store: ObjectId, basis: Basis) -> Given:
        before, given = self._given.get(store, (None, None))
        if before != basis or given is None:
            given = self._analyses.given(store)
            self._given[store] = basis, given
        return given
