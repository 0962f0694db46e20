"""What the refusal of a file that was changed by hand advises."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from corral.cli import main
from corral.errors import ChangeFailed
from corral.model.resources import File
from corral.operate.refusals import REFUSALS, Case, refuse
from corral.plan.actions import Plan, Stage, WriteFile

CHANGED = WriteFile(File("one", "/etc/corral/x/nginx.conf", "new\n"), "digest", "", drift=True)
PLAN = Plan("x", (Stage("proxy", ((CHANGED,),)),))


def test_it_names_no_option_that_the_verb_lacks() -> None:
    [verbs] = [refusal.verbs for refusal in REFUSALS if refusal.name == "drift"]
    for verb in verbs:
        place = cast(Any, SimpleNamespace(traits=SimpleNamespace(mend="corral apply", name="hosts")))
        with pytest.raises(ChangeFailed) as refused:
            refuse("plan", Case(verb, place, plan=PLAN))
        [problem] = refused.value.problems
        options = {option for parameter in main.verb(verb).params for option in parameter.opts}
        for option in ("--overwrite", "--yes"):
            assert option in options or option not in problem.hint, f"{verb}: {problem.hint}"
        assert problem.where == "one"
