"""GraphQL documents over the whole schema: any field, with any arguments, some levels deep."""

from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from tests.fuzz import values
from tests.protocol.anything import World

LEVELS = 5
MAX_KEPT = 400  # templates; reading one costs the server more than answering it ten times


class Documents:
    """Makes requests of one schema and one world."""

    def __init__(self, world: World, schema: GraphQLSchema) -> None:
        self.world = world
        self.schema = schema
        self._kept: list[tuple[str, dict[str, Any]]] = []
        self.reached: set[str] = set()  # type and field

    def make(self, rng: Random) -> dict[str, Any]:
        """A request's body; every argument is a variable."""
        if len(self._kept) < MAX_KEPT:
            made = self._template(rng)
            self._kept.append(made)
        text, kinds = self._kept[-1] if len(self._kept) < MAX_KEPT else rng.choice(self._kept)
        given = {name: self.value(rng, *kind) for name, kind in kinds.items()}
        return {"query": text, "variables": given}

    def _template(self, rng: Random) -> tuple[str, dict[str, Any]]:
        """A document, and the type and name of each of its variables."""
        is_change = rng.random() < 0.45
        root = self.schema.mutation_type if is_change else self.schema.query_type
        assert root is not None
        declared: list[str] = []
        given: dict[str, Any] = {}
        name = rng.choice(list(root.fields))
        if not is_change and rng.random() < 0.5:
            name = rng.choice(["project", "entity", "artifact"])
        text = self._field(rng, root, name, LEVELS, declared, given)
        kind = "mutation" if is_change else "query"
        head = f"{kind} F({', '.join(declared)})" if declared else f"{kind} F"
        return f"{head} {{ {text} }}", given

    def _field(
        self,
        rng: Random,
        owner: Any,
        name: str,
        levels: int,
        declared: list[str],
        given: dict[str, Any],
    ) -> str:
        field = owner.fields[name]
        self.reached.add(f"{owner.name}.{name}")
        words = []
        for key, argument in field.args.items():
            is_needed = isinstance(argument.type, GraphQLNonNull)
            if not is_needed and rng.random() < (0.3 if key != "name" else 0.05):
                continue
            variable = f"v{len(declared)}"
            declared.append(f"${variable}: {argument.type}")
            given[variable] = (argument.type, key)
            words.append(f"{key}: ${variable}")
        head = f"{name}({', '.join(words)})" if words else name
        inner = self._selection(rng, get_named_type(field.type), levels - 1, declared, given)
        alias = f"f{len(declared)}_{rng.randrange(10**6)}: " if rng.random() < 0.3 else ""
        return f"{alias}{head}{inner}"

    def _selection(
        self, rng: Random, kind: Any, levels: int, declared: list[str], given: dict[str, Any]
    ) -> str:
        if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
            some = rng.choice(self.schema.get_possible_types(kind))
            inner = self._selection(rng, some, levels, declared, given)
            return f" {{ __typename ... on {some.name}{inner} }}"
        if not isinstance(kind, GraphQLObjectType):
            return ""
        leaves = [n for n, f in kind.fields.items() if not _is_composite(f.type)]
        nodes = [n for n, f in kind.fields.items() if _is_composite(f.type)]
        chosen = rng.sample(leaves, min(len(leaves), rng.randrange(1, 5)))
        if levels > 0 and nodes:
            if kind.name.endswith("Connection") or kind.name.endswith("Edge"):
                chosen += nodes
            else:
                chosen += rng.sample(nodes, min(len(nodes), rng.randrange(1, 3)))
        seen: dict[str, str] = {}
        for name in chosen:
            seen[name] = self._field(rng, kind, name, levels, declared, given)
        return " { __typename " + " ".join(seen.values()) + " }"

    def value(self, rng: Random, kind: Any, name: str) -> Any:
        """A value for an argument: mostly of its type."""
        if rng.random() < 0.012:
            return rng.choice(values.ODD)
        if isinstance(kind, GraphQLNonNull):
            return self.value(rng, kind.of_type, name)
        if isinstance(kind, GraphQLList):
            return [self.value(rng, kind.of_type, name) for _ in range(rng.randrange(4))]
        if isinstance(kind, GraphQLEnumType):
            return rng.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return {
                key: self.value(rng, field.type, key)
                for key, field in kind.fields.items()
                if isinstance(field.type, GraphQLNonNull) or rng.random() < 0.6
            }
        return self._scalar(rng, kind.name, name)

    def _scalar(self, rng: Random, kind: str, name: str) -> Any:
        low = name.lower()
        if kind == "Int" and low in ("first", "last", "samples") and rng.random() < 0.8:
            return rng.choice([0, 1, 2, 5, -1, 2**31 - 1])
        if kind in ("Int", "Int64", "Duration", "Float"):
            return rng.choice(values.NUMBERS)
        if kind == "Boolean":
            return rng.random() < 0.5
        if low.endswith("filters"):
            return rng.choice(["{}", values.a_filter(rng), values.json_text(rng)])
        if kind in ("JSONString", "JSON"):
            return values.json_text(rng) if kind == "JSONString" else values.any_json(rng)
        world = self.world
        if kind == "ID" or low in ("id", "after", "before"):
            return rng.choice([*world.ids, *world.ids, *world.texts, *values.IDS])
        if low in ("config", "spec"):
            return rng.choice([*values.SWEEPS, values.json_text(rng)])
        if low == "order":
            return values.order(rng)
        usual = _usual(low)
        if usual and rng.random() < 0.8:
            return rng.choice(usual)
        return rng.choice([*world.texts, *world.ids, *values.TEXTS])


def _is_composite(kind: Any) -> bool:
    return isinstance(
        get_named_type(kind), GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
    )


def _usual(name: str) -> list[str]:
    """What makes a request reach beyond the look-up of its project."""
    if "entity" in name or name in ("username", "team", "org", "organization"):
        return ["ann"] * 8 + ["organization", "bob"]
    if "project" in name or name in ("modelname", "model"):
        return ["p"] * 8 + ["q", "wandb-registry-model"]
    if "run" in name or name == "name":
        return ["r", "p", "set:v0", "set", "ann", "model", "data"]
    if "sweep" in name:
        return []
    return []
