"""Manifests with odd members are refused with the entry named, before anything is written."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepd import server
from sweepd.domain.artifacts import ArtifactState
from sweepd.domain.errors import BadInput, NotFound, TooLarge
from sweepd.domain.users import Caller
from sweepd.services.artifacts.manifest_reading import ManifestLimits, read_manifest
from tests.unit.services.logging_versions import begin, log, md5, put, put_manifest

GOOD = {"digest": md5(b"one"), "size": 3}
ODD_MEMBERS: list[tuple[str, Any]] = [
    *(
        ("size", odd)
        for odd in ("x", "3", -1, 1.5, float("nan"), float("inf"), True, [], {}, 2**63, 10**400)
    ),
    *(("digest", odd) for odd in (5, [], {}, True, "\0", "\ud800", "x" * 5_000, "", None)),
    *(("ref", odd) for odd in (5, [], {"a": 1}, True, "s3://\0", "\ud800", "s3://" + "x" * 5_000)),
    *(("birthArtifactID", odd) for odd in (5, [], True, "\0", "\ud800")),
    *(("extra", odd) for odd in ("x", 5, [], True)),
]
ODD_PATHS = ["", "/a", "../a", "a/../b", "a\0b", "\ud800", "x" * 2_000, "..\\a", "\\a/.."]


def text_of(contents: Any) -> bytes:
    return json.dumps({"version": 1, "contents": contents}).encode()


@pytest.mark.parametrize(("member", "odd"), ODD_MEMBERS, ids=lambda value: repr(value)[:20])
def test_an_odd_member_is_refused_with_its_entry(member: str, odd: Any) -> None:
    text = text_of({"fine": GOOD, "this one": {**GOOD, member: odd}})
    with pytest.raises(BadInput, match="'this one'") as caught:
        read_manifest(text)
    assert member in str(caught.value)


@pytest.mark.parametrize("path", ODD_PATHS, ids=lambda path: repr(path)[:12])
@pytest.mark.parametrize("entry", [GOOD, {"digest": "e", "ref": "s3://b/k"}], ids=["file", "ref"])
def test_an_odd_path_is_refused_also_of_a_reference(path: str, entry: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="entry") as caught:
        read_manifest(text_of({"fine": GOOD, path: entry}))
    assert repr(path[:200]) in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"x",
        b"[]",
        b"5",
        b"null",
        b"{}",
        b'{"contents": []}',
        b'{"contents": 5}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"contents": {"a": ' + b"9" * 5_000 + b"}}",
        text_of({"a": []}),
        text_of({"a": None}),
        text_of(
            {"a": {**GOOD, "size": 2**53}}
            | {f"b{i}": {**GOOD, "size": 2**53} for i in range(1_024)}
        ),
    ],
    ids=lambda text: repr(text[:16]),
)
def test_what_is_no_manifest_is_refused(text: bytes) -> None:
    with pytest.raises(BadInput, match="manifest"):
        read_manifest(text)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(st.characters(), max_size=5),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["contents", "a", "", "size", "digest", "ref", "extra"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_anything_is_read_or_refused(value: Any) -> None:
    for whole in (value, {"contents": value}, {"contents": {"a": value}}):
        with contextlib.suppress(BadInput):
            assert isinstance(read_manifest(json.dumps(whole).encode())["contents"], dict)


@pytest.mark.parametrize("entry", [{**GOOD, "size": "x"}, {**GOOD, "birthArtifactID": "nobody"}])
def test_a_refused_draft_can_be_mended(
    parts: server.Parts, ann: Caller, entry: dict[str, Any]
) -> None:
    def read_id(text: str) -> int:
        raise BadInput(f"expected the id of an Artifact, got {text!r}")

    uploads, draft = parts.services.artifacts.uploads, begin(parts, ann, "d")
    put(parts, draft.pk, "f", b"one", b"one")
    put_manifest(parts, draft.pk, {"f": entry})
    with pytest.raises(BadInput, match="entry 'f'"):
        uploads.commit(ann, draft.pk, read_id)
    put_manifest(parts, draft.pk, {"f": GOOD})
    assert uploads.commit(ann, draft.pk, read_id).state is ArtifactState.COMMITTED


def test_an_increment_is_checked_when_it_comes(parts: server.Parts, ann: Caller) -> None:
    base, draft = log(parts, ann, b"one"), begin(parts, ann, "d")
    parts.services.artifacts.uploads.manifests.set_base(ann, draft.pk, base.pk)
    with pytest.raises(BadInput, match="entry 'g'"):
        put_manifest(parts, draft.pk, {"g": {**GOOD, "size": "x"}})


@pytest.mark.parametrize("n_links", [1, 3])
def test_a_linked_draft_commits(parts: server.Parts, ann: Caller, n_links: int) -> None:
    log(parts, ann, b"older")
    services, draft = parts.services.artifacts, begin(parts, ann, "d")
    for number in range(n_links):
        services.collections.link(ann, draft.pk, "ann", "p", f"reads{number}", ["prod"])
    put(parts, draft.pk, "f", b"one", b"one")
    put_manifest(parts, draft.pk, {"f": GOOD})
    done = services.uploads.commit(ann, draft.pk, lambda _: draft.pk)
    assert (done.state, done.version) == (ArtifactState.COMMITTED, 1)
    places = services.memberships(ann, done)
    assert [place.version for place in places] == [1] + [0] * n_links


def test_a_deleted_version_takes_nothing_in(parts: server.Parts, ann: Caller) -> None:
    services, draft = parts.services.artifacts, begin(parts, ann, "d")
    put_manifest(parts, draft.pk, {})
    services.removals.delete(ann, draft.pk, delete_aliases=True)
    with pytest.raises(NotFound):
        put(parts, draft.pk, "f", b"one", b"one")
    with pytest.raises(NotFound):
        put_manifest(parts, draft.pk, {"f": GOOD})
    with pytest.raises(NotFound):
        services.uploads.commit(ann, draft.pk, lambda _: draft.pk)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (ManifestLimits(max_bytes=200), "may have 200 bytes .max_manifest_bytes"),
        (ManifestLimits(max_entries=19), "may have 19 entries .max_manifest_entries., got 20"),
    ],
)
def test_a_manifest_ends_at_its_limits(limits: ManifestLimits, told: str) -> None:
    fits = text_of({str(n): GOOD for n in range(3)})
    assert len(read_manifest(fits, limits)["contents"]) == 3
    with pytest.raises(TooLarge, match=told):
        read_manifest(text_of({str(n): GOOD for n in range(20)}), limits)


@pytest.mark.parametrize("inner", ["[" + "[],[0]," * 99 + "0]", "[" * 100 + "]" * 100, '{"a":[0]}'])
def test_values_are_counted_before_a_manifest_is_read(inner: str) -> None:
    """Also where no entry is: what is not JSON in the end was never read."""
    text = '{"contents": {}, "x": [' + ",".join([inner] * 30) + "] no JSON"
    with pytest.raises(TooLarge, match="may hold 24 values"):
        read_manifest(text.encode(), ManifestLimits(max_entries=1))
