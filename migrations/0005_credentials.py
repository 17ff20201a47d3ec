"""A credential has up to two secrets, and who was an admin still manages all stores; a store may have a provider.

People have a login, are looked up by manager, and change one at a time.
"""


def up(db):
    for credential in db.credentials.find({"secret_digest": {"$exists": True}}):
        secret = {"id": "first", "digest": credential["secret_digest"], "created": credential["created"]}
        db.credentials.update_one({"_id": credential["_id"]},
                                  {"$set": {"secrets": [secret]}, "$unset": {"secret_digest": ""}})
    db.credentials.update_many({"scopes": "admin", "revoked": {"$ne": True}}, {"$addToSet": {"scopes": "admin/stores"}})
    if "people.versions" not in db.list_collection_names():
        db.create_collection("people.versions")
    db.credentials.create_index([("store", 1), ("key", 1)], name="store")
    db.stores.create_index([("openid.issuer", 1), ("openid.audience", 1)], name="openid", unique=True,
                           partialFilterExpression={"openid.issuer": {"$type": "string"}})
    db.people.create_index([("store", 1), ("manager", 1)], name="manager")
    db.people.create_index([("store", 1), ("login", 1)], name="login", unique=True,
                           partialFilterExpression={"login": {"$type": "string"}})
