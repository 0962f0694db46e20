"""The `app` section: the instances of the application and its workers."""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from corral.cluster_file.at_once import ALL, AtOnce
from corral.cluster_file.command import Command
from corral.cluster_file.headers import Headers
from corral.cluster_file.install import Installing
from corral.cluster_file.positions import Path
from corral.cluster_file.preset_name import BUILT_IN, PresetName
from corral.cluster_file.section import (
    AbsolutePath,
    HostReference,
    Hosts,
    Port,
    Section,
    Shorthand,
    Timeout,
    UrlPath,
    left_out,
)
from corral.cluster_file.units import Duration, Size
from corral.cluster_file.values import Choice, Text, Whole
from corral.cluster_file.variables import Environment, NextSteps, Variable
from corral.language import tr
from corral.model.cluster import Install

_SIGNALS: Final = ("TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "KILL")


class Health(Section):
    """How an instance is asked whether it is well."""

    path: UrlPath = Field("/health", description="What is asked for with GET.")
    status: Annotated[int, Whole(100, 599)] = Field(200, description="The status of a healthy answer.")
    contains: Annotated[str, Text(tr("a text"), as_written=True)] = Field(
        "", description="A text that the body of a healthy answer holds."
    )
    interval: Annotated[float, Duration("100ms", "10m")] = Field(1.0, description="The time between two questions.")
    timeout: Annotated[float, Duration("100ms", "10m")] = Field(5.0, description="How long one answer may take.")
    start_timeout: Annotated[float, Duration("1s", "1h")] = Field(
        60.0, description="How long an instance may take from its start to its first healthy answer."
    )
    headers: Headers = Field(
        {},
        description="Headers of the question, besides Host and X-Forwarded-Proto, which are those of a visitor's "
        "request; both can be set here.",
    )


class _OrNone:
    """Health, or the word `none`."""

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, health: value if value == "none" else health(value),
            handler.generate_schema(Health),
            serialization=core_schema.plain_serializer_function_ser_schema(self._write, when_used="json"),
        )

    @staticmethod
    def _write(value: Any) -> Any:
        return value.model_dump(mode="json") if isinstance(value, Health) else value

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"enum": ["none"]}, handler(schema)]}


class Stop(Section):
    """How an instance is stopped."""

    signal: Annotated[str, Choice(_SIGNALS, lambda word: word.upper().removeprefix("SIG"))] = Field(
        "TERM", description="The signal that asks it to stop, with or without SIG."
    )
    timeout: Timeout = Field(10.0, description="How long it may take until it is killed.")
    drain: Annotated[float, Duration("0s", "10m")] = Field(
        0.0,
        description="For one that ends at once: how long the proxy keeps new requests away first, so that those it has "
        "can end. 0s for one that finishes them itself.",
    )


class Storage(Section):
    """Where the application keeps uploaded files."""

    path: AbsolutePath = Field(
        "",
        description="The directory of uploaded files, the same on all hosts: STORAGE in the environment. "
        "The playground has one of its own.",
    )


class Needs(Section):
    """What the application asks of the cluster around it; the rules hold the file to it."""

    sticky: bool = Field(False, description="Whether a visitor must stay with one instance.")
    one_worker: bool = Field(False, description="Whether two workers would do each job twice, and none would not.")
    variables: tuple[Variable, ...] = Field((), description="Variables that app.env must set, since none derives them.")


