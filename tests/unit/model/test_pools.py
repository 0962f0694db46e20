"""Who is out of the proxies together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corral.model.cluster import Instance
from corral.model.pools import NOBODY, by_turns, groups, key, pool_name
from tests.unit.desired.nginx_process import host, instance


def on_hosts(**counts: int) -> list[Instance]:
    return [instance(f"{name}{n}", host(name, "10.0.0.1"), n) for name, count in counts.items() for n in range(count)]


def test_neighbours_in_the_list_are_on_different_hosts() -> None:
    names = [each.name for each in by_turns(on_hosts(a=3, b=1, c=2))]
    assert names == ["a0", "b0", "c0", "a1", "c1", "a2"]


def test_a_group_is_spread_over_the_hosts() -> None:
    assert groups(on_hosts(a=5, b=5))[:2] == (("a0", "b0"), ("a1", "b1"))


def test_one_alone_is_never_out() -> None:
    assert groups(on_hosts(a=1)) == groups([]) == ()


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_each_is_in_one_group_and_one_in_five_is_out_at_most(counts: list[int]) -> None:
    web = on_hosts(**{f"h{number}x": count for number, count in enumerate(counts)})
    made = groups(web)
    if len(web) > 1:
        assert sorted(name for group in made for name in group) == sorted(each.name for each in web)
        assert all(len(group) <= max(1, len(web) // 5) for group in made)
        assert len(made) < 10, "so many upstreams nginx looks through for each request"


def test_pools_are_told_apart() -> None:
    made = groups(on_hosts(a=5, b=4))
    assert len({pool_name(out, made) for out in (NOBODY, *made)}) == len({key(out) for out in (NOBODY, *made)}) == 10


def test_a_group_is_named_by_its_members_alone() -> None:
    """So that another configuration, with other groups, doesn't take it for one of its own."""
    assert key(groups(on_hosts(a=3))[0]) == key(groups(on_hosts(a=4))[0])
    assert key(groups(on_hosts(a=5, b=5))[1]) not in {key(out) for out in groups(on_hosts(a=4, b=4))}
