"""Calls that come while one is under way are made as one.

Journaling costs as much for a hundred rows as for one, and so does a round trip. What many threads want at the same
moment is therefore gathered: whoever comes first works for itself; those who come meanwhile wait, and one of them then
works for all of them. Nobody waits for company: alone, a call costs what it costs without this.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

MOST = 32  # calls made as one
STUCK = 0.2  # seconds after which a call no longer waits for the one under way


class _Call(Generic[Asked, Answered]):
    """One thread's question, and its way to wait for the answer or for its turn to lead."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answer: Answered
        self.failure: BaseException | None = None
        self.leads = False
        self._told = threading.Lock()
        self._told.acquire()

    def tell(self) -> None:
        self._told.release()

    def wait(self, seconds: float = -1) -> bool:
        """Whether it was told something within these seconds."""
        return self._told.acquire(timeout=seconds)


class Together(Generic[Asked, Answered]):
    """Makes `work`, which answers a list of questions in its order, answer single ones, gathered over threads.

    What `work` raises is raised to everybody whom it worked for.
    """

    def __init__(self, work: Callable[[list[Asked]], list[Answered]]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._waiting: list[_Call[Asked, Answered]] = []
        self._leaders = 0

    def __call__(self, asked: Asked) -> Answered:
        call = _Call[Asked, Answered](asked)
        with self._lock:
            self._waiting.append(call)
            call.leads = self._leaders == 0
            self._leaders += call.leads
        if call.leads or self._waits_to_lead(call):
            self._lead(call)
        if call.failure is not None:
            raise call.failure
        return call.answer

    def _waits_to_lead(self, call: _Call[Asked, Answered]) -> bool:
        """Wait until answered, False, or until it is this call's turn, True."""
        if call.wait(STUCK):
            return call.leads
        with self._lock:
            if call in self._waiting and not call.leads:  # the one under way is stuck: go past it
                call.leads = True
                self._leaders += 1
                return True
        call.wait()
        return call.leads

    def _let_others_come(self) -> None:
        """Threads that are ready to run go first, as long as that brings more calls. It takes no time of its own."""
        there = 0
        while there < (there := len(self._waiting)):
            time.sleep(0)

    def _lead(self, own: _Call[Asked, Answered]) -> None:
        """Answer all who wait, and make the first of those who came meanwhile the next to lead."""
        self._let_others_come()
        with self._lock:
            calls = [own, *(call for call in self._waiting if not call.leads)][:MOST]
            self._waiting = [call for call in self._waiting if call not in calls]
        try:
            for call, answer in zip(calls, self._work([call.asked for call in calls]), strict=True):
                call.answer = answer
        except BaseException as failure:
            for call in calls:
                call.failure = failure
        with self._lock:
            self._leaders -= 1
            if self._waiting and not self._leaders:
                self._leaders, self._waiting[0].leads = 1, True
                self._waiting[0].tell()
        for call in calls:
            if call is not own:
                call.tell()
