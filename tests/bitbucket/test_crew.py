"""Promises of doing jobs at once: in turn, depth first, and not one after the end."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.crew import Job, do

#: Jobs by name, each with those that it brings.
Tree = dict[str, list[str]]


def done_by(workers: int, room: int, first: list[str], brings: Tree) -> list[str]:
    """The names of the jobs in the order in which they begin."""
    begun: list[str] = []
    lock = threading.Lock()

    def work(name: str) -> str:
        with lock:
            begun.append(name)
        return name

    def job(name: str) -> Job[str]:
        return Job(partial(work, name), then)

    def then(name: str) -> Iterable[Job[str]]:
        return map(job, brings.get(name, []))

    with ThreadPoolExecutor(workers) as pool:
        do(pool, room, map(job, first))
    return begun


def test_what_a_job_brings_goes_before_what_waits() -> None:
    """One after the other, a listing's items come before the next listing."""
    begun = done_by(1, 1, ["web", "vault"], {"web": ["web 1", "web 2"], "web 1": ["web 1 a"], "vault": ["vault 1"]})

    assert begun == ["web", "web 1", "web 1 a", "web 2", "vault", "vault 1"]


@given(st.integers(1, 4), st.integers(1, 8), st.integers(0, 12), st.integers(0, 3))
def test_every_job_is_done_once(workers: int, room: int, width: int, more: int) -> None:
    """However many hands there are, nothing is forgotten or done twice."""
    first = [str(number) for number in range(width)]
    brings = {name: [f"{name}.{number}" for number in range(more)] for name in first}

    begun = done_by(workers, room, first, brings)

    assert sorted(begun) == sorted([*first, *(name for names in brings.values() for name in names)])


def test_what_goes_wrong_ends_it() -> None:
    """The error is the caller's, and what waits is not begun."""
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 2:
            raise OSError("gone")

    with ThreadPoolExecutor(1) as pool, pytest.raises(OSError, match="gone"):
        do(pool, 1, [Job(partial(work, number)) for number in range(9)])

    assert begun == [0, 1, 2]
