"""A store's own alignments and the profiles it imported, and by what statements are found that an edit touches."""


def up(db):
    existing = set(db.list_collection_names())
    for name in ("own_alignments", "profiles", "realignments"):
        if name not in existing:
            db.create_collection(name)
    db.coverage.create_index([("store", 1), ("aligned", 1)], name="aligned",
                             partialFilterExpression={"aligned": {"$exists": True}})
    db.coverage.create_index([("store", 1), ("activity", 1)], name="activity")
    db.own_alignments.create_index([("_id", 1), ("version", 1)], name="version")
    db.profiles.create_index([("store", 1), ("profile", 1)], name="profile", unique=True)
