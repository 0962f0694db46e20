"""Presets: what a cluster file stands on."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from corral.cluster_file.build import build, direct_placement
from corral.cluster_file.layers import layered, read_preset
from corral.cluster_file.parse import Loaded, load_file, load_text
from corral.cluster_file.preset_name import BUILT_IN
from corral.cluster_file.schema import Spec
from corral.cluster_file.show import as_yaml, shown
from corral.errors import InvalidFile
from corral.problems import Problem
from tests.unit.cluster_file.files import SMALL, load, said

STEEDOS = SMALL.replace("app:\n", "app:\n  preset: steedos\n  version: 1.22.2\n")
PRESETS = Path(__file__).parents[3] / "src" / "corral" / "cluster_file" / "presets"


def spec(text: str) -> Spec:
    return load(text).spec


def environment(text: str, role: str = "web", **changes: object) -> dict[str, str]:
    loaded = load(text)
    placement = direct_placement(loaded.spec)
    object.__setattr__(placement, "url", changes.get("url", ""))
    cluster = build(loaded.spec, placement, PurePosixPath("/srv/app"))
    return dict(next(each for each in cluster.app.instances if each.role == role).environment)


def test_every_built_in_preset_is_right() -> None:
    assert {path.stem for path in PRESETS.glob("*.yaml")} == set(BUILT_IN)
    for name in BUILT_IN:
        document = read_preset((PRESETS / f"{name}.yaml").read_text("utf-8"), name)
        assert document.data["about"]


def test_generic_adds_nothing() -> None:
    named = spec(SMALL.replace("app:\n", "app:\n  preset: generic\n"))
    assert named == spec(SMALL)
    assert spec(SMALL.replace("app:\n", "app:\n  preset:\n")) == spec(SMALL)


def test_steedos() -> None:
    app = spec(STEEDOS).app
    assert (app.health.path, app.health.contains, app.health.start_timeout) == ("/accounts/settings", '"tenant"', 240)
    assert (app.needs.sticky, app.needs.one_worker, app.workers.instances) == (True, True, 1)
    assert spec(STEEDOS).database.parameters == {"internalQueryEnableLoggingV2OplogEntries": "false"}
    assert spec(STEEDOS).proxy.not_found == ("/cordova.js",)


def test_the_environment_of_steedos() -> None:
    given = environment(STEEDOS.replace("command:", "env: {ROOT_URL: 'https://one.example/'}\n  command:"))
    assert given["BIND_IP"] == given["HOST"] == "10.0.0.1"
    assert given["ENV_STORAGE_DIR"] == given["STORAGE"] == "/srv/steedos/storage"
    assert {given[name] for name in ("ROOT_URL", "ENV_CREATOR_URL", "ENV_WORKFLOW_URL")} == {"https://one.example/"}
    assert given["MULTIPLE_INSTANCES_COLLECTION_NAME"] == "workflow_instances"
    assert given["ENV_CFS_STORE"] == "local"


def test_where_the_url_is_fixed_all_names_of_it_follow() -> None:
    text = STEEDOS.replace("command:", "env: {ROOT_URL: 'https://one.example/'}\n  command:")
    given = environment(text, url="http://127.0.0.1:8080")
    assert {given[name] for name in ("ROOT_URL", "ENV_CREATOR_URL")} == {"http://127.0.0.1:8080"}


def test_what_the_file_says_goes_over_it_key_by_key() -> None:
    text = STEEDOS.replace(
        "  command:",
        "  health: {start_timeout: 9m}\n  env: {NODE_ENV: test, MORE: 1}\n  start_at_once: 3\n  workers:\n  command:",
    )
    app = spec(text + "  parameters: {ttlMonitorSleepSecs: 9}\n").app
    assert (app.health.path, app.health.start_timeout) == ("/accounts/settings", 540)
    assert (app.env["NODE_ENV"], app.env["MORE"], app.env["ENV_CFS_STORE"]) == ("test", "1", "local")
    assert (app.start_at_once, app.workers.instances) == (3, 1)
    parameters = spec(text + "  parameters: {ttlMonitorSleepSecs: 9}\n").database.parameters
    assert set(parameters) == {"internalQueryEnableLoggingV2OplogEntries", "ttlMonitorSleepSecs"}


def test_a_single_value_can_be_taken_away() -> None:
    assert "NODE_ENV" not in spec(STEEDOS.replace("  command:", "  env: {NODE_ENV: }\n  command:")).app.env
    assert spec(STEEDOS.replace("  command:", "  next:\n  command:")).app.next == ""


@pytest.mark.parametrize(
    ("lower", "upper", "result"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"c": 2, "b": 3}}),
        ({"a": {"b": 1}}, {"a": None}, {"a": {"b": 1}}),
        ({"a": 1}, {"a": None}, {}),
        ({}, {"a": None}, {"a": None}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": "none"}, {"a": "none"}),
        ({"a": "none"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_layers(lower: dict[str, object], upper: dict[str, object], result: dict[str, object]) -> None:
    assert layered(lower, upper) == result


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("1.22.2", {"ENV_CFS_STORE", "ENV_STORAGE_DIR"}),
        ("2", {"STEEDOS_CFS_STORE", "STEEDOS_STORAGE_DIR"}),
        ("2.1.64", {"STEEDOS_CFS_STORE", "STEEDOS_STORAGE_DIR"}),
        ("v10.0", {"STEEDOS_CFS_STORE", "STEEDOS_STORAGE_DIR"}),
        ("latest", {"ENV_CFS_STORE", "ENV_STORAGE_DIR"}),
    ],
)
def test_names_follow_the_version(version: str, names: set[str]) -> None:
    text = STEEDOS.replace("1.22.2", version).replace("  command:", "  env: {TRANSPORTER: a, CACHER: b}\n  command:")
    env = spec(text).app.env
    assert {name for name in env if name.endswith(("_CFS_STORE", "_STORAGE_DIR"))} == names


def test_a_version_may_need_more() -> None:
    assert said(STEEDOS.replace("1.22.2", "2.1")) == [("7:1", "missing-key"), ("7:1", "missing-key")]


def test_variables_that_nothing_derives() -> None:
    text = SMALL.replace("app:\n", "app:\n  needs: {variables: [KEY]}\n")
    assert said(text) == [("7:1", "missing-key")]
    assert said(text.replace("  command:", "  env: {KEY: x}\n  command:")) == []


@pytest.mark.parametrize(
    "more",
    [
        "",
        "  memory:\n  next:\n  env: {NODE_ENV: , BIND_IP: }\n  health: {contains: }\n",
        "  storage: {path: }\n  env: {ENV_STORAGE_DIR: }\n",
    ],
)
def test_what_show_prints_is_the_same_again(more: str) -> None:
    loaded = load(STEEDOS.replace("  command:", f"{more}  command:"))
    again = load_text(as_yaml(shown(loaded)), "again")
    assert again.spec == loaded.spec


def write(tmp_path: Path, preset: str, cluster: str = SMALL, name: str = "mine.yaml") -> Path:
    (tmp_path / "mine.yaml").write_text(preset)
    file = tmp_path / "cluster.yaml"
    file.write_text(cluster.replace("app:\n", f"app:\n  preset: ./{name}\n"))
    return file


def loaded(tmp_path: Path, preset: str) -> Loaded:
    return load_file(write(tmp_path, preset))


def refused(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InvalidFile) as caught:
        load_file(path)
    return caught.value.problems


def test_one_of_the_users_own(tmp_path: Path) -> None:
    app = loaded(tmp_path, "about: mine\napp:\n  instances: 4\n  env: {LISTEN: '${corral:HOST}'}\n").spec.app
    assert (app.instances, app.env) == (4, {"LISTEN": "${corral:HOST}"})


def test_one_that_is_not_there(tmp_path: Path) -> None:
    [problem] = refused(write(tmp_path, "about: mine\n", name="other.yaml"))
    assert (problem.code, problem.where) == ("no-preset", f"{tmp_path}/cluster.yaml:8:11")
    assert f"'{tmp_path}/other.yaml' can't be read: No such file" in problem.message


def test_one_with_mistakes_is_told_by_its_own_lines(tmp_path: Path) -> None:
    text = "about: mine\napp:\n  helth: {path: /x}\n  instances: 0\nhosts: {a: b}\ndatabase: {members: [nowhere, 1]}\n"
    problems = refused(write(tmp_path, text))
    assert [(problem.where, problem.code) for problem in problems] == [
        (f"{tmp_path}/mine.yaml:3:3", "unknown-key"),
        (f"{tmp_path}/mine.yaml:4:14", "bad-value"),
        (f"{tmp_path}/mine.yaml:5:1", "unknown-key"),
        (f"{tmp_path}/mine.yaml:6:21", "wrong-type"),
    ]
    assert "Did you mean 'health'?" in problems[0].hint


def test_a_mistake_in_what_is_for_a_version(tmp_path: Path) -> None:
    text = 'about: mine\napp: {instances: 2}\nversions:\n  "2":\n    app:\n      instances: 0\n  three: {}\n'
    problems = refused(write(tmp_path, text))
    assert [(problem.where, problem.code) for problem in problems] == [(f"{tmp_path}/mine.yaml:7:3", "bad-value")]
    problems = refused(write(tmp_path, text.replace("  three: {}\n", "")))
    assert [(problem.where, problem.code) for problem in problems] == [(f"{tmp_path}/mine.yaml:6:18", "bad-value")]
    assert problems[0].message.startswith("versions.2.app.instances must be")


def test_what_only_the_whole_can_tell_is_told_by_the_presets_lines_too(tmp_path: Path) -> None:
    [problem] = refused(write(tmp_path, "about: mine\napp: {workers: {hosts: [nowhere]}}\n"))
    assert (problem.code, problem.where) == ("unknown-host", f"{tmp_path}/mine.yaml:2:25")
    text = 'versions:\n  "1":\n    app: {env: {A: "${corral:STORAGE}"}}\n'
    cluster = SMALL.replace("app:\n", "app:\n  version: 1\n")
    [problem] = refused(write(tmp_path, text, cluster))
    assert (problem.code, problem.where) == ("missing-key", f"{tmp_path}/mine.yaml:3:20")


def test_layers_of_versions_stand_on_each_other(tmp_path: Path) -> None:
    text = 'versions:\n  "3": {app: {env: {A: , B: x}}}\n  "2.0": {app: {env: {A: a, C: }}}\n'
    for version, expected in (("2", {"A": "a"}), ("3.1", {"B": "x"}), ("1", {})):
        file = write(tmp_path, text, SMALL.replace("app:\n", f"app:\n  version: {version}\n"))
        assert load_file(file).spec.app.env == expected


def test_a_preset_of_versions_alone(tmp_path: Path) -> None:
    given = loaded(tmp_path, 'about: mine\nversions:\n  "2":\n').spec
    assert given.app.model_copy(update={"preset": "generic"}) == load(SMALL).spec.app


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("app", "preset: generic"),
        ("app", "version: 1"),
        ("app", "image_archive: shop.tar"),
        ("app", "release: {archive: shop.tgz}"),
        ("app", "install: none"),
        ("proxy", "install: none"),
        ("database", "install: {package: percona-server-mongodb}"),
    ],
)
def test_what_a_preset_can_not_say(tmp_path: Path, section: str, key: str) -> None:
    [problem] = refused(write(tmp_path, f"{section}:\n  {key}\n"))
    assert (problem.code, problem.where) == ("unknown-key", f"{tmp_path}/mine.yaml:2:3")
    assert "can't stand in a preset" in problem.message
    [problem] = refused(write(tmp_path, f"versions:\n  2:\n    {section}:\n      {key}\n"))
    assert (problem.code, problem.where) == ("unknown-key", f"{tmp_path}/mine.yaml:4:7")


def test_a_preset_may_bring_the_command_or_the_image(tmp_path: Path) -> None:
    bare = SMALL.replace("  command: node main.js\n", "")
    assert load_file(write(tmp_path, "app: {command: serve}\n", bare)).spec.app.command == ("serve",)
    assert load_file(write(tmp_path, "app: {image: 'shop:1'}\n", bare)).spec.app.image == "shop:1"
    [problem] = refused(write(tmp_path, "about: mine\n", bare))
    assert (problem.code, problem.where) == ("missing-key", f"{tmp_path}/cluster.yaml:7:1")


@pytest.mark.parametrize(
    "text", ["", "- a\n", "a: [\n", "versions: [1]\n", "versions: {2: [1]}\n", "about: {}\n", "app: 5\n"]
)
def test_hostile_presets(tmp_path: Path, text: str) -> None:
    problems = refused(write(tmp_path, text))
    assert {problem.where.rpartition("/")[2].split(":")[0] for problem in problems} == {"mine.yaml"}
    assert "cluster file" not in "".join(problem.message + problem.hint for problem in problems)


@pytest.mark.parametrize("name", [r"./a\0.yaml", r"./a\ud800.yaml", "./", "/dev/zero", "./" + "a" * 300])
def test_hostile_names(name: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        load(SMALL.replace("app:\n", f'app:\n  preset: "{name}"\n'))
    assert {problem.code for problem in caught.value.problems} <= {"no-preset", "bad-value"}


def test_an_own_value_goes_under_what_a_worker_says() -> None:
    text = "  env: {A: '${corral:STORAGE}'}\n  workers: {env: {A: plain}}\n"
    assert said(SMALL.replace("app:\n", f"app:\n{text}")) == [("8:12", "missing-key")]
    text = "  env: {ROOT_URL: plain}\n  workers: {env: {ROOT_URL: '${corral:HOST}'}}\n"
    assert said(SMALL.replace("app:\n", f"app:\n{text}")) == [("9:29", "bad-value")]
