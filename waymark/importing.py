"""`waymark import statements`, `import people` and `export statements`: through HTTP, as any client would.

An import goes on where it stopped: after each acknowledged batch the next record's number is written down beside
the data. Sending again what was acknowledged is harmless anyway, since ids are the file's own or follow from the
file's hash and the record's number. A completed import begins anew.
"""

import gzip
import hashlib
import json
import logging
import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urljoin
from uuid import NAMESPACE_OID, uuid5

import orjson
import requests

from competencies.tables import CSV, XLSX
from lrs.json_body import parse_json
from lrs.rules import Refused

BOM = b"\xef\xbb\xbf"
BATCH = 100
PATIENCE = 60  # seconds for which a server that doesn't answer is tried again
HEADERS = {"X-Experience-API-Version": "2.0.0", "Content-Type": "application/json"}


_BLANK = re.compile(r"[ \t\r\n]*")

log = logging.getLogger(__name__)


class ImportFailed(Exception):
    """The import could not go on; running it again resumes it."""


@dataclass(frozen=True)
class Endpoint:
    """Where to send, and as whom."""

    url: str  # without /xapi
    key: str
    secret: str = field(repr=False)

    def session(self) -> requests.Session:
        session = requests.Session()
        session.auth = (self.key, self.secret)
        session.headers.update(HEADERS)
        session.trust_env = False
        return session


@dataclass(frozen=True)
class BadRecord:
    """A record that can't be sent: the requirement that it breaks, and how."""

    requirement: str
    detail: str


@dataclass
class Progress:
    """How far an import is: the next record, how many were accepted, which were refused."""

    next: int = 0
    accepted: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


