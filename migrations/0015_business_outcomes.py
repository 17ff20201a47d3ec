"""What people's work came to, by the month."""


def up(db):
    if "business_outcomes" not in db.list_collection_names():
        db.create_collection("business_outcomes")
    db.business_outcomes.create_index([("store", 1), ("person", 1), ("month", 1)], name="person", unique=True)
    db.business_outcomes.create_index([("store", 1), ("month", 1)], name="month")
