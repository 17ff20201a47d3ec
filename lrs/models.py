"""Stores and credentials, as mongoengine documents. Their indexes, like all, are made by migrations."""

from datetime import UTC, datetime
from typing import Any

from mongoengine import (
    BinaryField,
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    EmbeddedDocumentListField,
    FloatField,
    IntField,
    ListField,
    ReferenceField,
    StringField,
)

from lrs.errors import NotFound
from lrs.scopes import SCOPES

AUTHORITY_HOME = "https://waymark.example/credentials"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def to_millisecond(moment: datetime) -> datetime:
    """As MongoDB keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def now() -> datetime:
    return to_millisecond(datetime.now(UTC))


class Provider(EmbeddedDocument):  # type: ignore[misc]  # mongoengine ships no types
    """An OpenID provider whose tokens a store takes, and the claim that names a person."""

    issuer = StringField(required=True)
    audience = StringField(required=True)
    claim = StringField(required=True, default="sub")
    jwks_url = StringField()  # none: what the issuer's discovery document says
    algorithms = ListField(StringField(choices=ALGORITHMS), default=lambda: ["RS256"])
    leeway = IntField(default=30)  # seconds by which the two clocks may differ


class Store(Document):  # type: ignore[misc]
    """A tenant: its statements, people and credentials are apart from every other's."""

    name = StringField(required=True, regex=r"^[a-z0-9][a-z0-9-]{0,62}$")
    time_zone = StringField(required=True, default="UTC")  # of the IANA database
    week_start = StringField(choices=DAYS, default="monday")
    openid = EmbeddedDocumentField(Provider)
    created = DateTimeField(default=now)
    meta = {"collection": "stores", "auto_create_index": False}

    @classmethod
    def named(cls, name: str) -> "Store":
        found = cls.objects(name=name).first()
        if found is None:
            raise NotFound(f"no store {name!r}")
        return found  # type: ignore[no-any-return]


class Secret(EmbeddedDocument):  # type: ignore[misc]
    """One of a credential's secrets: a name for it, and its digest."""

    id = StringField(required=True)
    digest = BinaryField(required=True)
    created = DateTimeField(required=True)


class Credential(Document):  # type: ignore[misc]
    """A client's key, the digests of its secrets, and what it may do in one store."""

    key = StringField(required=True, regex=r"^[^:\x00-\x1f]{1,200}$")
    secrets = EmbeddedDocumentListField(Secret)  # two while one replaces the other
    store = ReferenceField(Store, required=True)
    name = StringField(required=True, max_length=200)
    scopes = ListField(StringField(choices=tuple(SCOPES)))
    agent = DictField()  # whom its statements are stored under; none: one of its own
    rate = FloatField()  # requests a second in each web process; none: WAYMARK_RATE
    loopback_only = BooleanField(default=False)
    revoked = BooleanField(default=False)
    expires = DateTimeField()
    learner = StringField()  # an actor key: it reports on, and keeps documents of, nobody else
    activity = StringField()  # with a learner: it reports on this, what is below it, and what names it as parent
    gone = DateTimeField()  # when it is removed
    created = DateTimeField(default=now)
    used = DateTimeField()  # the last time, to the minute
    meta = {"collection": "credentials", "auto_create_index": False}

    @property
    def authority(self) -> dict[str, Any]:
        """The Agent under whose authority this credential's statements are stored (Data 2.4.9)."""
        return {"objectType": "Agent", "name": self.name,
                **(self.agent or {"account": {"homePage": AUTHORITY_HOME, "name": self.key}})}

    @property
    def state(self) -> str:
        """live, expired or revoked."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= datetime.now(UTC) else "live"
