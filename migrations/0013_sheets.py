"""Team sheets, templates for plans, and a sheet's plans."""


def up(db):
    existing = set(db.list_collection_names())
    for name in ("sheets", "plan_templates"):
        if name not in existing:
            db.create_collection(name)
    db.sheets.create_index([("store", 1), ("sheet", 1)], name="sheet", unique=True)
    db.sheets.create_index([("state", 1), ("at", 1)], name="state")
    db.plan_templates.create_index([("store", 1), ("code", 1)], name="code", unique=True)
    db.plans.create_index([("store", 1), ("sheet", 1)], name="sheet")
