"""The record store: the installation's secret, statements, writers, stores, credentials."""

import secrets


def up(db):
    db.installation.update_one({"_id": "secret"}, {"$setOnInsert": {"secret": secrets.token_bytes(32)}}, upsert=True)
    existing = set(db.list_collection_names())
    for name in ("statements", "writers", "stores", "credentials"):
        if name not in existing:
            db.create_collection(name)
    db.statements.create_index([("keys", 1), ("stored", 1), ("_id", 1)], name="keys")
    db.statements.create_index([("target", 1)], name="target", sparse=True)
    db.statements.create_index([("unlinked", 1)], name="unlinked", sparse=True)
    db.stores.create_index([("name", 1)], name="name", unique=True)
    db.credentials.create_index([("key", 1)], name="key", unique=True)
