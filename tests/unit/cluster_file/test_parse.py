"""The way in: all problems at once, each with its place, what was expected and the nearest name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corral.cluster_file.parse import load_file
from corral.errors import InvalidFile
from tests.unit.cluster_file.files import SMALL, load, only, problems, said


def test_a_small_file() -> None:
    loaded = load(SMALL)
    spec = loaded.spec
    assert spec.name == spec.database.replica_set == spec.database.name == "shop"
    assert spec.app.command == spec.app.workers.command == ("node", "main.js")
    assert spec.app.workers.hosts == ("one", "two")
    assert spec.app.workers.first_port == 5140
    assert spec.app.workers.health == spec.app.health
    assert loaded.warnings == ()
    assert loaded.positions[("app", "command")] == (9, 12)
    assert loaded.where(("app", "health", "path")) == "cluster.yaml:7:1"


def test_everything_wrong_is_said_at_once_in_the_files_order() -> None:
    text = """\
name: Shop!
hosts:
  one: 10.0.0.1
  two: 10.0.0.300
  tree: 10.0.0.3
porxy: {}
proxy:
  hosts: [on, one]
  balance: stiky_cookie
app:
  hosts: [one, three]
  instances: many
  command: "node 'main.js"
  env: {PORT: 80}
database:
  members: [one, tree]
  election_timout: 5s
  election_timeout: 5 parsecs
