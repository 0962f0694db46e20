"""What `status` tells of a set that was asked already."""

from __future__ import annotations

from corral.model.resources import FoundReplicaSet, MemberFacts, SetMember
from corral.mongo.status import MemberStatus, statuses_in


def test_it_is_what_the_set_said() -> None:
    found = FoundReplicaSet(
        name="ref",
        members=(SetMember("d1:27017", 2.0), SetMember("d2:27017", 0.0, 0)),
        facts=(MemberFacts("d1:27017", "PRIMARY"), MemberFacts("d2:27017", "SECONDARY", 3.0)),
        primary="d1:27017",
    )
    told = statuses_in(found)
    assert told.writable
    assert told.members["d1:27017"] == MemberStatus("PRIMARY", 2.0, 1)
    assert told.members["d2:27017"] == MemberStatus("SECONDARY", 0.0, 0, 3.0)


def test_without_a_primary_it_takes_no_writes() -> None:
    silent = MemberFacts("d1:27017", "UNREACHABLE", detail="connection refused")
    told = statuses_in(FoundReplicaSet(facts=(silent,), detail="no member answers"))
    assert (told.writable, told.detail) == (False, "no member answers")
    assert told.members["d1:27017"].detail == "connection refused"
