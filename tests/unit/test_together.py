"""Calls that are made as one: everybody gets the answer to their own question, once, whatever comes between."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from lrs.together import MOST, STUCK, Together
from tests.conftest import wait_until


class Work:
    """Doubles numbers; notes what it was asked at once; waits, and fails, when told to."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.wait: Callable[[list[int]], object] = lambda asked: None

    def __call__(self, asked: list[int]) -> list[int]:
        self.asked.append(asked)
        self.wait(asked)
        if -1 in asked:
            raise ValueError("one of these can't be doubled")
        return [2 * each for each in asked]


@pytest.fixture
def work() -> Work:
    return Work()


def ask(pool: ThreadPoolExecutor, together: Together[int, int], work: Work, first: int,
        *others: int) -> tuple[threading.Event, list[Future[int]]]:
    """Ask the first, and the others while the first is under way; what lets it go on, and all answers to come."""
    go_on = threading.Event()
    work.wait = lambda asked: go_on.wait(20) if first in asked else None
    answers = [pool.submit(together, first)]
    wait_until(lambda: work.asked, 5, "the first is under way")
    answers += [pool.submit(together, each) for each in others]
    wait_until(lambda: len(together._waiting) == len(others), 20, "the others wait")
    return go_on, answers


def test_what_comes_while_a_call_is_under_way_is_made_as_one(work: Work) -> None:
    with ThreadPoolExecutor(8) as pool:
        go_on, answers = ask(pool, Together(work), work, 1, 2, 3, 4)
        go_on.set()
        assert [each.result(5) for each in answers] == [2, 4, 6, 8]
    assert work.asked[0] == [1]
    assert [sorted(each) for each in work.asked[1:]] == [[2, 3, 4]]


def test_a_failure_is_everybodys_whom_it_was_made_for_and_nobody_elses(work: Work) -> None:
    with ThreadPoolExecutor(8) as pool:
        together = Together(work)
        go_on, answers = ask(pool, together, work, 1, -1, 3)
        go_on.set()
        assert answers[0].result(5) == 2
        for each in answers[1:]:
            with pytest.raises(ValueError, match="doubled"):
                each.result(5)
        assert together(5) == 10


def test_a_call_that_is_stuck_is_gone_past(work: Work) -> None:
    with ThreadPoolExecutor(8) as pool:
        go_on, answers = ask(pool, Together(work), work, 1, 2, 3)
        try:
            began = time.monotonic()
            assert [each.result(5) for each in answers[1:]] == [4, 6]
            assert time.monotonic() - began < 5 * STUCK
        finally:
            go_on.set()
        assert answers[0].result(5) == 2


def test_no_more_are_made_as_one_than_may_be(work: Work) -> None:
    many = range(10, 10 + 2 * MOST)
    with ThreadPoolExecutor(len(many) + 1) as pool:
        go_on, answers = ask(pool, Together(work), work, 1, *many)
        go_on.set()
        assert [each.result(10) for each in answers] == [2, *(2 * each for each in many)]
    assert max(map(len, work.asked)) == MOST


def test_under_many_threads_each_question_is_answered_once_and_rightly(work: Work) -> None:
    """With calls that take longer than is waited for among them."""
    together = Together(work)
    work.wait = lambda asked: time.sleep(1.5 * STUCK if any(each % 401 == 0 for each in asked) else 0.0002)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(together, range(1, 3001)))
    assert answers == [2 * each for each in range(1, 3001)]
    assert sorted(each for asked in work.asked for each in asked) == list(range(1, 3001))
    assert len(work.asked) < 2000, "calls were gathered"
