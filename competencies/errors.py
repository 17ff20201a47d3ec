"""What the competency services raise, beside lrs.errors.NotFound."""


class Invalid(ValueError):
    """Input that fits its schema and still makes no sense: where (a JSON pointer), and why."""

    def __init__(self, pointer: str, why: str) -> None:
        self.pointer = pointer
        super().__init__(why)
