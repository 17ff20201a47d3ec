"""Launching a plan's step: a short-lived credential of the learner's, handed over as the content expects it.

Tin Can content gets it in its address; cmi5 content an address to fetch it from, once, beside the launch data and the
launched statement that cmi5 asks of whoever launches (cmi5 sections 8 to 10). It may do what content does, and only
about the learner; the statements of all launches of one step have one authority.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit
from uuid import UUID, uuid4, uuid5

import orjson
from bson import ObjectId
from mongoengine import get_db

from competencies.assertions import waymark
from competencies.kept_plans import launch_name
from competencies.people import Person
from competencies.resources import Resource
from lrs.access import Gate
from lrs.actors import actor_of
from lrs.clock import now_micros
from lrs.credentials import new_key, secret_of
from lrs.documents import Address, Document, Subject
from lrs.errors import Invalid
from lrs.http_rules.conditions import Condition
from lrs.models import AUTHORITY_HOME, Credential, Store, to_millisecond
from lrs.rules.formats import format_timestamp
from lrs.statements import Lrs, prepare
from lrs.store import JOURNALED

LAUNCHES = "launches"
HOURS = 4
FETCHABLE = timedelta(minutes=10)
KEPT = timedelta(days=1)  # after they are over, credentials and launches are removed
SCOPES = ("statements/write", "statements/read/mine", "state", "profile")
LINK, TINCAN, CMI5 = "link", "tincan", "cmi5"
CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
EXTENSIONS = "https://w3id.org/xapi/cmi5/context/extensions/"
LAUNCHED = "http://adlnet.gov/expapi/verbs/launched"
MOVE_ON = "CompletedOrPassed"
IN_USE, NOT_HELD = "1", "2"  # cmi5 8.2.3


@dataclass(frozen=True)
class Launching:
    """Launches from one installation: `endpoint` is that of its record store, `fetch` where credentials are fetched."""

    lrs: Lrs
    gate: Gate
    endpoint: str
    fetch: str

    def launch(self, person: Person, plan: str, resource: Resource) -> dict[str, Any]:
        """The address to open, and until when it works. Raises Invalid for what can't be launched."""
        if resource.launch == LINK:
            return {"url": resource.address, "kind": LINK, "registration": None, "expires": None}
        activity, learner = self._activity(resource), _learner(person, resource.launch)
        registration = str(uuid5(UUID(plan), resource.code))  # of all launches: content goes on where it was
        credential = self._credential(person.store, plan, resource.code, learner, activity)
        given = {"endpoint": self.endpoint, "registration": registration}
        if resource.launch == TINCAN:
            secret = self._add_secret(credential)
            given |= {"auth": f"Basic {_basic(credential.key, secret)}", "activity_id": activity}
        else:
            given |= {"fetch": self._fetch_address(credential), "activityId": activity}
            self._prepare_cmi5(person, resource, activity, learner, registration)
        url = _with(resource.address, {**given, "actor": orjson.dumps(_actor(learner, person.name)).decode()})
        return {"url": url, "kind": resource.launch, "registration": registration,
                "expires": credential.expires.isoformat().replace("+00:00", "Z")}

    def fetched(self, token: str) -> tuple[str | None, str]:
        """The auth-token of a launch (cmi5 8.2.2), the first time that it is asked for; after that why not (8.2.3)."""
        now, digest = datetime.now(UTC), self.gate.digest(token)
        launches = get_db().get_collection(LAUNCHES, write_concern=JOURNALED)
        found = launches.find_one_and_update({"_id": digest, "fetched": None, "until": {"$gt": now}},
                                             {"$set": {"fetched": now}})
        credential = Credential.objects(key=found["key"], revoked=False).first() if found else None
        if credential is not None:
            return _basic(credential.key, self._add_secret(credential)), ""
        return None, IN_USE if launches.find_one({"_id": digest, "fetched": {"$ne": None}}) else NOT_HELD

    def _credential(self, store: ObjectId, plan: str, resource: str, learner: str, activity: str) -> Credential:
        expires = to_millisecond(datetime.now(UTC) + timedelta(hours=HOURS))
        authority = {"account": {"homePage": AUTHORITY_HOME, "name": launch_name(plan, resource)}}
        made = Credential(key=f"launch-{new_key()[0]}", secrets=[], store=Store.objects.get(id=store),
                          name=f"Launch of {resource}"[:200], scopes=list(SCOPES), agent=authority, learner=learner,
                          activity=activity, expires=expires, gone=expires + KEPT)
        made.save(force_insert=True)
        return made

    def _add_secret(self, credential: Credential) -> str:
        made, secret = secret_of(self.gate)
        Credential.objects(key=credential.key).update(push__secrets=made)
        return secret

    def _fetch_address(self, credential: Credential) -> str:
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        get_db().get_collection(LAUNCHES, write_concern=JOURNALED).insert_one({
            "_id": self.gate.digest(token), "key": credential.key, "fetched": None, "until": now + FETCHABLE,
            "gone": now + KEPT})
        return f"{self.fetch}/{token}"

    def _activity(self, resource: Resource) -> str:
        if not resource.activities:
            raise Invalid("", f"{resource.code!r} reports under no activity: there is nothing to launch it as")
        return str(resource.activities[0])

    def _prepare_cmi5(self, person: Person, resource: Resource, activity: str, learner: str,
                      registration: str) -> None:
        """What must be there before the content is opened (cmi5 9.3.1, 10.2)."""
        session = str(uuid4())
        grouping = {"contextActivities": {"grouping": [{"id": activity}]}}
        data = {"contextTemplate": {**grouping, "extensions": {f"{EXTENSIONS}sessionid": session}},
                "launchMode": "Normal", "moveOn": MOVE_ON}
        subject = Subject(person.store, "state", activity, learner)
        self.lrs.documents.put(Address(subject, "LMS.LaunchData", registration),
                               Document(orjson.dumps(data), "application/json"), Condition())
        said = {"sessionid": session, "launchmode": "Normal", "launchurl": resource.address, "moveon": MOVE_ON,
                "launchparameters": ""}
        statement = {
            "id": str(uuid4()), "actor": _actor(learner, person.name), "timestamp": format_timestamp(now_micros()),
            "verb": {"id": LAUNCHED, "display": {"en": "launched"}}, "object": {"id": activity},
            "context": {"registration": registration, "contextActivities": {
                **grouping["contextActivities"], "category": [{"id": CATEGORY}]},
                "extensions": {f"{EXTENSIONS}{name}": value for name, value in said.items()}}}
        caller = waymark(person.store)
        self.lrs.store(caller, [prepare(statement, caller, "1.0.3")])


def _learner(person: Person, launch: str) -> str:
    """The actor key that stands for the person: an account, where they have one, which cmi5 asks for (cmi5 9.2)."""
    now = now_micros()
    owned = sorted((key for key in person.actors if person.owns(key, now)), key=lambda key: key.partition("|")[0])
    if not owned:
        raise Invalid("", f"{person.person!r} has no identifier now: content needs one")
    if launch == CMI5 and not owned[0].startswith("account|"):
        raise Invalid("", f"{person.person!r} has no account among their identifiers: cmi5 content needs one")
    return str(owned[0])


def _actor(learner: str, name: str) -> dict[str, Any]:
    return {**actor_of(learner), "name": name}


def _basic(key: str, secret: str) -> str:
    return base64.b64encode(f"{key}:{secret}".encode()).decode()


def _with(address: str, parameters: Mapping[str, str]) -> str:
    """The address with these parameters, beside those that it has."""
    parts = urlsplit(address)
    query = "&".join(filter(None, (parts.query, urlencode(parameters, quote_via=quote))))
    return urlunsplit(parts._replace(query=query))
