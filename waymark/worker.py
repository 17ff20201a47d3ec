"""The worker: follows the statements' change stream and keeps the derived collections in step.

Statements arrive as they were stored, voids as ids of what is read as it is now; both are projected, and the resume
token is saved in the same transaction. Where there is no token that the server still knows, the statements stored since
the last Consistent-Through are read again. A new catalogue version rebuilds everything beside the live collections;
an edit of a store's own alignments has what it touches derived again, between what arrives.
"""

import logging
import time
from collections.abc import Callable, Iterable
from math import inf
from typing import Any

from bson import ObjectId
from pymongo.change_stream import ChangeStream
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError

from competencies.analyses import Analyses
from competencies.catalogued import catalogue_version
from competencies.keeping import Keeping
from competencies.kept_rows import doubt_everybody
from competencies.own_alignments import versions
from competencies.projection import COVERAGE, EVIDENCE, Catalogue, Projection, read_catalogue
from competencies.realignment import Job, adopted, followed, job_for
from lrs.models import Store
from lrs.statements import Lrs
from lrs.store import FOLLOWED, LOST_TOKEN, LostToken, Row
from waymark.lease import SECONDS, Lease, LeaseLost
from waymark.stopping import Stop

BATCH = 500  # statements in one transaction
GATHER = 0.05  # seconds in which a batch comes together: reading and writing cost as much for one as for many
TAKE = 0.01  # seconds for which it is then read, before it is worked on
IDLE_SAVE = SECONDS / 3  # seconds between savings of the place while nothing comes
SWEEP_EVERY = 15.0  # seconds
REALIGN = 0.3  # seconds for what edits touch, before what arrives has its turn
KEEP = 0.3  # the same for rows of gaps that are to be computed
KEEP_EVERY = 5.0  # seconds between two turns of theirs while more has come than a batch holds
LOOK_EVERY = 0.5  # seconds, for edits of alignments
FOREVER = 2**62
NEXT = "_next_"
NAMESPACE_NOT_FOUND = 26

log = logging.getLogger(__name__)
Tell = Callable[[int, int], None]  # statements done, of how many


