"""Documents (State, Agent Profile, Activity Profile) and the data of Attachments, in GridFS's layout."""


def up(db):
    existing = set(db.list_collection_names())
    for name in ("documents", "attachments.files", "attachments.chunks", "attachments.uploads"):
        if name not in existing:
            db.create_collection(name)
    db.documents.create_index([("subject", 1), ("registration", 1), ("updated", 1), ("id", 1)], name="subject")
    db["attachments.files"].create_index([("metadata.store", 1), ("filename", 1)], name="digest")
    db["attachments.chunks"].create_index([("files_id", 1), ("n", 1)], name="files_id_1_n_1", unique=True)
    db["attachments.uploads"].create_index([("at", 1)], name="at")
    db.statements.create_index([("files", 1)], name="files", sparse=True)
