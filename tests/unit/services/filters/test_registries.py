"""Search in registries: filters over registries, collections and versions, and their order."""

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.users import Caller
from sweepd.services.artifacts.artifact_collections import CollectionChange
from sweepd.services.artifacts.artifacts import ArtifactChange
from tests.conftest import FakeClock
from tests.unit.services.people.test_registries import link, log, make

SEARCHES = [
    (None, None, None, ["best:0", "cnn:1", "cnn:0"]),
    ('{"name": "wandb-registry-model"}', None, None, ["cnn:1", "cnn:0"]),
    ('{"name": {"$regex": "mi"}}', None, None, ["best:0"]),
    ('{"name": {"$in": ["wandb-registry-mine", "x"]}}', None, None, ["best:0"]),
    (None, '{"name": "cnn"}', None, ["cnn:1", "cnn:0"]),
    (None, '{"tag": "good"}', None, ["best:0"]),
    (None, '{"created_at": {"$gt": "2026-01-01T00:00:30"}}', None, ["best:0"]),
    (None, None, '{"alias": "prod"}', ["cnn:0"]),
    (None, None, '{"$or": [{"alias": "prod"}, {"tag": "fast"}]}', ["best:0", "cnn:0"]),
    (None, None, '{"version": "v1"}', ["cnn:1"]),
    (None, None, '{"version_index": {"$in": ["v1", 0]}}', ["best:0", "cnn:1", "cnn:0"]),
    (None, None, '{"version": {"$gte": 1}}', ["cnn:1"]),
    (None, None, '{"metadata.size": "big"}', ["cnn:0"]),
    (None, None, '{"artifact_metadata.size": {"$exists": false}}', ["best:0", "cnn:1"]),
    (None, None, '{"acm_created_at": {"$lt": "2026-01-01T00:00:30Z"}}', ["cnn:1", "cnn:0"]),
]


@pytest.mark.slow
def test_search_in_registries(parts: server.Parts, ann: Caller, clock: FakeClock) -> None:
    link(parts, ann, log(parts, ann, digest="d1", size="big"), aliases=("prod",))
    clock.forward(1)
    link(parts, ann, log(parts, ann, digest="d2"))
    clock.forward(60)
    mine = make(parts, ann, "mine")
    third = log(parts, ann, digest="d3")
    parts.services.artifacts.update(ann, third.pk, ArtifactChange(add_tags=["fast"]))
    place = link(parts, ann, third, mine.name, "best")
    listing = parts.services.artifacts.collections
    listing.change_collection(ann, place.collection_pk, CollectionChange(add_tags=["good"]))

    def search(*words: str | None) -> list[str]:
        found = parts.services.registries.search_versions(ann, *words)  # type: ignore[arg-type]
        return [f"{listing.collection(p.collection_pk).name}:{p.version}" for p in found.values]

    for registry, collection, version, expected in SEARCHES:
        assert search(registry, collection, version, None) == expected, (
            registry,
            collection,
            version,
        )
    for order in ("created_at", "+artifact_created_at", "linked_at"):
        assert search(None, None, None, order) == ["cnn:0", "cnn:1", "best:0"], order
    assert search(None, None, None, "-acm_created_at") == ["best:0", "cnn:1", "cnn:0"]
    ordered = parts.services.registries.list_all(ann, None, "-name")
    assert [r.name for r in ordered] == ["model", "mine", "dataset"]
    found = parts.services.registries.search_collections(ann, None, None, "-name")
    assert [c.name for c in found.values] == ["cnn", "best"]


def test_versions_are_ordered_by_metadata_of_any_type(parts: server.Parts, ann: Caller) -> None:
    """A number beside a text failed on our side."""
    for digest, metadata in (("d1", {"size": "big"}), ("d2", {"size": 3}), ("d3", {})):
        link(parts, ann, log(parts, ann, digest=digest, **metadata))
    found = parts.services.registries.search_versions(ann, None, None, None, "metadata.size")
    assert [place.version for place in found.values] == [2, 1, 0]


@pytest.mark.parametrize(
    "filters", ['{"colour": 1}', "{", '{"name": {"$regex": "("}}', '{"$what": 1}', "[1]"]
)
def test_a_search_that_cannot_be_understood_says_so(
    parts: server.Parts, ann: Caller, filters: str
) -> None:
    link(parts, ann, log(parts, ann))
    search = parts.services.registries
    for deed in (
        lambda: search.list_all(ann, filters),
        lambda: search.search_collections(ann, None, filters, None),
        lambda: search.search_versions(ann, None, None, filters, None),
        lambda: search.search_versions(ann, None, None, None, "-alias"),
    ):
        with pytest.raises(BadInput):
            deed()
