"""Failures that end a verb, each with the exit code that its caller's shell sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar, TypeVar

from corral.language import tr
from corral.problems import Problem

T = TypeVar("T")


class CorralError(Exception):
    """A failure that Corral foresees: its problems are printed, never a traceback."""

    exit_code: ClassVar[int] = 1

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class ChangeFailed(CorralError):
    """A change or a check failed; what runs goes on running."""


class InvalidFile(CorralError):
    """The command line or the cluster file is wrong; nothing was started."""

    exit_code: ClassVar[int] = 2


class Unreachable(CorralError):
    """A host or a service can't be reached."""

    exit_code: ClassVar[int] = 3


class Locked(CorralError):
    """Another run holds the cluster's lock."""

    exit_code: ClassVar[int] = 4


class StalePlan(CorralError):
    """What is found is no longer what the plan was made from."""

    exit_code: ClassVar[int] = 5


class Interrupted(CorralError):
    """Stopped by the user at a safe point; running the same command again goes on from there."""

    exit_code: ClassVar[int] = 130


class Unwell(ChangeFailed):
    """A process that did not become healthy; `detail` is the reason, which others may share."""

    def __init__(self, problem: Problem, detail: str) -> None:
        self.detail = detail
        super().__init__(problem)


def joined(failures: Sequence[BaseException]) -> BaseException:
    """One exception for several: the first unforeseen one as it is, or all problems in one of the first one's kind.

    Processes that share the reason for which they did not become healthy are one problem, that of the first.
    """
    foreseen = [failure for failure in failures if isinstance(failure, CorralError)]
    unforeseen = next((failure for failure in failures if not isinstance(failure, CorralError)), None)
    if unforeseen:
        return unforeseen
    kind = ChangeFailed if isinstance(foreseen[0], Unwell) else type(foreseen[0])
    return kind([problem for failure in _told_once(foreseen) for problem in failure.problems])


def _told_once(failures: Sequence[CorralError]) -> Iterable[CorralError]:
    shared: dict[str, list[Unwell]] = {}
    for failure in failures:
        if not isinstance(failure, Unwell):
            yield failure
        elif failure.detail not in shared:
            shared[failure.detail] = [failure]
        else:
            shared[failure.detail].append(failure)
    for first, *others in shared.values():
        (problem,) = first.problems
        if others:
            names = ", ".join(other.problems[0].where for other in others)
            problem = replace(
                problem, message=tr("{message}\nthe same holds for {names}", message=problem.message, names=names)
            )
        yield ChangeFailed(problem)


def split(outcomes: Iterable[T | BaseException]) -> tuple[list[T], list[Problem]]:
    """What `asyncio.gather(…, return_exceptions=True)` gave: the results, and the problems of those that failed.

    Raises what was not foreseen.
    """
    results: list[T] = []
    problems: list[Problem] = []
    for outcome in outcomes:
        if isinstance(outcome, CorralError):
            problems.extend(outcome.problems)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            results.append(outcome)
    return results, problems
