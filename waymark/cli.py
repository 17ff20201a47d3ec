"""The `waymark` command."""

import argparse
import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from mongoengine.errors import ValidationError
from pymongo.database import Database
from pymongo.errors import PyMongoError

from lrs.access import Gate
from lrs.errors import NotFound
from lrs.models import SCOPES, Credential, Store
from lrs.store import NotMigrated, installation_secret
from waymark.database import Busy, connect, reachable
from waymark.doctor import examine
from waymark.importing import Endpoint, Import, ImportFailed, Progress, export
from waymark.install import install
from waymark.lease import LeaseLost
from waymark.migrate import MigrationRefused, migrate, pending
from waymark.mongod import MongodFailed
from waymark.serve import StartFailed, serve
from waymark.settings import BadSetting, Settings, read_settings
from waymark.worker import Worker

BAD_USE = 2
INTERRUPTED = 130
KNOWN_FAILURES = (MongodFailed, Busy, StartFailed, MigrationRefused, ImportFailed, NotFound, NotMigrated,
                  LeaseLost, ValidationError, PyMongoError, OSError)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status: 0 done, 1 failed, 2 used wrongly, 130 interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("pymongo").setLevel(logging.ERROR)
    options = _parser().parse_args(arguments)
    try:
        settings = read_settings().with_options(bind=options.bind, data=options.data)
        return int(options.run(settings, options))
    except BadSetting as bad:
        return _failed(bad, BAD_USE)
    except KNOWN_FAILURES as failed:
        return _failed(failed, 1)
    except KeyboardInterrupt:
        return _failed("interrupted", INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="waymark", description="An xAPI learning record store and competency API.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "serve", _serve, "serve, with the worker and the embedded database")
    _add(commands, "demo", _demo, "serve with the demo store, filled the first time")
    _add(commands, "work", _work, "run a worker alone, beside a serve elsewhere")
    _add(commands, "migrate", _migrate, "bring the database up to this version")
    _add(commands, "doctor", _doctor, "check the installation")
    _add(commands, "replay", _replay, "derive evidence and coverage again from all statements, beside the live ones")
    store = commands.add_parser("store", help="tenants").add_subparsers(required=True, metavar="ACTION")
    create = _add(store, "create", _store_create, "make a store")
    create.add_argument("name")
    create.add_argument("--time-zone", default="UTC", help="as in the IANA database, such as Asia/Shanghai")
    _add(store, "list", _store_list, "list the stores")
    _add_credentials(commands.add_parser("credential", help="keys and secrets of clients"))
    importing = commands.add_parser("import", help="bring data in").add_subparsers(required=True, metavar="WHAT")
    _add_endpoint(_add(importing, "statements", _import, "post a file of statements")).add_argument(
        "file", type=Path, help="a JSON array or NDJSON, either gzipped")
    exporting = commands.add_parser("export", help="take data out").add_subparsers(required=True, metavar="WHAT")
    about = "write a store's statements as NDJSON, voided ones left out"
    _add_endpoint(_add(exporting, "statements", _export, about)).add_argument(
        "file", type=Path, help="where to; - for standard output")
    return parser


def _add(commands: Any, name: str, run: Callable[[Settings, argparse.Namespace], int],
         about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data directory (WAYMARK_DATA)")
    parser.add_argument("--bind", metavar="HOST:PORT", help="where serve listens (WAYMARK_BIND)")
    parser.set_defaults(run=run)
    return parser


def _add_credentials(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    create = _add(actions, "create", _credential_create, "make a credential and print it, once")
    create.add_argument("--name", default="", help="who it is for; the name of its authority")
    create.add_argument("--scope", action="append", choices=SCOPES, help="repeatable; all when none is given")
    create.add_argument("--loopback-only", action="store_true", help="of use from this machine alone")
    listing = _add(actions, "list", _credential_list, "list a store's credentials")
    revoke = _add(actions, "revoke", _credential_revoke, "end a credential, within 5 seconds")
    revoke.add_argument("key")
    for action in (create, listing, revoke):
        action.add_argument("--store", required=True)


def _add_endpoint(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--url", help="the server (default: WAYMARK_PUBLIC_URL)")
    parser.add_argument("--credential", type=Path, metavar="FILE",
                        help="a JSON file with key and secret (default: WAYMARK_ADMIN_*, or DATA/admin.json)")
    return parser


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    return serve(settings, _tell)


def _demo(settings: Settings, options: argparse.Namespace) -> int:
    from waymark import demo  # its client, tincan, isn't installed where only serving is wanted

    return serve(settings, _tell, demo.show)


def _work(settings: Settings, options: argparse.Namespace) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with _migrated(settings) as database:
        Worker(database).run(stop)
    return 0


def _migrate(settings: Settings, options: argparse.Namespace) -> int:
    with reachable(settings) as running:
        install(connect(running), running, _tell)
    _tell("the database is up to date")
    return 0


def _doctor(settings: Settings, options: argparse.Namespace) -> int:
    good = True
    for finding in examine(settings):
        good &= finding.good
        _tell(f"{'ok  ' if finding.good else 'FAIL'}  {finding.name:<11} {finding.detail}")
    return 0 if good else 1


def _replay(settings: Settings, options: argparse.Namespace) -> int:
    with reachable(settings) as running:
        database = connect(running)
        migrate(database, tell=_tell)
        began = time.monotonic()
        done = Worker(database).rebuild(_progress("replayed"))
        seconds = time.monotonic() - began
    _tell(f"replayed {done:,} statements in {seconds:.1f} s")
    return 0


def _store_create(settings: Settings, options: argparse.Namespace) -> int:
    with _migrated(settings):
        if Store.objects(name=options.name).first():
            return _failed(f"there is a store {options.name!r} already", 1)
        if not Store.name.regex.match(options.name):
            return _failed("a store's name has lower-case letters, digits and hyphens, 63 at most", BAD_USE)
        if options.time_zone not in available_timezones():
            return _failed(f"there is no time zone {options.time_zone!r}", BAD_USE)
        Store(name=options.name, time_zone=options.time_zone).save(force_insert=True)
    _tell(f"made the store {options.name}")
    return 0


def _store_list(settings: Settings, options: argparse.Namespace) -> int:
    with _migrated(settings):
        for store in Store.objects.order_by("name"):
            print(f"{store.name}\t{store.time_zone}\t{store.created:%Y-%m-%d}")
    return 0


def _credential_create(settings: Settings, options: argparse.Namespace) -> int:
    with _migrated(settings) as database:
        key, secret = Gate(installation_secret(database)).create(
            Store.named(options.store), name=options.name, scopes=tuple(options.scope or ["all"]),
            loopback_only=options.loopback_only)
    print(json.dumps({"store": options.store, "key": key, "secret": secret}))
    return 0


def _credential_list(settings: Settings, options: argparse.Namespace) -> int:
    with _migrated(settings):
        for each in Credential.objects(store=Store.named(options.store)).order_by("key"):
            state = "revoked" if each.revoked else "live"
            print(f"{each.key}\t{each.name}\t{state}\t{' '.join(each.scopes)}")
    return 0


def _credential_revoke(settings: Settings, options: argparse.Namespace) -> int:
    with _migrated(settings):
        if not Credential.objects(store=Store.named(options.store), key=options.key).update(set__revoked=True):
            return _failed(f"no credential {options.key!r} in {options.store!r}", 1)
    _tell("revoked; it may be of use for 5 more seconds")
    return 0


def _import(settings: Settings, options: argparse.Namespace) -> int:
    work = Import(options.file, _endpoint(settings, options), settings.data / "imports")
    if work.progress.next:
        _tell(f"going on from record {work.progress.next:,}")
    show = _progress("sent")
    done = work.run(lambda progress: show(progress.next, None))
    return _imported(work, done)


def _imported(work: Import, done: Progress) -> int:
    _tell(f"{done.accepted:,} accepted (new, or there already), {len(done.refused):,} refused")
    for row in done.refused[:10]:
        _tell(f"  record {row['record']}: {row['requirement']} at {row['pointer'] or '/'}: {row['detail']}")
    if done.refused:
        _tell(f"all refusals are in {work.report}")
    return 1 if done.refused else 0


def _export(settings: Settings, options: argparse.Namespace) -> int:
    endpoint, show = _endpoint(settings, options), _progress("exported")
    if str(options.file) == "-":
        count = export(endpoint, sys.stdout.buffer, lambda done: show(done, None))
    else:
        part = options.file.with_name(f"{options.file.name}.part")
        with open(part, "wb") as out:
            count = export(endpoint, out, lambda done: show(done, None))
        part.replace(options.file)
    _tell(f"{count:,} statements")
    return 0


@contextmanager
def _migrated(settings: Settings) -> Iterator[Database[Any]]:
    """The database, connected, which has been migrated. Raises MigrationRefused."""
    with reachable(settings) as running:
        database = connect(running)
        if pending(database):
            raise MigrationRefused("this database is new, or of an older version: run `waymark migrate` first")
        yield database


def _endpoint(settings: Settings, options: argparse.Namespace) -> Endpoint:
    url = (options.url or settings.base_url).rstrip("/")
    if settings.admin_key and not options.credential:
        return Endpoint(url, settings.admin_key, settings.admin_secret)
    file = options.credential or settings.data / "admin.json"
    try:
        found = json.loads(file.read_text())
        return Endpoint(url, found["key"], found["secret"])
    except (ValueError, KeyError, TypeError):
        raise BadSetting(f"{file} holds no JSON Object with key and secret") from None


def _progress(verb: str) -> Callable[[int, int | None], None]:
    """Tells how far something is, every second at most."""
    last = time.monotonic()

    def tell(done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            _tell(f"{verb} {done:,}{f' of {total:,}' if total else ''}")
    return tell


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _failed(why: object, status: int) -> int:
    print(f"waymark: {why}", file=sys.stderr)
    return status
