"""The environment: defaults, and one sentence for each value that can't be used."""

import pytest

from corral.noticeboard.settings import SettingsError, from_environment

from .running import run

MINIMAL = {"PORT": "5040", "MONGO_URL": "mongodb://127.0.0.1/board"}


def test_only_port_and_database_are_needed() -> None:
    settings = from_environment(MINIMAL)

    assert settings.url == "http://127.0.0.1:5040"
    assert (settings.instance, settings.role, settings.version) == ("noticeboard-5040", "web", "dev")
    assert settings.database_timeout == 8


def test_an_ipv6_address_is_bracketed_in_the_url() -> None:
    assert from_environment(MINIMAL | {"HOST": "::1"}).url == "http://[::1]:5040"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "", "PORT is not set"),
        ("PORT", "http", "PORT is 'http': it must be a whole number from 1 to 65535."),
        ("PORT", "0", "PORT is '0'"),
        ("PORT", "65536", "PORT is '65536'"),
        ("PORT", "٣", "PORT is '٣'"),
        ("ROLE", "primary", "ROLE is 'primary': it must be web or worker."),
        ("MONGO_URL", "", "MONGO_URL is not set"),
        ("MONGO_URL", "127.0.0.1:27017", "MONGO_URL must begin with mongodb://"),
        ("DATABASE_TIMEOUT", "soon", "DATABASE_TIMEOUT is 'soon'"),
        ("DATABASE_TIMEOUT", "0", "DATABASE_TIMEOUT is '0'"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence.replace("(", r"\(")):
        from_environment(MINIMAL | {name: value})


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"mongo_url": "mongodb://127.0.0.1/board"}, "PORT"),
        ({"port": "5040"}, "MONGO_URL"),
        ({"port": "5040", "host": "127.9.8.7", "mongo_url": "mongodb://u:s3cret@x@h:1/b"}, "MONGO_URL"),
        ({"port": "5040", "host": "127.9.8.7", "mongo_url": "mongodb://u:s3cret@h:port/b"}, "MONGO_URL"),
    ],
)
def test_the_process_ends_with_status_2_and_one_line(environment: dict[str, str], word: str) -> None:
    ended = run(**environment)

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"noticeboard: {word}")
    assert ended.stderr.count("\n") == 1
    assert "s3cret" not in ended.stderr + ended.stdout
