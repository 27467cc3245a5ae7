"""Every mutation's input is a dataclass of ours that says what the schema says."""

import inspect
import json
from dataclasses import MISSING, fields
from types import NoneType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, get_named_type

from sweepd.domain.sweeps import SweepState
from sweepd.wandb_api.graphql.engine import build_schema
from sweepd.wandb_api.graphql.inputs.input_types import INPUTS, MAX_REMEMBERED, REMEMBERED, our_name

SCHEMA = build_schema()
MUTATIONS = SCHEMA.mutation_type.fields if SCHEMA.mutation_type else {}
BY_NAME = {made.__name__: made for made in INPUTS}
SCALARS = {
    "String": str,
    "ID": str,
    "JSONString": str,
    "Int": int,
    "Int64": int,
    "Duration": int,
    "Float": float,
    "Boolean": bool,
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutation_is_given_a_dataclass(name: str) -> None:
    field = MUTATIONS[name]
    for argument in field.args.values():
        kind = get_named_type(argument.type)
        assert isinstance(kind, GraphQLInputObjectType) and kind.name in BY_NAME, (
            f"lay a dataclass over {kind.name} in graphql/inputs/ (see input_types.py)"
        )
    assert field.resolve is not None
    hint = inspect.get_annotations(field.resolve, eval_str=True).get("input")
    given = {BY_NAME[get_named_type(a.type).name] for a in field.args.values()}
    assert given <= set(get_args(hint) or [hint]), f"the resolver of {name} takes {hint}"


@pytest.mark.parametrize("made", INPUTS, ids=lambda made: made.__name__)
def test_dataclass_says_what_the_schema_says(made: type[Any]) -> None:
    kind = SCHEMA.type_map[made.__name__]
    assert isinstance(kind, GraphQLInputObjectType)
    by_name = {our_name(name): field for name, field in kind.fields.items()}
    hints = get_type_hints(made, include_extras=True)
    for field in fields(made):
        wire = by_name[field.name]
        is_optional = field.default is not MISSING or field.default_factory is not MISSING
        if not isinstance(wire.type, GraphQLNonNull):
            assert is_optional, f"{field.name} may be left out and needs a default"
        inner = wire.type.of_type if isinstance(wire.type, GraphQLNonNull) else wire.type
        hint = _plain(hints[field.name])
        if isinstance(inner, GraphQLList):
            assert get_origin(hint) is tuple, field.name
            hint = _plain(get_args(hint)[0])
        named = get_named_type(inner)
        if get_origin(hint) is Annotated or named.name not in SCALARS:
            continue  # read by a function of its own, an enum, or another input
        assert hint is SCALARS[named.name], f"{field.name}: {hint} for {named.name}"


def _plain(hint: Any) -> Any:
    """A type without `| None`."""
    if get_origin(hint) is Union or type(hint).__name__ == "UnionType":
        [hint] = [arg for arg in get_args(hint) if arg is not NoneType]
    return hint


def read(name: str, **given: Any) -> Any:
    kind = SCHEMA.type_map[name]
    assert isinstance(kind, GraphQLInputObjectType)
    return kind.out_type(given)


def test_nulls_and_what_is_not_read_leave_the_defaults() -> None:
    found = read("DeleteRunInput", id="UnVuOjc=", delete_artifacts=None, unknown=1)
    assert (found.id, found.delete_artifacts, found.keep_config) == (7, False, False)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("DeleteRunInput", {"id": "seven"}, "id: expected the id of a Run, got 'seven'"),
        ("CommitArtifactInput", {"artifact_id": "UnVuOjc="}, "artifactID: expected the id of a"),
        ("DeleteFilesInput", {"files": ["?"]}, "files: expected the id of a File"),
        ("EnqueueSweepRunInput", {"id": "x", "config": "[1]"}, "config should be a JSON object"),
        ("EnqueueSweepRunInput", {"id": "x", "config": "{"}, "config should be JSON"),
        ("UpsertSweepInput", {"state": "gone"}, "a sweep's state is one of"),
        ("UpsertBucketInput", {"summary_metrics": "1"}, "summaryMetrics should be a JSON object"),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_fields_name(
    name: str, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(Exception, match=message):
        read(name, **given)


def test_values_are_ours() -> None:
    assert read("UpsertSweepInput", state="paused").state is SweepState.PAUSED
    assert read("UpsertBucketInput", config="null").config is None
    states = '{"a": true, "b": false}'
    assert read("AgentHeartbeatInput", id="QWdlbnQ6MQ==", run_state=states).run_state == {"a"}


@pytest.mark.parametrize("made", sorted(REMEMBERED, key=str), ids=lambda made: made.__name__)
def test_what_is_remembered_cannot_be_changed_by_whom_it_is_given_to(made: type[Any]) -> None:
    found = read("AgentHeartbeatInput", id="QWdlbnQ6MQ==", run_state='{"a": true}')
    assert type(found) is made, "say here how one is read"
    assert hash(found), "a list or an object within would be everybody's"


def test_the_same_values_are_read_once_and_others_anew() -> None:
    given = {"id": "QWdlbnQ6MQ==", "run_state": '{"a": true}'}
    first = read("AgentHeartbeatInput", **given)
    assert read("AgentHeartbeatInput", **given) is first
    assert read("AgentHeartbeatInput", **given | {"run_state": '{"a": false}'}).run_state == set()
    assert read("AgentHeartbeatInput", **given | {"id": "QWdlbnQ6Mg=="}).id == 2
    long = {"id": given["id"], "run_state": json.dumps({"a" * MAX_REMEMBERED: True})}
    assert read("AgentHeartbeatInput", **long) is not read("AgentHeartbeatInput", **long)
    for _ in range(2):
        with pytest.raises(Exception, match="expected the id of a Agent"):
            read("AgentHeartbeatInput", id="x")