class Worker:
    """Runs until told to stop. Any number may run; one of them works."""

    def __init__(self, database: Database[Any]) -> None:
        self._database = database
        self._lrs = Lrs(database)
        self._lease = Lease(database)
        self._swept = 0.0
        self._looked = 0.0
        self._kept = 0.0
        self._keeping = Keeping(database, Analyses(database, self._lrs))
        self._jobs: list[Job] = []  # what edits of alignments left to be derived again
        self._saved = 0.0
        self._behind = False  # more has come than a batch holds

    def run(self, stop: Stop) -> None:
        while not stop.is_set():
            try:
                checkpoint = self._lease.acquire()
                if checkpoint is None:
                    stop.wait(SECONDS / 10)
                    continue
                self._follow(checkpoint, stop)
                self._lease.release()
            except LeaseLost:
                log.info("another process took over the projection")
            except PyMongoError as error:
                log.warning("the database failed, trying again: %s", type(error).__name__)  # its text can hold rows
                stop.wait(1)

    def rebuild(self, tell: Tell = lambda done, total: None) -> int:
        """Derive everything again beside the live collections, and swap; how many statements were read.

        Takes the lease from a running worker, which goes on from here afterwards, and goes on itself where an
        earlier one was interrupted. Raises LeaseLost where another rebuild took it.
        """
        self._lease.acquire(force=True)
        done = self._rebuild(read_catalogue(self._database), tell)
        self._lease.release()
        return done

    def _follow(self, checkpoint: dict[str, Any], stop: Stop) -> None:
        """Work under the lease until told to stop, or until there is a new catalogue."""
        self._drop_leftovers()
        self._jobs = []
        catalogue = read_catalogue(self._database)
        if checkpoint.get("catalogue") != catalogue.version:
            log.info("the catalogue is new: deriving everything again")
            self._rebuild(catalogue, lambda done, total: None)
            checkpoint = self._lease.checkpoint()
        projection = Projection(self._database, catalogue)
        with self._stream(checkpoint, projection) as stream:
            while not stop.is_set():
                if self._sweeps() and catalogue_version(self._database) != catalogue.version:
                    return
                self._realign(catalogue, projection)
                self._keep_rows()
                self._step(stream, projection)

    def _stream(self, checkpoint: dict[str, Any], projection: Projection) -> ChangeStream[Any]:
        """The change stream from the saved token; without one, from now, after catching up."""
        try:
            if checkpoint.get("token"):
                return self._lrs.statements.watch(checkpoint["token"])
        except LostToken:
            log.warning("the change stream's history is lost: catching up from Consistent-Through")
        stream = self._lrs.statements.watch(None)  # first, so that nothing falls between
        self._catch_up(checkpoint.get("through", 0), projection)
        self._lease.save(token=stream.resume_token)
        return stream

    def _catch_up(self, through: int, projection: Projection) -> None:
        """Project what was stored after `through`, and whatever is voided."""
        for store in Store.objects:
            for rows in self._stored_after(store.id, through):
                self._commit(rows, projection)
        voided = self._lrs.statements.voided()
        for start in range(0, len(voided), BATCH):
            self._commit(self._read(voided[start:start + BATCH]), projection)

    def _step(self, stream: ChangeStream[Any], projection: Projection) -> None:
        """One batch of changes and the place after it; when there are none, now and then just the place."""
        through = self._lrs.clock.consistent_through()  # before looking: what is stored until then is in the stream
        stored, voided, drained = self._gather(stream)
        self._behind = len(stored) + len(voided) == BATCH
        place: dict[str, Any] = {"token": stream.resume_token, **({"through": through} if drained else {})}
        if stored and not voided:
            self._commit_new(stored, projection, **place)
        elif voided or time.monotonic() - self._saved > IDLE_SAVE:
            self._commit(stored + self._read(voided), projection, **place)

    def _realign(self, catalogue: Catalogue, projection: Projection) -> None:
        """Some of what edits of alignments touch, between two batches of what arrives; now and then, look for edits."""
        if time.monotonic() - self._looked > LOOK_EVERY:
            self._looked = time.monotonic()
            self._take_up(catalogue, projection)
        deadline = time.monotonic() + REALIGN
        while self._jobs and time.monotonic() < deadline:
            job = self._jobs[0]
            rows = self._read(job.batch(BATCH))
            job.done = min(job.done + BATCH, len(job.rows))
            self._commit(rows, projection, job=job)
            if job.done >= len(job.rows):
                log.info("alignments %s: %d statements derived again", ", ".join(job.codes[:10]), len(job.rows))
                self._jobs.pop(0)

    def _keep_rows(self) -> None:
        """Some of the rows that aren't those of today, between two batches of what arrives.

        Seldom while these are many: whose rows are late is computed when asked.
        """
        if self._behind and time.monotonic() - self._kept < KEEP_EVERY:
            return
        self._kept = time.monotonic()
        deadline = time.monotonic() + KEEP
        while self._keeping.some() and time.monotonic() < deadline:
            self._lease.save()

    def _take_up(self, catalogue: Catalogue, projection: Projection) -> None:
        """Follow each store to the newest version of its alignments: what arrives from now on is derived by them, and
        a job does what is there.
        """
        at_hand, places = {job.store for job in self._jobs}, followed(self._database)
        for store, version in versions().items():
            place = places.get(store, {"version": 0, "job": None})
            if place["version"] == version and (store in at_hand or place["job"] is None):
                continue
            own = catalogue.renew(store)
            in_force = {each.code: each for each in catalogue.alignments(store).all}
            changed = own.changed_since(place["version"], in_force.values())
            job = job_for(self._database, store, own.version, changed, place, in_force, self._lease.save)
            self._jobs = [*(each for each in self._jobs if each.store != store), job]
            self._commit([], projection, job=job)

    def _gather(self, stream: ChangeStream[Any]) -> tuple[list[Row], list[bytes], bool]:
        """What was stored next, the ids of what was voided, and whether there were no more changes for the moment."""
        changed: dict[bytes, Row | None] = {}
        drained = False
        if not self._behind:
            time.sleep(GATHER)
        deadline = inf
        try:
            while not drained and len(changed) < BATCH and time.monotonic() < deadline:
                event = stream.try_next()  # it waits a little for one
                if event is None:
                    drained = True
                    continue
                if not changed:
                    deadline = time.monotonic() + TAKE
                changed[event["documentKey"]["_id"]] = event.get("fullDocument")
        except OperationFailure as error:
            if error.code in LOST_TOKEN:
                self._lease.save(token=None)
            raise
        stored = [row for row in changed.values() if row is not None]
        return stored, [key for key, row in changed.items() if row is None], drained

    def _commit_new(self, rows: list[Row], projection: Projection, **place: Any) -> None:
        """As `_commit`, of what wasn't projected before: inserting costs half of replacing."""
        try:
            self._commit(rows, projection, is_new=True, **place)
        except BulkWriteError:  # some were, when catching up
            self._commit(rows, projection, **place)

    def _commit(self, rows: list[Row], projection: Projection, is_new: bool = False, job: Job | None = None,
                **place: Any) -> None:
        """What is derived from `rows`, the place after them, and the hold on the lease: all or nothing."""
        def write(session: ClientSession) -> None:
            self._lease.save(session, **place)
            projection.project(rows, session, is_new)
            if job is not None:
                job.save(self._database, session)

        with self._database.client.start_session() as session:
            session.with_transaction(write)  # again, where somebody is changing the same people
        self._saved = time.monotonic()

    def _rebuild(self, catalogue: Catalogue, tell: Tell) -> int:
        """Go on with a rebuild under this catalogue that was interrupted, or begin one; swap at its end."""
        place = self._interrupted(catalogue) or self._begin(catalogue)
        projection, total = Projection(self._database, catalogue, place["suffix"]), self._lrs.statements.count()
        if place["done"]:
            log.info("going on after %d statements", place["done"])
        for store, rows in self._everything(place["store"], place["after"]):
            projection.project(rows)
            # Rows of one moment may stand in two batches: going on reads that moment again
            place |= {"store": store, "after": rows[-1]["stored"] - 1, "done": place["done"] + len(rows)}
            self._lease.save(rebuild=place)
            tell(place["done"], max(place["done"], total))
        self._lease.save(catalogue=None, rebuild=None)  # until both are swapped, this is a rebuild unfinished
        doubt_everybody(self._database)  # before, so that nobody reads rows of the old evidence as those of the new
        for name in (EVIDENCE, COVERAGE):
            self._swap(name, place["suffix"])
        doubt_everybody(self._database)  # and after: whoever was computed in between
        adopted(self._database, {each["store"]: each["version"] for each in place["alignments"]})
        self._lease.save(token=place["token"], through=place["through"], catalogue=catalogue.version)
        return int(place["done"])

    def _begin(self, catalogue: Catalogue) -> dict[str, Any]:
        """The place at the beginning. Collections are named by our term: they are nobody else's."""
        with self._lrs.statements.watch(None) as stream:
            token = stream.resume_token
        place: dict[str, Any] = {
            "suffix": f"{NEXT}{self._lease.term}", "catalogue": catalogue.version, "token": token,
            "through": self._lrs.clock.consistent_through(), "store": None, "after": 0, "done": 0,
            "alignments": [{"store": store, "version": version} for store, version in versions().items()]}
        self._lease.save(rebuild=None)
        self._drop_leftovers()
        for name in (EVIDENCE, COVERAGE):
            self._create_beside(name, place["suffix"])
        self._lease.save(rebuild=place)
        return place

    def _interrupted(self, catalogue: Catalogue) -> dict[str, Any] | None:
        """The place that a rebuild under this catalogue reached, if one was interrupted.

        Whatever changed since it began comes again after the swap, from its token or from its Consistent-Through.
        """
        place: dict[str, Any] | None = self._lease.checkpoint().get("rebuild")
        if place is None or place["catalogue"] != catalogue.version:
            return None
        beside = {name + place["suffix"] for name in (EVIDENCE, COVERAGE)}
        return place if beside <= set(self._database.list_collection_names()) else None

    def _create_beside(self, name: str, suffix: str) -> None:
        """An empty collection with the indexes of the live one."""
        self._database.create_collection(name + suffix)
        for index, described in self._database[name].index_information().items():
            if index != "_id_":
                options = {option: said for option, said in described.items() if option not in ("key", "v", "ns")}
                self._database[name + suffix].create_index(described["key"], name=index, **options)

    def _swap(self, name: str, suffix: str) -> None:
        try:
            self._database[name + suffix].rename(name, dropTarget=True)
        except OperationFailure as error:
            if error.code == NAMESPACE_NOT_FOUND:  # dropped by who has the lease now
                raise LeaseLost from error
            raise

    def _drop_leftovers(self) -> None:
        """What earlier holders left or still fill, never a later one's, nor what an interrupted rebuild has."""
        kept = (self._lease.checkpoint().get("rebuild") or {}).get("suffix", "")
        for name in self._database.list_collection_names(filter={"name": {"$regex": NEXT}}):
            if int(name.partition(NEXT)[2]) < self._lease.term and not (kept and name.endswith(kept)):
                self._database.drop_collection(name)

    def _everything(self, store: ObjectId | None, after: int) -> Iterable[tuple[ObjectId, list[Row]]]:
        """Every store's rows in batches: of `store` those stored after `after`, and then the stores that follow it."""
        for each in Store.objects(**({"id__gte": store} if store else {})).order_by("id"):
            for rows in self._stored_after(each.id, after if each.id == store else 0):
                yield each.id, rows

    def _stored_after(self, store: ObjectId, moment: int) -> Iterable[list[Row]]:
        return self._lrs.statements.scan(self._lrs.everything_key(store), moment, FOREVER, BATCH)

    def _read(self, ids: list[bytes]) -> list[Row]:
        return list(self._lrs.statements.get(ids, *FOLLOWED).values()) if ids else []

    def _sweeps(self) -> bool:
        """Finish interrupted links, now and then; whether it was time to."""
        if time.monotonic() - self._swept < SWEEP_EVERY:
            return False
        self._swept = time.monotonic()
        if linked := self._lrs.sweep():
            log.info("finished the links of %d references", linked)
        return True
