"""Calibrations of each store's estimates, and the one in force."""


def up(db):
    existing = set(db.list_collection_names())
    for name in ("calibrations", "adoptions"):
        if name not in existing:
            db.create_collection(name)
    db.calibrations.create_index([("store", 1), ("version", 1)], name="version", unique=True)
