"""What everything in the catalogue is: built in and everybody's, or of a store's own frameworks."""

from typing import Any, ClassVar

from bson import ObjectId
from mongoengine import Document, ObjectIdField, StringField
from pymongo.database import Database

DERIVATION = 4  # raise it when the same statement under the same catalogue gives something else: all is derived again


class Catalogued(Document):  # type: ignore[misc]  # mongoengine ships no types
    """Found by its code among the built-in ones and a store's own, which never share one."""

    key = StringField(primary_key=True)  # the code; a store's own has the store before it
    code = StringField(required=True)
    store = ObjectIdField()  # none: built in
    owner = StringField()  # the store's own framework that it came with
    meta: ClassVar[dict[str, Any]] = {"abstract": True}

    @classmethod
    def of(cls, store: ObjectId | None, **where: Any) -> Any:
        """Those that a store has, a QuerySet."""
        return cls.objects(store__in=[None, store] if store else [None], **where)


def catalogue_version(database: Database[Any]) -> str:
    """The version that is loaded, whatever the files here say, and that of deriving."""
    found = database.catalogue.find_one({"_id": "builtin"})
    return f"{found['version'] if found else ''}/{DERIVATION}"


def own_key(store: ObjectId, code: str) -> str:
    return f"{store}/{code}"
