"""Everybody's gaps as flat rows, and by what each person's were computed."""


def up(db):
    existing = set(db.list_collection_names())
    for name in ("gaps", "standings"):
        if name not in existing:
            db.create_collection(name)
    for name, first in (("person", ()), ("unit", ("unit",)), ("role", ("role",)), ("manager", ("manager",))):
        db.gaps.create_index([(key, 1) for key in ("store", *first, "person", "competency")], name=name)
    db.gaps.create_index([("store", 1), ("competency", 1), ("person", 1)], name="competency")
    db.standings.create_index([("store", 1), ("person", 1)], name="person", unique=True)
    db.standings.create_index([("store", 1), ("actors", 1)], name="actors")
    db.standings.create_index([("store", 1), ("basis", 1), ("person", 1)], name="basis")
    db.standings.create_index([("basis", 1), ("store", 1)], name="doubted")
    db.own_alignments.create_index([("measured", 1)], name="measured", sparse=True)
    for person in db.people.find({}, {"store": 1, "person": 1, "actors": 1}):
        db.standings.update_one({"store": person["store"], "person": person["person"]}, {"$setOnInsert": {
            "actors": person.get("actors", []), "basis": None, "doubt": None}}, upsert=True)