"""
    assert said(text) == [
        ("1:7", "bad-value"),
        ("4:8", "bad-value"),
        ("6:1", "unknown-key"),
        ("8:11", "unknown-host"),
        ("9:12", "bad-value"),
        ("11:16", "unknown-host"),
        ("12:14", "wrong-type"),
        ("13:12", "bad-value"),
        ("14:9", "bad-value"),
        ("16:3", "even-voters"),
        ("17:3", "unknown-key"),
        ("18:21", "bad-value"),
    ]
    hints = [problem.hint for problem in problems(text)]
    assert hints[2] == "Did you mean 'proxy'?"
    assert hints[3] == "Did you mean 'one'?"
    assert hints[4] == "Did you mean 'sticky_cookie'?"
    assert hints[5] == "Did you mean 'tree'?"
    assert hints[10] == "Did you mean 'election_timeout'?"


def test_required_keys() -> None:
    found = problems("time: {}\n")
    assert [problem.message for problem in found] == [
        "name is missing.",
        "hosts is missing.",
        "proxy is missing.",
        "app is missing.",
        "database is missing.",
    ]
    assert {problem.where for problem in found} == {"cluster.yaml:1:1"}
    found = problems("name: x\nhosts: {a: {}}\nproxy:\napp: {hosts: [a]}\ndatabase: {}\n")
    assert [(problem.where, problem.message) for problem in found] == [
        ("cluster.yaml:2:9", "hosts.a.address is missing."),
        ("cluster.yaml:3:1", "proxy is missing."),
        ("cluster.yaml:4:1", "app.command is missing, and so is app.image."),
        ("cluster.yaml:5:1", "database.members is missing."),
    ]


def test_a_misspelt_required_key_is_not_missing_too() -> None:
    assert said(SMALL.replace("command:", "comand:")) == [("9:3", "unknown-key")]
    assert said(SMALL.replace("command: node main.js", "imagee: shop:1")) == [("9:3", "unknown-key")]


def test_a_command_or_an_image() -> None:
    """An image has a command of its own; without either there is nothing to start."""
    assert load(SMALL.replace("command: node main.js", "image: shop:1")).spec.app.command == ()
    problem = only(SMALL.replace("  command: node main.js\n", ""))
    assert (problem.code, problem.where) == ("missing-key", "cluster.yaml:7:1")
    assert "`image:`" in problem.hint
    assert said(SMALL.replace("command: node main.js", "image: shop 1")) == [("9:10", "bad-value")]
    assert said(SMALL.replace("command: node main.js", "command:")) == [("9:3", "missing-key")]
    assert said(SMALL.replace("command: node main.js", "workers: {command: node cron.js}")) == [("7:1", "missing-key")]


def test_how_hosts_are_reached() -> None:
    text = SMALL.replace("10.0.0.2", "{address: 10.0.0.2, ssh: {port: 2222, timeout: 1m}}")
    spec = load(text + "ssh: {user: deploy, known_hosts: ~/hosts, timeout: 500ms}\n").spec
    assert (spec.ssh.port, spec.ssh.known_hosts, spec.ssh.timeout) == (None, "~/hosts", 0.5)
    own = spec.hosts["two"].ssh
    assert own
    assert (own.user, own.port, own.known_hosts, own.timeout) == ("deploy", 2222, "~/hosts", 60.0)
    ssh = load(SMALL).spec.ssh
    assert (ssh.user, ssh.port, ssh.known_hosts, ssh.timeout) == ("", None, "", 10.0)


def test_who_can_read_the_secrets() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8h deploy@example"
    secrets = load(f"{SMALL}secrets: {{recipients: [age1xyz, {key}, ops.pub], identity: ./age.key}}\n").spec.secrets
    assert secrets.recipients == ("age1xyz", key, "ops.pub")
    assert secrets.identity == "./age.key"
    secrets = load(SMALL).spec.secrets
    assert (secrets.recipients, secrets.identity) == ((), "")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("instances: 5", "There is app.instances and app.workers.instances;"),
        ("election_timout: 4s", "There is database.election_timeout;"),
        ("zzz: 5", "It can be: name, hosts, ssh,"),
    ],
)
def test_a_key_in_the_wrong_section(line: str, hint: str) -> None:
    problem = only(SMALL + line + "\n")
    assert problem.code == "unknown-key"
    assert problem.hint.startswith(hint)


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("proxy: 5", "wrong-type", "proxy must be a mapping (lines of `key: value`), not 5."),
        ("proxy: {hosts: one}", "wrong-type",
         "proxy.hosts must be a list, such as [one, two], not the text 'one'."),
        ("proxy: {hosts: []}", "bad-value", "proxy.hosts must have at least one entry."),
        ("proxy: {hosts: [one], port: '80'}", "wrong-type",
         "proxy.port must be a whole number from 1 to 65535, not the text '80'."),
        ("proxy: {hosts: [one], balance: hash}", "bad-value",
         "proxy.balance needs the variable to hash: `{hash: $http_x_user_id}`."),
        ("proxy: {hosts: [one], balance: {hash: $cookie-x}}", "bad-value", None),
        ("proxy: {hosts: [one], balance: {hash: user}}", "bad-value",
         "proxy.balance must have an nginx variable such as $http_x_user_id after `hash:`."),
        ("proxy: {hosts: [one], real_ip_from: [10.0.0.1/8]}", "bad-value",
         "proxy.real_ip_from[0] must be a network, and 10.0.0.1/8 is an address in one: write 10.0.0.0/8."),
        ("proxy: {hosts: [one], server_name: 'a;b'}", "bad-value", None),
        ("proxy: {hosts: [one], virtual_ip: {adress: 10.0.0.9}}", "unknown-key", None),
        ("proxy: {hosts: [one], virtual_ip: web.local}", "bad-value", None),
        ("proxy: {hosts: [one], not_found: ['/a b']}", "bad-value", None),
        ("proxy: {hosts: [one], not_found: [/p//q]}", "bad-value",
         "proxy.not_found[0] never matches: nginx makes /p/q of /p//q, so write /p/q."),
        ("proxy: {hosts: [one], unbuffered: [/p/./q/]}", "bad-value",
         "proxy.unbuffered[0] never matches: nginx makes /p/q/ of /p/./q/, so write /p/q/."),
        ("proxy: {hosts: [one], not_found: [/a/../b/..]}", "bad-value",
         "proxy.not_found[0] never matches: nginx makes / of /a/../b/.., so write /."),
        ("ssh: {sudo: maybe}", "wrong-type", "ssh.sudo must be true or false, not the text 'maybe'."),
        ("ssh: {port: 0}", "bad-value", None),
        ("ssh: {timeout: 2d}", "bad-value", None),
        ("ssh: {known_hosts: [a]}", "wrong-type", "ssh.known_hosts must be a path, not a list."),
        ("ssh: {known_hosts: ''}", "bad-value", None),
        ("secrets: {recipients: ops.pub}", "wrong-type",
         "secrets.recipients must be a list, such as [one, two], not the text 'ops.pub'."),
        ("secrets: {recipients: ['']}", "bad-value", None),
        ("secrets: {identity: 5}", "wrong-type", "secrets.identity must be a path, not 5."),
        ("secrets: {recipient: [a]}", "unknown-key", None),
        ("proxy: {hosts: [one], virtual_ip: {address: 10.0.0.9, interface: 'eth0}'}}", "bad-value", None),
        ("playground: {network: 127.0.0.0/16}", "bad-value", None),
        ("time: {servers: [5]}", "wrong-type",
         "time.servers[0] must be the name of one of the hosts, not 5."),
    ],
)  # fmt: skip
def test_wrong_values(line: str, code: str, message: str | None) -> None:
    section = line.partition(":")[0]
    text = SMALL.replace("proxy:\n  hosts: [one]\n", "") if section == "proxy" else SMALL
    problem = only(text + line + "\n")
    assert problem.code == code
    assert message in (None, problem.message)
    assert problem.where.startswith("cluster.yaml:")


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("command: ''", "bad-value", "app.command must have at least one entry."),
        ("command: [a, [b]]", "wrong-type", "app.command[1] must be a text, not a list."),
        ("command: 'a \\'", "bad-value", None),
        (
            "env: {MONGO_URL: x}",
            "bad-value",
            "app.env.MONGO_URL may not be set: Corral derives it for each instance.",
        ),
        (
            "env: {VERSION: x}",
            "bad-value",
            "app.env.VERSION may not be set: Corral derives it from app.version.",
        ),
        ("env: {1A: x}", "bad-value", None),
        ("env: {A: []}", "wrong-type", "app.env.A must be a text, not a list."),
        ("env: {A: 'x${secret:y}'}", "bad-value", None),
        ("env: {A: 'x${env:Y Z}'}", "bad-value", None),
        ("env: {A: '${env:Y|sh}'}", "bad-value", None),
        ("env: {A: '${env:Y} ${env:}'}", "bad-value", None),
        ('env: {A: "${file:it\'s}"}', "bad-value", None),
        ("env: {A: '${file:${env:B}}'}", "bad-value", None),
        ("env: {ROOT_URL: 'https://${env:DOMAIN}/'}", "bad-value", None),
        ("health: {path: health}", "bad-value", None),
        ("workers: {health: never}", "wrong-type", None),
        ("workers: {instances: -1}", "bad-value", None),
        ("stop: {signal: 9}", "wrong-type", None),
        (
            "preset: steedoos",
            "bad-value",
            "app.preset must be one of generic, steedos, or the path of a preset's file (./mine.yaml), "
            "not the text 'steedoos'.",
        ),
        (
            "start_at_once: some",
            "wrong-type",
            "app.start_at_once must be all, cores or a whole number from 1 to 100, not the text 'some'.",
        ),
        ("start_at_once: 0", "bad-value", None),
        ("storage: {path: files}", "bad-value", None),
        ('storage: {path: "/files\\t"}', "bad-value", None),
        ("image_archive: ''", "bad-value", None),
        ("image_archive: {}", "wrong-type", "app.image_archive must be a path, not a mapping."),
        ("websocket: ws", "bad-value", None),
        ("websocket: {send: x}", "missing-key", None),
        ("env: {A: '${corral:HOTS}'}", "bad-value", None),
        ("env: {A: '${corral:STORAGE}'}", "missing-key", None),
        ("env: {ROOT_URL: '${corral:HOST}'}", "bad-value", None),
    ],
)
def test_wrong_values_of_the_application(line: str, code: str, message: str | None) -> None:
    text = SMALL.replace("  command: node main.js\n", "") if line.startswith("command") else SMALL
    problem = only(text.replace("app:\n", f"app:\n  {line}\n"))
    assert (problem.code, problem.where[:14]) == (code, "cluster.yaml:8")
    assert message in (None, problem.message)


def test_what_is_written_in_the_environment_is_taken_as_it_is() -> None:
    env = "env: {A: 1.10, B: true, C: 0x10, D: '', ROOT_URL: 'https://x/'}\n  version: 2.30\n"
    spec = load(SMALL.replace("app:\n", f"app:\n  {env}")).spec
    assert spec.app.env == {"A": "1.10", "B": "true", "C": "0x10", "D": "", "ROOT_URL": "https://x/"}
    assert spec.app.version == "2.30"


def test_what_lies_outside_stays_a_reference() -> None:
    env = "env: {A: 'x${env:B_1}y', C: '${file:./keys/mail key}${file:/run/x}'}\n"
    spec = load(SMALL.replace("app:\n", f"app:\n  {env}")).spec
    assert spec.app.env == {"A": "x${env:B_1}y", "C": "${file:./keys/mail key}${file:/run/x}"}


def test_values_are_not_repeated_where_they_may_be_passwords() -> None:
    problem = only(SMALL.replace("app:\n", "app:\n  env: {A: 'S3CRET${env:}'}\n"))
    assert "S3CRET" not in problem.message + problem.hint


def test_nothing_behind_a_key_counts_as_left_out() -> None:
    text = SMALL.replace("[one]\napp:", "[one]\n  port:\napp:\n  env:\n  health:\n  stop:") + "time:\nssh:\n"
    spec = load(text).spec
    assert (spec.proxy.port, spec.app.health.path, spec.app.stop.signal) == (80, "/health", "TERM")
    spec = load(SMALL.replace("members: [one]", "members:\n    one:")).spec
    assert spec.database.members["one"].priority == 1


def test_no_follow_up_for_what_is_wrong_already() -> None:
    text = SMALL.replace("  one: 10.0.0.1", "  one: {address: 5}")
    assert said(text) == [("3:18", "wrong-type")]
    assert said(SMALL.replace("  one:", "  o_e:").replace("[one", "[o_e")) == [("3:3", "bad-value")]
    assert said(SMALL.replace("members: [one]", "members: [7]")) == [("11:12", "wrong-type")]
    alone = SMALL.replace("  two: 10.0.0.2\n", "").replace("[one, two]", "[o_e]").replace("[one", "[o_e")
    assert said(alone.replace("  one:", "  o_e:")) == [("3:3", "bad-value")]
    assert said(SMALL.replace("hosts: [one]", "hosts: 7")) == [("6:10", "wrong-type")]


def test_a_host_that_nothing_runs_on_is_a_warning() -> None:
    loaded = load(SMALL.replace("  two:", "  three: 10.0.0.3\n  two:"))
    [warning] = loaded.warnings
    assert (warning.code, warning.severity, warning.where) == ("unused-host", "warning", "cluster.yaml:4:3")


def refusal(path: Path) -> tuple[str, str]:
    with pytest.raises(InvalidFile) as refused:
        load_file(path)
    assert refused.value.exit_code == 2
    [problem] = refused.value.problems
    return problem.code, problem.where


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.yaml") == ("no-file", str(tmp_path / "none.yaml"))
    assert refusal(tmp_path) == ("not-a-file", str(tmp_path))
    assert refusal(Path("a\0b"))[0] == "unreadable"
    assert refusal(tmp_path / ("x" * 300))[0] == "unreadable"
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (256 << 10) + b"\n")
    assert refusal(large)[0] == "too-large"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(SMALL)
    path.chmod(0)
    assert refusal(path)[0] == "unreadable"


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_bytes(b"name: shop\nhosts: {caf\xe9: 1}\n")
    assert refusal(path) == ("not-utf8", f"{path}:2:12")
    path.write_bytes(SMALL.encode("utf-16"))
    assert refusal(path) == ("not-utf8", f"{path}:1:1")


def test_a_file_knows_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cluster.yaml").write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    monkeypatch.chdir(tmp_path)
    loaded = load_file(Path("cluster.yaml"))
    assert (loaded.source, loaded.directory) == ("cluster.yaml", tmp_path)
