"""marshmallow schemas: every body and query of the API. They import nothing of ours."""
