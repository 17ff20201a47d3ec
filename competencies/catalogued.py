"""What everything in the catalogue is: built in and everybody's, or of a store's own frameworks."""

from typing import Any, ClassVar

from bson import ObjectId
from mongoengine import Document, ObjectIdField, StringField


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


def own_key(store: ObjectId, code: str) -> str:
    return f"{store}/{code}"
