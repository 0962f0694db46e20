"""Times, sizes, addresses and the other kinds of values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from corral.cluster_file.addresses import (
    same_address,
    wrong_address,
    wrong_ip,
    wrong_network,
    wrong_playground_network,
    wrong_server_name,
)
from corral.cluster_file.units import Duration, Size, seconds, size_in_bytes, write_duration, write_size
from corral.cluster_file.values import Choice, Number, Text, Whole, found


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (10, 10),
        (1.5, 1.5),
        ("500ms", 0.5),
        ("10s", 10),
        ("5m", 300),
        ("1h", 3600),
        ("1.5h", 5400),
        ("10 s", 10),
    ],
)
def test_times(written: object, value: float) -> None:
    assert seconds(written) == value


@pytest.mark.parametrize("written", ["10", "", "s", "10S", "-1s", "1h30m", "1d", True, None, [], "٣s"])
def test_no_times(written: object) -> None:
    assert math.isnan(seconds(written))


@pytest.mark.parametrize(
    ("written", "value"),
    [(512, 512), ("512", 512), ("16k", 16384), ("100M", 104857600), ("1G", 1 << 30), ("1GB", 1 << 30),
     ("1GiB", 1 << 30), ("1.5k", 1536), ("2 g", 2 << 30), ("1t", 1 << 40), ("8B", 8)],
)  # fmt: skip
def test_sizes(written: object, value: int) -> None:
    assert size_in_bytes(written) == value


@pytest.mark.parametrize("written", ["", "k", "-1k", "1X", 1.5, True, None])
def test_no_sizes(written: object) -> None:
    assert math.isnan(size_in_bytes(written))


@given(st.integers(1, 10**11))
def test_a_time_is_written_as_it_can_be_read(milliseconds: int) -> None:
    assert round(seconds(write_duration(milliseconds / 1000)) * 1000) == milliseconds


@given(st.integers(1, 10**15))
def test_a_size_is_written_as_it_can_be_read(size: int) -> None:
    assert size_in_bytes(write_size(size)) == size


def refused(kind: Whole | Number | Duration | Size | Text | Choice, value: object) -> tuple[str, str, str]:
    with pytest.raises(PydanticCustomError) as error:
        kind.read(value)
    context = error.value.context or {}
    return error.value.type, context["sentence"], context["hint"]


@pytest.mark.parametrize("value", [0, 101, 1.5, float("nan")])
def test_whole_numbers_have_a_range(value: object) -> None:
    code, sentence, _hint = refused(Whole(1, 100), value)
    assert code == "bad-value"
    assert sentence == f"must be a whole number from 1 to 100, not {value}"


@pytest.mark.parametrize("value", [True, "5", None, [], {}])
def test_whole_numbers_are_nothing_else(value: object) -> None:
    assert refused(Whole(1, 100), value)[0] == "wrong-type"


@pytest.mark.parametrize("kind", [Whole(1, 5), Number(1, 5), Duration("1s", "5s"), Size("1k", "5k")])
@pytest.mark.parametrize(
    "value", [float("inf"), float("nan"), 16**5000, -(16**5000)], ids=["inf", "nan", "huge", "-huge"]
)
def test_numbers_beyond_all_bounds(kind: Whole | Number | Duration | Size, value: object) -> None:
    assert refused(kind, value)[1].startswith("must be a")


def test_times_and_sizes_keep_to_their_range() -> None:
    assert Duration("1s", "1h").read("2m") == 120.0
    assert "from 1s to 1h" in refused(Duration("1s", "1h"), "2h")[1]
    assert Size("1k", "1M").read(2048) == 2048
    assert "from 1k to 1M" in refused(Size("1k", "1M"), "2M")[1]
    assert refused(Size("1k", "1M"), [])[0] == "wrong-type"


def test_a_choice_knows_the_nearest_word() -> None:
    signals = Choice(("TERM", "INT"), lambda word: word.upper().removeprefix("SIG"))
    assert signals.read("sigterm") == "TERM"
    assert refused(signals, "TREM")[2] == "Did you mean 'TERM'?"
    assert refused(signals, 15)[0] == "wrong-type"


def test_a_text_that_may_be_a_password_is_not_repeated() -> None:
    secret = Text("a text", "[a-z]*", echo=False)
    assert "S3CRET" not in refused(secret, "S3CRET")[1]


@pytest.mark.parametrize(
    ("value", "words"),
    [("x" * 100, "the text '" + "x" * 57 + "...'"), ("", "an empty text"), (None, "nothing"),
     (False, "false"), (1e20, "a number this large"), ([1], "a list"), ({}, "a mapping"), (1.5, "1.5")],
)  # fmt: skip
def test_what_was_found_in_words(value: object, words: str) -> None:
    assert found(value) == words


@pytest.mark.parametrize("text", ["192.168.0.1", "::1", "2001:db8::5", "db-1", "db.example.com", "a_b.local", "x."])
def test_addresses(text: str) -> None:
    assert wrong_address(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.168.0.300",
        "1.2.3",
        "[::1]",
        "0.0.0.0",  # noqa: S104  # nothing listens on it
        "224.0.0.1",
        "fe80::1%eth0",
        "a b",
        "-a",
        "a..b",
        "h:80",
    ],
)
def test_wrong_addresses(text: str) -> None:
    assert wrong_address(text).startswith("must be")


def test_one_address_in_two_spellings() -> None:
    assert same_address("2001:DB8::0:1") == same_address("2001:db8::1")
    assert same_address("DB.example.com.") == same_address("db.example.com")


def test_networks() -> None:
    assert wrong_network("10.0.0.0/8") == wrong_network("10.1.2.3") == wrong_network("fd00::/8") == ""
    assert "10.0.0.0/8" in wrong_network("10.1.2.3/8")
    assert wrong_network("ten") != ""
    assert wrong_ip("10.0.0.1") == ""
    assert wrong_ip("db.example.com") != ""


def test_the_playgrounds_network() -> None:
    assert wrong_playground_network("127.108.0.0/16") == ""
    for text in ("127.0.0.0/16", "127.256.0.0/16", "127.1.0.0/24", "10.0.0.0/16", "127.1.0.0"):
        assert "127.1.0.0/16" in wrong_playground_network(text)


@pytest.mark.parametrize("text", ["_", "example.com", "www.example.com *.example.org .x.y", "10.0.0.1", "mail.*"])
def test_server_names(text: str) -> None:
    assert wrong_server_name(text) == ""


@pytest.mark.parametrize("text", ["", " ", "a;b", "a{", "exämple.com", 'a"b', "~^x$", "a b;"])
def test_wrong_server_names(text: str) -> None:
    assert wrong_server_name(text).startswith("must be")
