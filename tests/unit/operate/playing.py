"""The verbs on a toy, as a test calls them: where the cluster is made, who is asked, what is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from corral.cluster_file.parse import load_text
from corral.events import Event
from corral.operate.apply import Applied, ApplyRequest, apply_to, plan_of
from corral.operate.change import Change, change
from corral.operate.destroy import destroy_in
from corral.operate.idle import Rested, Verb, rest_in
from corral.operate.planning import saved
from corral.operate.report import Changed
from corral.operate.restart import restart_in
from corral.operate.run import run_in
from corral.operate.session import Session
from corral.operate.status import status_in
from corral.plan.actions import Plan
from tests.unit.operate.toy import Toy

T = TypeVar("T")
TOY = """\
name: toy
hosts: {one: 10.0.0.1, two: 10.0.0.2, three: 10.0.0.3}
proxy: {hosts: [one]}
app: {command: serve, hosts: [one, two], version: "1"}
database: {members: [one, two, three]}
"""


@dataclass
class Person:
    """Somebody at a terminal who gives the same answer to each question."""

    answer: bool = True
    can_ask: bool = True
    questions: list[str] = field(default_factory=list)

    async def agreed(self, question: str) -> bool:
        self.questions.append(question)
        return self.answer

    async def named(self, question: str, name: str) -> bool:
        return await self.agreed(f"{question} {name}")


class Game:
    """One toy through several verbs, each of which opens it anew with the file as it is then."""

    def __init__(self, directory: Path, text: str = TOY) -> None:
        self.directory, self.loaded = directory, load_text(text, "", directory)
        self.events: list[Event] = []
        self.toy = Toy(self.loaded, directory)

    def change_file(self, old: str, new: str) -> None:
        """The toy stays as it is, and its file says something else."""
        assert self.loaded.text.count(old) == 1
        self.loaded = load_text(self.loaded.text.replace(old, new), "", self.directory)
        self.toy.cluster = Toy(self.loaded, self.directory).cluster

    def apply(
        self,
        session: Session | None = None,
        plan: Plan | None = None,
        verb: str = "apply",
        only: Sequence[str] = (),
        forget: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> Applied:
        request = ApplyRequest(
            verb, only=only, without=without, forget=forget, yes=session is None, asks=verb == "apply"
        )
        return self._play(lambda: apply_to(self.toy, self.loaded, request, self._session(session), plan))

    def plan(self, without: Sequence[str] = ()) -> Plan:
        return self._play(lambda: plan_of(self.toy, (), self._session(), without=without))

    def restart(self, target: str = "", session: Session | None = None) -> Changed | None:
        """With a session, its person is asked about files that were changed by hand, and about the whole."""
        return self._play(lambda: restart_in(self.toy, target, session is None, self._session(session)))

    def rest(self, verb: Verb, *words: str, session: Session | None = None) -> Rested:
        """`corral stop` and `corral start`; with a session, its person is asked."""
        return self._play(lambda: rest_in(self.toy, verb, words, session is None, self._session(session)))

    def carry_out(self, verb: str, plan: Plan) -> Changed | None:
        """A plan of the test's own, the way that every verb goes."""
        return self._play(lambda: change(self.toy, Change(verb, saved(plan), yes=True, saved=True), self._session()))

    def destroy(self) -> bool:
        return self._play(lambda: destroy_in(self.toy, False, True, self._session()))

    def run(self, *command: str, host: str = "") -> int:
        return self._play(lambda: run_in(self.toy, host, command, self._session()))

    def state(self) -> str:
        return self._play(lambda: status_in(self.toy)).state

    @property
    def done(self) -> list[str]:
        """What handlers have carried out since this was asked last."""
        done, self.toy.done = self.toy.done, []
        return done

    def _session(self, session: Session | None = None) -> Session:
        return session or Session(sink=self.events.append)

    def _play(self, verb: Callable[[], Awaitable[T]]) -> T:
        async def played() -> T:
            async with _closing(self.toy):
                return await verb()

        return asyncio.run(played())


@asynccontextmanager
async def _closing(toy: Toy) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await toy.close()
