"""Launches, and credentials that are removed once they are over."""


def up(db):
    if "launches" not in db.list_collection_names():
        db.create_collection("launches")
    db.launches.create_index([("gone", 1)], name="gone", expireAfterSeconds=0)
    db.credentials.create_index([("gone", 1)], name="gone", expireAfterSeconds=0)
