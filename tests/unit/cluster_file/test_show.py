"""The whole with defaults, and what is derived from it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from corral.cluster_file.build import build, direct_placement
from corral.cluster_file.document import read_document
from corral.cluster_file.emit import to_yaml
from corral.cluster_file.example import example_text
from corral.cluster_file.parse import load_text
from corral.cluster_file.show import as_yaml, shown
from tests.unit.cluster_file.files import SMALL, load


def test_every_default_is_there() -> None:
    value = shown(load(SMALL))
    assert value["hosts"] == {"one": "10.0.0.1", "two": "10.0.0.2"}
    assert value["proxy"]["max_body_size"] == "100M"
    assert value["proxy"]["websocket_timeout"] == "1h"
    assert value["app"]["workers"]["first_port"] == 5140
    assert value["app"]["health"]["start_timeout"] == "1m"
    assert value["database"]["members"] == {"one": {"priority": 1, "votes": 1, "arbiter": False}}
    assert value["database"]["replica_set"] == "shop"
    assert "derived" not in value
    json.dumps(value)


def test_what_is_derived_shows_no_secret() -> None:
    loaded = load_text(example_text())
    derived = shown(loaded, build(loaded.spec, direct_placement(loaded.spec), loaded.directory))["derived"]
    assert len(derived["instances"]) == 11
    assert derived["instances"][0] == {
        "name": "app-108-5040",
        "host": "app-108",
        "address": "192.168.0.108",
        "port": 5040,
        "role": "web",
    }
    assert derived["upstream"][9] == "192.168.0.208:5044"
    assert derived["replica_set"]["members"][0]["name"] == "192.168.0.216:27017"
    assert derived["mongo_url"].startswith("mongodb://application:[redacted]@192.168.0.216:27017,")
    assert "secret" not in json.dumps(derived)


def test_what_is_shown_is_a_cluster_file_again() -> None:
    loaded = load_text(example_text())
    cluster = build(loaded.spec, direct_placement(loaded.spec), loaded.directory)
    text = as_yaml(shown(loaded, cluster))
    assert "\n#   upstream:\n#     - 192.168.0.108:5040\n" in text
    again = load(text)
    assert again.spec == loaded.spec
    assert as_yaml(shown(again)) == as_yaml(shown(loaded))
    derived = "".join(line[2:] + "\n" for line in text.splitlines() if line.startswith("# "))
    document = read_document(derived.removeprefix("What Corral derives from it:\n"), "f")
    assert document.data == {"derived": shown(loaded, cluster)["derived"]}


def test_full_forms_of_short_ones() -> None:
    text = SMALL.replace("10.0.0.2", "{address: 10.0.0.2, ssh: {port: 2222}}").replace(
        "proxy:\n", "ssh: {user: deploy}\nproxy:\n  balance: {hash: $arg_u}\n  virtual_ip: 10.0.0.9\n"
    )
    value = shown(load(text))
    assert value["hosts"]["two"] == {
        "address": "10.0.0.2",
        "ssh": {"user": "deploy", "port": 2222, "sudo": False, "timeout": "10s", "connections": 32},
    }
    assert value["proxy"]["balance"] == {"hash": "$arg_u"}
    assert value["proxy"]["virtual_ip"] == {"address": "10.0.0.9", "router_id": 51}
    assert load(as_yaml(value)).spec == load(text).spec


def test_what_only_real_hosts_use_is_shown_too() -> None:
    text = SMALL.replace("app:\n", "app:\n  image: shop:1\n  image_archive: shop.tar\n  release: {archive: shop.tgz}\n")
    text = text.replace("database:\n", "database:\n  directory: /srv/db\n  tune: false\n")
    loaded = load(f"{text}secrets: {{recipients: [ops.pub], identity: age.key}}\nssh: {{known_hosts: k}}\n")
    value = shown(loaded)
    assert value["ssh"] == {"sudo": False, "known_hosts": "k", "timeout": "10s", "connections": 32}
    assert value["secrets"] == {"recipients": ["ops.pub"], "identity": "age.key"}
    assert (value["app"]["image_archive"], value["app"]["release"]) == ("shop.tar", {"archive": "shop.tgz"})
    assert (value["database"]["directory"], value["database"]["tune"]) == ("/srv/db", False)
    assert load(as_yaml(value)).spec == loaded.spec
    plain = shown(load(SMALL))
    assert plain["secrets"] == {"recipients": []}
    assert (plain["app"]["release"], plain["app"]["install"]) == ("none", "package")
    assert not {"image", "image_archive"} & set(plain["app"])
    assert "directory" not in plain["database"]


SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["Cs"]))


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text("ab:# -"), inner), max_leaves=8),
        min_size=1,
    )
)
def test_what_is_written_can_be_read(value: dict[str, object]) -> None:
    document = read_document(to_yaml(value), "f")
    faults = [problem.code for _path, problem in document.faults]
    assert document.data == value or "bad-value" in faults, "YAML has no NUL"
