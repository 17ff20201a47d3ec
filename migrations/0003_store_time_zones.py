"""Stores have a time zone, in which a date given without a time is read; older ones get UTC."""


def up(db):
    db.stores.update_many({"time_zone": {"$exists": False}}, {"$set": {"time_zone": "UTC"}})