class Import:
    """One file on its way into one store."""

    def __init__(self, file: Path, endpoint: Endpoint, state_directory: Path) -> None:
        self._file = file
        self._endpoint = endpoint
        self._hash = _hash(file)
        whereto = hashlib.sha256(f"{endpoint.url}\n{endpoint.key}".encode()).hexdigest()[:12]
        self.report = state_directory / f"{self._hash[:16]}-{whereto}.refused.ndjson"
        self._state = state_directory / f"{self._hash[:16]}-{whereto}.json"
        self.progress = self._resumed()

    def run(self, tell: Callable[[Progress], None]) -> Progress:
        """Send all that is left; `tell` hears of the progress after each batch. Raises ImportFailed."""
        session, batch = self._endpoint.session(), []
        for number, record in records(self._file):
            if number < self.progress.next:
                continue
            if isinstance(record, BadRecord):
                self._refuse(number, None, record.requirement, "", record.detail)
            else:
                batch.append((number, {"id": record_id(self._hash, number), **record}))
            if len(batch) == BATCH:
                self._send(session, batch, tell)
                batch = []
        self._send(session, batch, tell)
        self._finish()
        return self.progress

    def _send(self, session: requests.Session, batch: list[tuple[int, dict[str, Any]]],
              tell: Callable[[Progress], None]) -> None:
        """Post a batch; take out and note whatever is refused, until the rest is accepted."""
        if not batch:
            return
        reached = batch[-1][0] + 1
        while batch:
            body = orjson.dumps([statement for _, statement in batch])
            answer = _patiently(session, "POST", f"{self._endpoint.url}/xapi/statements", body)
            if answer.status_code == 200:
                self.progress.accepted += len(batch)
                break
            problem = _problem(answer)
            pointer = problem.get("pointer", "")
            whole = answer.status_code == 413 or (answer.status_code == 400 and not pointer)
            if whole and len(batch) > 1:  # it doesn't say which
                self._send(session, batch[:len(batch) // 2], tell)
                self._send(session, batch[len(batch) // 2:], tell)
                return
            place = self._refused_place(answer, pointer, batch)
            number, statement = batch.pop(place)
            requirement = problem.get("requirement", "the size of a request")
            self._refuse(number, statement["id"], requirement, pointer.removeprefix(f"/{place}"),
                         problem["detail"].removeprefix(f"{requirement} at {pointer}: "))
        self.progress.next = reached
        self._save()
        tell(self.progress)

    def _refused_place(self, answer: requests.Response, pointer: str, batch: list[tuple[int, dict[str, Any]]]) -> int:
        """Which of the batch the answer is about."""
        if answer.status_code == 400 and pointer.startswith("/"):
            return int(pointer.split("/")[1])
        if answer.status_code == 409:
            named = answer.json()["statement"].lower()
            return next(place for place, (_, each) in enumerate(batch) if each["id"].lower() == named)
        if len(batch) == 1 and answer.status_code in (400, 413):
            return 0
        raise ImportFailed(f"the server answered {answer.status_code}: {answer.text[:300]}")

    def _refuse(self, number: int, statement_id: str | None, requirement: str, pointer: str, detail: str) -> None:
        self.progress.refused.append({"record": number, "id": statement_id, "requirement": requirement,
                                      "pointer": pointer, "detail": detail})

    def _resumed(self) -> Progress:
        try:
            return Progress(**json.loads(self._state.read_text()))
        except FileNotFoundError:
            return Progress()

    def _save(self) -> None:
        self._state.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._state.with_suffix(".part")
        part.write_text(json.dumps(vars(self.progress)))
        part.replace(self._state)

    def _finish(self) -> None:
        self._state.unlink(missing_ok=True)
        self.report.unlink(missing_ok=True)
        by_record = {row["record"]: row for row in self.progress.refused}  # one that was interrupted may note it twice
        self.progress.refused = [by_record[number] for number in sorted(by_record)]
        if self.progress.refused:
            self.report.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.report.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in self.progress.refused))


def records(file: Path) -> Iterator[tuple[int, dict[str, Any] | BadRecord]]:
    """The records of a JSON array (numbered from 1) or of NDJSON (by line), gzipped or not. Raises ImportFailed."""
    try:
        with _opened(file) as source:
            array = source.read(4096).removeprefix(BOM).lstrip()[:1] == b"["
        with _opened(file) as source:
            if array:
                yield from ((number, _parsed(text)) for number, text in enumerate(_elements(source.read()), 1))
            else:
                lines = ((number, line.removeprefix(BOM).strip()) for number, line in enumerate(source, 1))
                yield from ((number, _parsed(line)) for number, line in lines if line)
    except (EOFError, ValueError, zlib.error, gzip.BadGzipFile, RecursionError) as error:
        raise ImportFailed(f"{file}: {error}") from None


def import_table(file: Path, endpoint: Endpoint, resource: str, dry_run: bool) -> dict[str, Any]:
    """Send a table to this resource of the API, CSV or XLSX by the file's name; what changed, or would. Raises
    ImportFailed.
    """
    session = endpoint.session()
    session.headers["Content-Type"] = XLSX if file.suffix.lower() == ".xlsx" else CSV
    address = f"{endpoint.url}/api/v1/{resource}?dry_run={str(dry_run).lower()}"
    answer = _patiently(session, "POST", address, file.read_bytes())
    if answer.status_code != 200:
        raise ImportFailed(f"{file}: {_problem(answer)['detail']}")
    return cast(dict[str, Any], answer.json())


def export(endpoint: Endpoint, out: BinaryIO, tell: Callable[[int], None]) -> int:
    """Write every Statement that isn't voided as NDJSON, in the order stored; how many there were."""
    session, count = endpoint.session(), 0
    address = f"{endpoint.url}/xapi/statements?ascending=true"
    while address:
        answer = _patiently(session, "GET", address)
        if answer.status_code != 200:
            raise ImportFailed(f"the server answered {answer.status_code}: {_problem(answer)['detail']}")
        page = orjson.loads(answer.content)
        out.writelines(orjson.dumps(statement) + b"\n" for statement in page["statements"])
        count += len(page["statements"])
        tell(count)
        address = page["more"] and urljoin(endpoint.url, page["more"])
    return count


def _patiently(session: requests.Session, method: str, url: str, body: bytes | None = None) -> requests.Response:
    """The answer, waiting out a server that restarts. Raises ImportFailed."""
    deadline, told = time.monotonic() + PATIENCE, False
    while True:
        try:
            answer = session.request(method, url, data=body, timeout=60)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                return answer
            why = answer.text[:200]
        except (requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema,
                requests.exceptions.InvalidURL) as error:
            raise ImportFailed(str(error)) from None
        except requests.RequestException as error:
            why = str(error)
        if time.monotonic() > deadline:
            raise ImportFailed(f"no answer for {PATIENCE} s ({why}); run it again to go on from here")
        if not told:
            told = True
            log.warning("%s doesn't answer; trying for %d s", url, PATIENCE)
        time.sleep(1)


def _problem(answer: requests.Response) -> dict[str, Any]:
    if answer.headers.get("Content-Type") != "application/problem+json":
        raise ImportFailed(f"{answer.url} answered {answer.status_code} in a way that Waymark doesn't")
    return cast(dict[str, Any], answer.json())


def _opened(file: Path) -> BinaryIO:
    with open(file, "rb") as source:
        gzipped = source.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(file)) if gzipped else open(file, "rb")


def _elements(array: bytes) -> Iterator[bytes]:
    """The text of each element of a JSON array: one that is bad in itself leaves the others good."""
    text = array.decode("utf-8-sig")
    decoder, position = json.JSONDecoder(), text.index("[") + 1
    while True:
        position = _past_blanks(text, position)
        if text[position:position + 1] == "]":
            return
        _, end = decoder.raw_decode(text, position)
        yield text[position:end].encode()
        position = _past_blanks(text, end)
        if text[position:position + 1] == ",":
            position += 1
        elif text[position:position + 1] != "]":
            raise ValueError(f"the array is cut off, or broken, at character {position}")


def _past_blanks(text: str, position: int) -> int:
    blanks = _BLANK.match(text, position)
    assert blanks is not None, "it matches nothing too"
    return blanks.end()


def _parsed(text: bytes) -> dict[str, Any] | BadRecord:
    try:
        record = parse_json(text)
    except Refused as refused:
        return BadRecord(refused.requirement, f"{refused.text} ({refused.detail})")
    return record if isinstance(record, dict) else BadRecord("XAPI-00006", "it is no JSON Object")


def _hash(file: Path) -> str:
    with open(file, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def record_id(file_hash: str, number: int) -> str:
    """The id that a record without one gets."""
    return str(uuid5(uuid5(NAMESPACE_OID, file_hash), str(number)))
