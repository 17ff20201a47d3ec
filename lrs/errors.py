"""What a service of the record store raises; the shell's one table turns each into an answer."""

from traceback import format_tb


def kind_and_place(error: BaseException) -> str:
    """What may be logged of an error: not its text, which can hold what was sent."""
    return f"{type(error).__name__}\n{''.join(format_tb(error.__traceback__))}"


class NotFound(Exception):
    """No such thing, or none that this caller may see: the two are told apart by nobody."""


class Conflict(Exception):
    """A Statement with this id is stored already, and means something else."""

    def __init__(self, statement_id: str) -> None:
        self.statement_id = statement_id
        super().__init__(f"statement {statement_id} is stored already, with another meaning (XAPI-00142)")


class Unauthorized(Exception):
    """No credential or token, or none that holds. What is wrong with a secret is never said."""

    def __init__(self, why: str = "", in_token: bool = False) -> None:
        self.in_token = in_token
        super().__init__(why)


class Forbidden(Exception):
    """A credential that holds, but doesn't reach so far."""


class Invalid(ValueError):
    """Input that fits its schema and still makes no sense: where (a JSON pointer), and why."""

    def __init__(self, pointer: str, why: str) -> None:
        self.pointer = pointer
        super().__init__(why)


class Clash(Exception):
    """What is there stands against it: a name that is taken, a last secret, a third one."""


class TooMany(Exception):
    """More requests than this caller may make; in how many seconds there is room for one."""

    def __init__(self, rate: float, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"this caller may make {rate:g} requests a second")


class Unavailable(Exception):
    """What was asked can't be done now; nothing of it was, and it may be tried again."""


class Breach(Exception):
    """A request breaks a requirement of the communication half: which, and in what part of the request."""

    def __init__(self, requirement: str, place: str, detail: str) -> None:
        self.requirement = requirement
        self.place = place
        self.detail = detail
        super().__init__(f"{requirement} at {place}: {detail}")

    @property
    def pointer(self) -> str | None:
        """The place as a JSON pointer into the body, where it is one."""
        return self.place if self.place.startswith("/") else None


class BadRequest(Breach):
    """It can't be understood, or isn't allowed."""


class TooLarge(Breach):
    """It is more than is taken."""


class QueryTooLong(Breach):
    """Its query string is more than is read."""


class PreconditionFailed(Breach):
    """Its If-Match or If-None-Match doesn't hold: what it wants to change has changed, or is there already."""


class DocumentConflict(Breach):
    """It would replace a document without saying which."""
