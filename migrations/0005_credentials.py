"""A credential has up to two secrets; stores are found by their provider's issuer, people by manager and by login."""


def up(db):
    for credential in db.credentials.find({"secret_digest": {"$exists": True}}):
        secret = {"id": "first", "digest": credential["secret_digest"], "created": credential["created"]}
        db.credentials.update_one({"_id": credential["_id"]},
                                  {"$set": {"secrets": [secret]}, "$unset": {"secret_digest": ""}})
    db.credentials.create_index([("store", 1), ("key", 1)], name="store")
    db.stores.create_index([("openid.issuer", 1), ("openid.audience", 1)], name="openid", unique=True,
                           partialFilterExpression={"openid.issuer": {"$type": "string"}})
    db.people.create_index([("store", 1), ("manager", 1)], name="manager")
    db.people.create_index([("store", 1), ("login", 1)], name="login", unique=True,
                           partialFilterExpression={"login": {"$type": "string"}})