def _path_alone(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


class Websocket(Section):
    """A websocket that answers in a known way, for verify."""

    required = ("path",)
    path: UrlPath = Field("", description="The path to open.")
    send: Annotated[str, Text(tr("a text"), as_written=True)] = Field(
        "", description="The message to send; one made up each time when left out, which must come back."
    )
    contains: Annotated[str, Text(tr("a text"), as_written=True)] = Field(
        "", description="What a message that comes back holds; what was sent when left out."
    )
    through_all: bool = Field(
        False,
        description="Whether it comes back on the websockets of all instances, not only of the one it was sent to.",
    )


WebsocketEntry = Annotated[Websocket | None, Shorthand(_path_alone, {"type": "string"})]


class Workers(Section):
    """Processes of the same application that take no requests: cron, queues."""

    instances: Annotated[int, Whole(0, 100)] = Field(0, description="How many there are in the whole cluster.")
    hosts: tuple[HostReference, ...] = Field(
        (),
        min_length=1,
        description="The hosts they are spread over, one after the other; app.hosts when left out.",
    )
    first_port: Port = Field(
        0, description="The PORT of the first one on each host; app.first_port + 100 when left out."
    )
    command: Command = Field((), description="What starts one; app.command when left out.")
    env: Environment = Field({}, description="Variables for workers alone, on top of app.env.")
    health: Annotated[Health | Literal["none"] | None, _OrNone()] = Field(
        None,
        description="What differs from app.health for workers; `none` judges them by their process alone.",
    )


class App(Section):
    """The application: its instances behind the proxy, and its workers."""

    required = ("hosts",)
    preset: Annotated[str, PresetName(BUILT_IN)] = Field(
        "generic", description="Defaults for a known application, or a file with your own (see docs/presets.md)."
    )
    runtime: Annotated[Literal["compose", "systemd"], Choice(("compose", "systemd"))] = Field(
        "compose", description="What keeps the instances on real hosts; the playground always runs processes."
    )
    image: Annotated[str, Text(tr("the name of an image, without blanks"), r"[^\s\0]+")] = Field(
        "", description="The container image, with its tag or digest."
    )
    image_archive: Annotated[str, Text(tr("a path"), r"[^\0\n]+")] = Field(
        "",
        description="A file that `docker save` wrote, shipped to hosts that lack the image; pulled when left out.",
    )
    release: Annotated[Install, Installing(("none",), with_version=False)] = Field(
        Install("none"),
        description="With the runtime systemd: the tar file that the application comes in, {archive: FILE, sha256: …}; "
        "none when it is on the hosts already.",
    )
    install: Annotated[Install, Installing(archives=False)] = Field(
        Install(),
        description="How docker comes to real hosts with the runtime compose: package, {package: NAME}, or none.",
    )
    command: Command = Field(
        (), description="What starts one instance: a list of words, or one string. An image's own when left out."
    )
    directory: Annotated[str, Text(tr("a path"), r"[^\0\n]+")] = Field(
        ".",
        description="Where the command runs; a relative path starts at the cluster file's directory, on real hosts "
        "at the release; with an image it is a path inside it.",
    )
    version: Annotated[str, Text(tr("a version"), r"[^\0\r\n]{1,100}", as_written=True)] = Field(
        "", description="The application's version: VERSION in its environment, shown by status."
    )
    hosts: Hosts = Field((), description="The hosts that run instances.")
    instances: Annotated[int, Whole(1, 100)] = Field(1, description="How many instances each host runs.")
    first_port: Port = Field(5040, description="The PORT of the first instance on each host; the others count up.")
    workers: Workers = left_out("Processes that take no requests: cron, queues.")
    env: Environment = Field({}, description="Variables for every instance, on top of those that Corral derives.")
    health: Health = left_out("How an instance is asked whether it is well.")
    stop: Stop = left_out("How an instance is stopped.")
    start_at_once: Annotated[int, AtOnce(1, 100)] = Field(
        ALL,
        description="How many instances of one machine start at the same time: a number, `all`, or `cores` "
        "(one more than it has).",
    )
    start_time: Annotated[float, Duration("0s", "1h")] = Field(
        0.0, description="How long a start usually takes, for what `corral up` says of the time it needs."
    )
    memory: Annotated[int, Size("1M", "10T")] | None = Field(
        None, description="What one instance takes; `corral up` says so when the machine has less to give."
    )
    needs: Needs = left_out("What the application asks of the cluster around it.")
    websocket: WebsocketEntry = Field(
        None,
        description="A websocket for verify: the path of one that sends each message back, or path, send and contains.",
    )
    next: NextSteps = Field(
        "", description="What `corral up` says to do next; ${corral:ROOT_URL} stands for the cluster's URL."
    )
    storage: Storage = left_out("Where the application keeps uploaded files.")


def variables(app: App) -> Iterator[tuple[Path, str]]:
    """What processes get that may refer to what is outside the file: each with its place in it."""
    for path, section in ((("app", "env"), app.env), (("app", "workers", "env"), app.workers.env)):
        yield from (((*path, name), value) for name, value in section.items())
