"""Rules on programs where all hosts are one machine, and its user's own are run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from corral.rules.host_software import about, no_program, program_is_another, program_too_old
from corral.rules.registry import Evidence, Together, rule_on_shared

_LIBRARY: Final = re.compile(r"(lib\S+\.so\S*): cannot open")
"""How the dynamic loader complains: a missing shared library is the usual reason why a program doesn't run."""


@rule_on_shared("no-supervisor", "error")
def no_supervisor(together: Together) -> Iterator[Evidence]:
    if not together.machine.supervisor:
        yield {}


@rule_on_shared("no-{program}", "error")
def no_program_here(together: Together) -> Iterator[Evidence]:
    """H06, where the user's own programs are run."""
    for there in together.theres:
        for evidence in no_program(there):
            yield {**evidence, "search_path": together.machine.search_path}


@rule_on_shared("{program}-too-old", "error", where="{path}")
def program_too_old_here(together: Together) -> Iterator[Evidence]:
    """H06, where the user's own programs are run."""
    for there in together.theres:
        yield from program_too_old(there)


@rule_on_shared("{program}-is-another", "warning", where="{path}")
def program_is_another_here(together: Together) -> Iterator[Evidence]:
    """H06, where the user's own programs are run."""
    for there in together.theres:
        yield from program_is_another(there)


@rule_on_shared("{program}-broken", "error", where="{path}")
def program_broken(together: Together) -> Iterator[Evidence]:
    yield from (evidence for evidence in _broken(together) if not evidence["library"] and not _is_too_new(evidence))


@rule_on_shared("{program}-broken", "error", where="{path}")
def mongod_lacks_instructions(together: Together) -> Iterator[Evidence]:
    """The same mongod from another package would end in the same way."""
    yield from (evidence for evidence in _broken(together) if _is_too_new(evidence))


@rule_on_shared("{program}-broken", "error", where="{path}")
def program_lacks_library(together: Together) -> Iterator[Evidence]:
    yield from (evidence for evidence in _broken(together) if evidence["library"])


def _is_too_new(evidence: Evidence) -> bool:
    return evidence["program"] == "mongod" and "SIGILL" in str(evidence["failure"])


def _broken(together: Together) -> Iterator[Evidence]:
    for there in together.theres:
        for need in there.needs:
            program = there.machine.program(need.program)
            if program and program.failure is not None:
                library = _LIBRARY.search(program.failure)
                failure = {"failure": program.failure or "?", "library": library[1] if library else ""}
                yield {**about(there, need), **failure}
