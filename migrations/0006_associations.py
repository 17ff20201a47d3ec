"""How competencies hang together."""


def up(db):
    if "associations" not in db.list_collection_names():
        db.create_collection("associations")
    db.associations.create_index([("origin", 1)], name="origin")
    db.associations.create_index([("destination", 1)], name="destination")
