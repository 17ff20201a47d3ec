"""The `waymark` command."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mongoengine.errors import ValidationError
from pymongo.errors import PyMongoError

from lrs.errors import Clash, Invalid, NotFound
from lrs.store import NotMigrated
from waymark import admin, calibrating, logs
from waymark.database import Busy, connect, reachable
from waymark.doctor import examine
from waymark.drafting import drafting
from waymark.importing import Endpoint, Import, ImportFailed, Progress, export, import_table
from waymark.install import install
from waymark.lease import LeaseLost
from waymark.migrate import MigrationRefused, migrate, migrated
from waymark.mongod import MongodFailed
from waymark.serve import StartFailed, serve
from waymark.settings import BadSetting, Settings, read_settings
from waymark.stopping import until_signalled
from waymark.worker import Worker

BAD_USE = 2
INTERRUPTED = 130
KNOWN_FAILURES = (MongodFailed, Busy, StartFailed, MigrationRefused, ImportFailed, NotFound, NotMigrated,
                  LeaseLost, ValidationError, PyMongoError, OSError, Clash)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status: 0 done, 1 failed, 2 used wrongly, 130 interrupted."""
    logs.configure()
    options = _parser().parse_args(arguments)
    try:
        settings = read_settings().with_options(bind=options.bind, data=options.data)
        return int(options.run(settings, options))
    except (BadSetting, Invalid) as bad:
        return _failed(bad, BAD_USE)
    except KNOWN_FAILURES as failed:
        return _failed(failed, 1)
    except KeyboardInterrupt:
        return _failed("interrupted", INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="waymark", description="An xAPI learning record store and competency API.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "serve", _serve, "serve, with the worker and the embedded database")
    demo = _add(commands, "demo", _demo, "serve with the demo store, filled the first time")
    demo.add_argument("--node-modules", type=Path, metavar="DIR",
                      help="where @xapi/xapi is: some of the demo's tools then post by it")
    _add(commands, "work", _work, "run a worker alone, beside a serve elsewhere")
    _add(commands, "migrate", _migrate, "bring the database up to this version")
    _add(commands, "doctor", _doctor, "check the installation")
    _add(commands, "replay", _replay, "derive evidence and coverage again from all statements, beside the live ones")
    admin.add_stores(_actions(commands, "store", "tenants"), _add)
    admin.add_credentials(_actions(commands, "credential", "keys and secrets of clients"), _add)
    calibrating.add_arguments(_add(commands, "calibrate", _calibrate, "fit how hard activities are and how severe "
                                   "assessors, from all evidence of a store; compare, and adopt"))
    importing = _actions(commands, "import", "bring data in")
    _add_endpoint(_add(importing, "statements", _import, "post a file of statements")).add_argument(
        "file", type=Path, help="a JSON array or NDJSON, either gzipped")
    for name, resource, does in (("people", "roster", "create and change the people of a list"),
                                 ("alignments", "alignments", "create and change alignments by a list of activities")):
        table = _add_endpoint(_add(importing, name, _import_table, does))
        table.add_argument("file", type=Path, help="CSV in UTF-8 or GB18030, or XLSX; the first row has the headings")
        table.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        table.set_defaults(resource=resource)
    exporting = _actions(commands, "export", "take data out")
    about = "write a store's statements as NDJSON, voided ones left out"
    _add_endpoint(_add(exporting, "statements", _export, about)).add_argument(
        "file", type=Path, help="where to; - for standard output")
    return parser


def _actions(commands: Any, name: str, about: str) -> Any:
    return commands.add_parser(name, help=about, description=about).add_subparsers(required=True, metavar="ACTION")


def _add(commands: Any, name: str, run: Callable[[Settings, argparse.Namespace], int],
         about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data directory (WAYMARK_DATA)")
    parser.add_argument("--bind", metavar="HOST:PORT", help="where serve listens (WAYMARK_BIND)")
    parser.set_defaults(run=run)
    return parser


def _add_endpoint(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--url", help="the server (default: WAYMARK_PUBLIC_URL)")
    parser.add_argument("--credential", type=Path, metavar="FILE",
                        help="a JSON file with key and secret (default: WAYMARK_ADMIN_*, or DATA/admin.json)")
    return parser


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    return serve(settings, _tell)


def _demo(settings: Settings, options: argparse.Namespace) -> int:
    from waymark import demo  # its client, tincan, isn't installed where only serving is wanted

    return serve(settings, _tell, lambda ready: demo.show(ready, options.node_modules))


def _work(settings: Settings, options: argparse.Namespace) -> int:
    with until_signalled() as stop, migrated(settings) as database, drafting(database, stop):
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


def _calibrate(settings: Settings, options: argparse.Namespace) -> int:
    return calibrating.run(settings, options, _tell, _progress("calibrating: passes"))


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


def _import_table(settings: Settings, options: argparse.Namespace) -> int:
    done = import_table(options.file, _endpoint(settings, options), options.resource, options.dry_run)
    for row in done["rows"]:
        if "code" in row and row["change"] != "unchanged":
            _tell(f"  row {row['row']}: {row['code']} {row['change']}")
        for member, values in row.get("differing", {}).items():
            _tell(f"  row {row['row']}, {row['id']}: {member} {_said(values['before'])} → {_said(values['after'])}")
    for bad in done["bad"]:
        _tell(f"  row {bad['row']} is bad: {bad['column']} {bad['value']!r}: {bad['why']}")
    _tell(f"{'would be ' if options.dry_run else ''}{done['created']:,} created, {done['changed']:,} changed, "
          f"{done['unchanged']:,} unchanged; {len(done['bad']):,} bad rows left out")
    return 1 if done["bad"] else 0


def _said(value: Any) -> str:
    return "nothing" if value in (None, []) else json.dumps(value, ensure_ascii=False)


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
