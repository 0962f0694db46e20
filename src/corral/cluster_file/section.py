"""What all sections of the cluster file have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from corral.cluster_file.addresses import wrong_address
from corral.cluster_file.units import Duration
from corral.cluster_file.values import Text, Whole
from corral.language import tr


class Section(BaseModel):
    """A mapping in the cluster file.

    All its keys have defaults, so that every problem is found in one reading; those in `required` must be
    there all the same (see `corral.cluster_file.validate`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    required: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _keys_without_value(cls, value: Any) -> Any:
        """A key with nothing behind it counts as left out: a section may have all its lines commented out."""
        if isinstance(value, dict):
            return {key: inner for key, inner in value.items() if inner is not None or key not in cls.model_fields}
        return {} if value is None else value


def left_out(description: str) -> Any:
    """A field that is a section, with all its defaults when left out; built late, to be quick to import."""
    return Field(default_factory=dict, validate_default=True, description=description)


@dataclass(frozen=True)
class Shorthand:
    """Lets a key be written shorter: `expand` makes the full form of it, `schema` is its JSON Schema."""

    expand: Callable[[Any], Any]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.expand, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [self.schema, handler(schema)]}


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema that also takes a key with nothing behind it."""
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if "type" in schema:
        kinds = schema["type"]
        return {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}
    rest = {key: value for key, value in schema.items() if key in ("default", "description")}
    choices = schema.get("anyOf") or [{key: value for key, value in schema.items() if key not in rest}]
    return {**rest, "anyOf": [*choices, {"type": "null"}]}


class NothingTakesAway:
    """For a mapping of the user's own names: a name with nothing behind it counts as not there.

    So a file takes away what its preset may have, whether it has it or not.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._those_with_something, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        mapping = handler(schema)
        patterns = mapping.get("patternProperties") or {"": mapping.pop("additionalProperties")}
        return {**mapping, "patternProperties": {name: or_null(value) for name, value in patterns.items()}}

    @staticmethod
    def _those_with_something(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: inner for name, inner in value.items() if inner is not None}


def address_alone(value: Any) -> Any:
    """An address without its mapping, as the mapping."""
    return value if value is None or isinstance(value, dict) else {"address": value}


HOST_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

HostName = Annotated[
    str, Text(tr("a host name: letters, digits and hyphens, at most 63, no hyphen first or last"), HOST_NAME)
]
HostReference = Annotated[str, Text(tr("the name of one of the hosts"))]
Hosts = Annotated[tuple[HostReference, ...], Field(min_length=1)]
Address = Annotated[str, Text(tr("an IPv4 or IPv6 address or a DNS name"), check=wrong_address)]
Port = Annotated[int, Whole(1, 65535)]
Timeout = Annotated[float, Duration("100ms", "24h")]
AbsolutePath = Annotated[str, Text(tr("an absolute path without control characters"), r"/[^\x00-\x1f\x7f]*")]
"""A directory on the hosts. Unit files can't hold control characters."""
UrlPath = Annotated[str, Text(tr("a path: a slash first, no blanks"), r"/[!-~]*")]


class Ssh(Section):
    """How a host is reached. ~/.ssh/config holds for what is left out; nothing in the playground."""

    user: Annotated[str, Text(tr("a user's name"), r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?")] = Field(
        "", description="The account to log in with; the one that runs corral when left out."
    )
    port: Port | None = Field(None, description="The port of sshd; ssh's own choice, which is 22, when left out.")
    key: Annotated[str, Text(tr("the path of a private key"), r"[^\0\n]+")] = Field(
        "", description="The private key's file; ssh's own choice when left out."
    )
    sudo: bool = Field(False, description="Whether the account needs sudo (without a prompt) to change the host.")
    jump: Annotated[str, Text(tr("a host, or user@host:port"), r"[^\s\0]+")] = Field(
        "", description="The host to go through, as ssh -J takes it."
    )
    known_hosts: Annotated[str, Text(tr("a path"), r"[^\0\n]+")] = Field(
        "",
        description="A file of host keys to trust, besides ~/.ssh/known_hosts and what `corral trust` has recorded.",
    )
    timeout: Timeout = Field(10.0, description="How long a host may take to answer.")
    connections: Annotated[int, Whole(1, 1000)] = Field(
        32, description="How many hosts are connected to at the same time, while a run begins."
    )


class Host(Section):
    """One machine. Its address alone will do."""

    required = ("address",)
    address: Address = Field("", description="The address or DNS name by which the other hosts reach it.")
    ssh: Ssh | None = Field(None, description="What differs from the ssh section for this host.")


HostEntry = Annotated[
    Host, Shorthand(address_alone, {"type": "string", "description": "The host's address or DNS name."})
]
