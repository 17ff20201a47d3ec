"""The competency line: people, evidence, what became of each statement, and the worker's checkpoint."""


def up(db):
    existing = set(db.list_collection_names())
    for name in ("people", "evidence", "coverage", "checkpoints", "catalogue", "frameworks", "competencies",
                 "rubrics", "roles", "resources", "alignments"):
        if name not in existing:
            db.create_collection(name)
    db.people.create_index([("store", 1), ("person", 1)], name="person", unique=True)
    db.people.create_index([("store", 1), ("actors", 1)], name="actors", unique=True,
                           partialFilterExpression={"actors.0": {"$exists": True}})
    db.evidence.create_index([("store", 1), ("actor", 1)], name="actor")
    db.evidence.create_index([("row", 1)], name="row")
    db.coverage.create_index([("store", 1), ("outcome", 1), ("verb", 1), ("type", 1)], name="outcome")
    db.coverage.create_index([("store", 1), ("actor", 1)], name="actor")
    db.statements.create_index([("voided", 1)], name="voided", sparse=True)
