"""Frameworks of a store's own: drafts, and what was published."""


def up(db):
    existing = set(db.list_collection_names())
    for name in ("drafts", "publications"):
        if name not in existing:
            db.create_collection(name)
    db.drafts.create_index([("store", 1), ("code", 1)], name="code")
    db.publications.create_index([("store", 1), ("code", 1), ("version", -1)], name="code")
    for name in ("frameworks", "competencies", "associations", "rubrics", "roles", "resources"):
        db[name].create_index([("store", 1), ("code", 1)], name="code")
