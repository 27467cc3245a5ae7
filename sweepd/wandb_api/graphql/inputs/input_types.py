"""How a mutation's input becomes a value of ours.

`wire_input` lays a dataclass over the schema's input type of the same name. Its fields are the
schema's in snake case, as far as they are read; what its annotations say is what a resolver gets:
keys of ours for node ids, checked JSON, enums. A field the client leaves out or sends as null has
its default. What cannot be read is refused with the name of the field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from ariadne import InputType, convert_camel_case_to_snake
from graphql import GraphQLError, GraphQLInputObjectType, GraphQLSchema

from sweepd.domain.errors import BadInput, SweepdError
from sweepd.wandb_api import wire

T = TypeVar("T")
Read = Callable[[Any, str], Any]  # a value of the wire, and the field's name
Build = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class NodeId:
    """Reads a node id of a kind as our key."""

    kind: str

    def __call__(self, value: Any, name: str) -> int:
        try:
            return wire.read_node_id(self.kind, str(value))
        except BadInput as error:
            raise BadInput(f"{name}: {error}") from error


def read_object(value: Any, name: str) -> dict[str, Any]:
    """Read a JSON object."""
    return wire.read_json_object(value, name)


def check_object(value: Any, name: str) -> str | None:
    """Keep the text of a JSON object; JSON's null is as good as nothing."""
    if wire.read_json(value, name) is None:
        return None
    wire.read_json_object(value, name)
    return str(value)


AgentPk = Annotated[int, NodeId("Agent")]
ArtifactPk = Annotated[int, NodeId("Artifact")]
AutomationPk = Annotated[int, NodeId("Trigger")]
CollectionPk = Annotated[int, NodeId("ArtifactCollection")]
EntityPk = Annotated[int, NodeId("Entity")]
FilePk = Annotated[int, NodeId("File")]
IntegrationPk = Annotated[int, NodeId("Integration")]
ManifestPk = Annotated[int, NodeId("ArtifactManifest")]
ProjectPk = Annotated[int, NodeId("Project")]
RunPk = Annotated[int, NodeId("Run")]
UserPk = Annotated[int, NodeId("User")]
ViewPk = Annotated[int, NodeId("View")]
JsonObject = Annotated[dict[str, Any], read_object]
ObjectText = Annotated[str | None, check_object]

INPUTS: list[type[Any]] = []  # every dataclass that was laid over an input type
REMEMBERED: set[type[Any]] = set()
MOST_REMEMBERED, MAX_REMEMBERED = 8192, 120  # of a type; characters of all its values


@dataclass_transform(frozen_default=True, kw_only_default=True)
def wire_input(given: type[T]) -> type[T]:
    """Make a class a dataclass that resolvers get for the schema's input type of its name."""
    made = dataclass(frozen=True, kw_only=True)(given)
    INPUTS.append(made)
    return made


def remembered(made: type[T]) -> type[T]:
    """Of an input whose values clients send again and again, and nobody can change: what was read
    of the same values before is taken."""
    REMEMBERED.add(made)
    return made


def input_bindables() -> list[InputType]:
    """What binds the dataclasses to the schema."""
    return [_Bound(made) for made in INPUTS]


class _Bound(InputType):
    def __init__(self, made: type[Any]) -> None:
        super().__init__(made.__name__)
        self._made = made

    def bind_to_schema(self, schema: GraphQLSchema) -> None:
        found = schema.type_map.get(self.name)
        self.validate_graphql_type(found)
        assert isinstance(found, GraphQLInputObjectType)
        names = {our_name(name): name for name in found.fields}
        build = _builder(self._made, names)
        if self._made in REMEMBERED:
            build = _remembering(build)
        found.out_type = build  # type: ignore[assignment, method-assign]


def _builder(made: type[Any], names: Mapping[str, str]) -> Build:
    hints = get_type_hints(made, include_extras=True)
    readers = {field.name: _reader(hints[field.name]) for field in fields(made)}

    def build(given: Mapping[str, Any]) -> Any:
        try:
            return made(
                **{
                    name: readers[name](value, names[name])
                    for name, value in given.items()
                    if name in readers and value is not None
                }
            )
        except SweepdError as error:  # the library passes on only errors of its own
            raise GraphQLError(str(error), original_error=error) from error

    return build


def _remembering(build: Build) -> Build:
    @lru_cache(MOST_REMEMBERED)
    def of(*items: tuple[str, str]) -> Any:
        return build(dict(items))

    def read(given: Mapping[str, Any]) -> Any:
        n = 0
        for value in given.values():
            if type(value) is not str:
                return build(given)
            n += len(value)
        return of(*given.items()) if n <= MAX_REMEMBERED else build(given)

    return read


def _reader(hint: Any) -> Read:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        read: Read = inner[1]
        return read
    if origin in (Union, UnionType):
        [one] = [arg for arg in inner if arg is not NoneType]
        return _reader(one)
    if origin is tuple:
        each = _reader(inner[0])
        return lambda values, name: tuple(each(value, name) for value in values)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda value, name: _member(hint, value, name)
    return lambda value, _: value


def _member(kind: type[Enum], value: Any, name: str) -> Enum:
    try:
        return kind(value)
    except ValueError as error:
        names = ", ".join(str(member.value) for member in kind)
        raise BadInput(f"{name} is one of {names}; got {str(value)[:80]!r}") from error


def our_name(name: str) -> str:
    """A name of the wire in snake case; the library alone would take digit and capitals apart."""
    return convert_camel_case_to_snake(name.replace("MD5", "Md5")).replace("md_5", "md5")
