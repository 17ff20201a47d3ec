"""People's identifiers and positions with dates; units; a trace of every change."""


def up(db):
    existing = set(db.list_collection_names())
    for name in ("units", "people_history"):
        if name not in existing:
            db.create_collection(name)
    db.units.create_index([("store", 1), ("unit", 1)], name="unit", unique=True)
    db.people_history.create_index([("store", 1), ("people", 1), ("at", -1)], name="people")
    if "actors" in db.people.index_information():
        db.people.drop_index("actors")  # a key may be one person's after it was another's
    db.people.create_index([("store", 1), ("actors", 1)], name="identifiers")
    for person in db.people.find({"positions": {"$exists": False}}):
        held = {name: person.get(name) for name in ("unit", "role", "manager")}
        spans = [{"key": key, "since": None, "until": None} for key in person.get("actors", [])]
        db.units.update_one({"store": person["store"], "unit": person["unit"]}, {"$setOnInsert": {"parent": None}},
                            upsert=True)
        db.people.update_one({"_id": person["_id"]}, {"$set": {
            "positions": [{"since": None, **held}], "identifiers": spans}})
