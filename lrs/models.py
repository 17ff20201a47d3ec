"""Stores and credentials, as mongoengine documents. Their indexes, like all, are made by migrations."""

from datetime import UTC, datetime
from typing import Any

from mongoengine import (
    BinaryField,
    BooleanField,
    DateTimeField,
    Document,
    ListField,
    ReferenceField,
    StringField,
)

from lrs.errors import NotFound

AUTHORITY_HOME = "https://waymark.example/credentials"
SCOPES = ("all", "all/read", "statements/write", "statements/read", "statements/read/mine", "statements/void",
          "state", "profile", "admin")


class Store(Document):  # type: ignore[misc]  # mongoengine ships no types
    """A tenant: its statements, people and credentials are apart from every other's."""

    name = StringField(required=True, regex=r"^[a-z0-9][a-z0-9-]{0,62}$")
    time_zone = StringField(required=True, default="UTC")  # of the IANA database
    created = DateTimeField(default=lambda: datetime.now(UTC))
    meta = {"collection": "stores", "auto_create_index": False}

    @classmethod
    def named(cls, name: str) -> "Store":
        found = cls.objects(name=name).first()
        if found is None:
            raise NotFound(f"no store {name!r}")
        return found  # type: ignore[no-any-return]


class Credential(Document):  # type: ignore[misc]
    """A client's key, the digest of its secret, and what it may do in one store."""

    key = StringField(required=True, regex=r"^[^:\x00-\x1f]{1,200}$")
    secret_digest = BinaryField(required=True)
    store = ReferenceField(Store, required=True)
    name = StringField(required=True, max_length=200)
    scopes = ListField(StringField(choices=SCOPES))
    loopback_only = BooleanField(default=False)
    revoked = BooleanField(default=False)
    created = DateTimeField(default=lambda: datetime.now(UTC))
    meta = {"collection": "credentials", "auto_create_index": False}

    def authority(self) -> dict[str, Any]:
        """The Agent under whose authority this credential's statements are stored (Data 2.4.9)."""
        return {"objectType": "Agent", "name": self.name, "account": {"homePage": AUTHORITY_HOME, "name": self.key}}
