"""Plans that are kept, in versions."""


def up(db):
    if "plans" not in db.list_collection_names():
        db.create_collection("plans")
    db.plans.create_index([("store", 1), ("plan", 1), ("version", 1)], name="version", unique=True)
    db.plans.create_index([("store", 1), ("person", 1)], name="person")
