"""Registries on both databases: what they take, who may do what, and what a link opens."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.artifacts import Alias, Artifact, Membership
from sweepd.domain.errors import BadInput, Conflict, Forbidden, NotFound, SweepdError
from sweepd.domain.projects import Project
from sweepd.domain.registries import Role
from sweepd.domain.users import Caller
from sweepd.services.artifacts.artifact_collections import CollectionChange
from sweepd.services.artifacts.artifacts import ArtifactChange
from sweepd.services.artifacts.uploads import NewArtifact
from sweepd.services.core import Core
from sweepd.services.people.registries import Registries, RegistryChange
from sweepd.services.people.users import Users
from sweepd.settings import Settings
from sweepd.store import registries as store
from sweepd.store import users
from sweepd.store.database import Connection, Database
from tests.conftest import FakeClock
from tests.unit.services.logging_versions import run, stream

pytestmark = pytest.mark.both_databases


MODEL = "wandb-registry-model"


def log(
    parts: server.Parts,
    caller: Caller,
    name: str = "net",
    kind: str = "model",
    digest: str = "d1",
    **more: str,
) -> Artifact:
    """A committed version without files."""
    new = NewArtifact(caller.name, "p", None, kind, name, digest, metadata=json.dumps(more))
    uploads = parts.services.artifacts.uploads
    pending = uploads.create(caller, new)
    text = json.dumps({"version": 1, "contents": {}}).encode()

    run(lambda: uploads.manifests.put(pending.pk, stream(text), None))
    return uploads.commit(caller, pending.pk, lambda _: 0)


def link(
    parts: server.Parts,
    caller: Caller,
    artifact: Artifact,
    registry: str = MODEL,
    name: str = "cnn",
    aliases: tuple[str, ...] = (),
) -> Membership:
    listing = parts.services.artifacts.collections
    return listing.link(caller, artifact.pk, "organization", registry, name, aliases)


def make(parts: server.Parts, caller: Caller, name: str, **change: object) -> Project:
    """A registry of the caller's."""
    wanted = RegistryChange(**change)  # type: ignore[arg-type]
    return parts.services.registries.upsert(caller, f"wandb-registry-{name}", wanted)[0]


def names(parts: server.Parts, caller: Caller, filters: str | None = None) -> list[str]:
    return sorted(r.name for r in parts.services.registries.list_all(caller, filters))


def test_two_registries_are_there_from_the_beginning_and_stay_deleted(
    parts: server.Parts, ann: Caller, tmp_path: Path, clock: FakeClock, database_url: str
) -> None:
    assert names(parts, ann) == ["dataset", "model"]
    parts.services.users.add_user("root", is_admin=True)
    root = parts.services.users.get_caller("root")
    dataset = parts.services.registries.list_all(ann, '{"name": "wandb-registry-dataset"}')[0]
    with pytest.raises(Forbidden, match="takes the role admin"):
        parts.services.registries.delete(ann, dataset.project.pk)
    parts.services.registries.delete(root, dataset.project.pk)
    again = server.build(Settings(data=tmp_path / "data", database=database_url), clock)
    assert names(again, ann) == ["model"]
    again.core.db.close()


def test_the_organisation_takes_another_name_and_never_somebody_elses(
    parts: server.Parts, ann: Caller
) -> None:
    registries: Registries = parts.services.registries
    with pytest.raises(Conflict, match="'ann' is a user or a team"):
        registries.prepare("ann")
    registries.prepare("acme")
    assert registries.organization().name == "acme"
    registries.prepare("")
    assert registries.organization().name == "acme"
    with pytest.raises(Conflict, match="is the organization"):
        parts.services.users.add_user("acme")
    assert parts.services.projects.find(ann, "acme", MODEL) is not None
    assert parts.services.projects.find(ann, "organization", MODEL) is None


@pytest.mark.parametrize("name", ["", "organization"])
@pytest.mark.parametrize("is_seen", [True, False])
def test_servers_that_begin_at_once_have_one_organisation(
    parts: server.Parts, monkeypatch: pytest.MonkeyPatch, name: str, is_seen: bool
) -> None:
    """The other server's transaction is through after we looked for an organisation, and before
    (`is_seen`) or after we looked whether the name is free."""
    made = parts.services.registries.organization()
    not_yet, free = iter([None] * 2), iter([None] * ((not name) + (not is_seen)))
    find, find_entity = store.find_organization, users.find_entity

    def find_organization(connection: Connection) -> object:
        return next(not_yet, True) and find(connection)

    def find_name(connection: Connection, entity: str) -> object:
        return next(free, True) and find_entity(connection, entity)

    monkeypatch.setattr(store, "find_organization", find_organization)
    monkeypatch.setattr(users, "find_entity", find_name)
    parts.services.registries.prepare(name)
    monkeypatch.undo()
    assert parts.services.registries.organization() == made


@pytest.mark.slow
def test_the_organisation_takes_a_free_name_beside_a_user_of_an_older_server(
    tmp_path: Path, clock: FakeClock
) -> None:
    settings = Settings(data=tmp_path / "older")
    settings.data.mkdir()
    older = Database(settings.database_url)
    Users(Core(older, clock)).add_user("organization")
    older.close()
    built = server.build(settings, clock)
    assert built.services.registries.organization().name == "organization-2"
    built.core.db.close()


def test_a_link_has_numbers_and_aliases_of_its_own(parts: server.Parts, ann: Caller) -> None:
    first, second = log(parts, ann, digest="d1"), log(parts, ann, digest="d2")
    place = link(parts, ann, second, aliases=("prod",))
    assert (place.version, place.aliases) == (0, ("latest", "prod"))
    assert link(parts, ann, first, name="cnn").version == 1
    artifacts = parts.services.artifacts
    there = Alias("cnn", "prod", "organization", MODEL)
    artifacts.collections.set_aliases(ann, first.pk, [there], add=True)
    home, linked = artifacts.memberships(ann, first)
    assert linked.aliases == ("latest", "prod") and "prod" not in home.aliases
    with pytest.raises(BadInput, match="not in a collection named"):
        artifacts.collections.set_aliases(ann, first.pk, [Alias("cnn", "x", "ann", "p")], add=True)


def test_an_alias_goes_to_the_collection_of_its_path_when_two_bear_a_name(
    parts: server.Parts, ann: Caller
) -> None:
    version = log(parts, ann)
    link(parts, ann, version, name="net")
    there = Alias("net", "prod", "organization", MODEL)
    parts.services.artifacts.collections.set_aliases(ann, version.pk, [there], add=True)
    home, linked = parts.services.artifacts.memberships(ann, version)
    assert "prod" in linked.aliases and "prod" not in home.aliases


def test_a_registry_takes_only_the_types_it_lists(parts: server.Parts, ann: Caller) -> None:
    table = log(parts, ann, "table", "dataset")
    with pytest.raises(BadInput, match="takes artifacts of type model, not 'dataset'"):
        link(parts, ann, table)
    with pytest.raises(NotFound, match="no registry organization/wandb-registry-modle"):
        link(parts, ann, table, "wandb-registry-modle")
    mine = make(parts, ann, "mine")
    link(parts, ann, table, mine.name)
    make(parts, ann, "mine", takes_all_types=False, type_names=["model"])
    assert parts.services.registries.get(mine).type_names == ("dataset", "model")
    with pytest.raises(BadInput, match="takes artifacts of type dataset, model"):
        link(parts, ann, log(parts, ann, "other", "code"), mine.name)
    shown = parts.services.artifacts.collections.list_collections(mine)[0]
    with pytest.raises(BadInput, match="keeps its type"):
        parts.services.artifacts.collections.change_collection(
            ann, shown.pk, CollectionChange(type_name="code")
        )
    for wrong in ("a/b", "", "x" * 129):
        with pytest.raises(BadInput, match="an artifact type has"):
            make(parts, ann, "mine", type_names=[wrong])


def test_whoever_sees_a_registry_uses_the_version_and_nothing_else_of_its_source(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    artifacts = parts.services.artifacts
    secret, shown = log(parts, ann, digest="d1"), log(parts, ann, digest="d2")
    with pytest.raises(NotFound):
        artifacts.get(bob, shown.pk)
    link(parts, ann, shown)
    assert artifacts.get(bob, shown.pk).pk == shown.pk
    with pytest.raises(NotFound):
        artifacts.get(bob, secret.pk)
    assert [p.version for p in artifacts.memberships(bob, shown)] == [0]
    named = artifacts.named(bob, [shown, secret])
    assert [(n.entity, n.collection, n.version) for n in named] == [("organization", "cnn", 0)]
    home = artifacts.collections.collection(shown.collection_pk)
    assert artifacts.collections.role(bob, home) is None
    for change in (
        lambda: artifacts.update(bob, shown.pk, ArtifactChange(description="mine")),
        lambda: artifacts.removals.delete(bob, shown.pk, delete_aliases=True),
        lambda: artifacts.collections.link(bob, shown.pk, "bob", "p", "taken", []),
        lambda: link(parts, bob, shown, name="again"),
        lambda: artifacts.collections.get_collection(bob, home.pk),
        lambda: artifacts.collections.set_aliases(bob, shown.pk, [Alias("net", "x")], add=True),
    ):
        with pytest.raises((NotFound, BadInput, Forbidden)):
            change()
    link_pk = artifacts.memberships(bob, shown)[0].collection_pk
    artifacts.collections.unlink(ann, shown.pk, link_pk)
    with pytest.raises(NotFound):
        artifacts.get(bob, shown.pk)


@pytest.mark.slow
def test_a_restricted_registry_exists_for_those_with_a_role_only(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    registries, artifacts = parts.services.registries, parts.services.artifacts
    parts.services.users.add_user("root", is_admin=True)
    root = parts.services.users.get_caller("root")
    closed = make(parts, ann, "closed", is_restricted=True)
    version = log(parts, ann)
    place = link(parts, ann, version, closed.name)
    for stranger in (bob, root):
        assert "closed" not in names(parts, stranger)
        assert parts.services.projects.find(stranger, "organization", closed.name) is None
        assert registries.search_versions(stranger, None).values == []
        assert registries.search_collections(stranger, None).values == []
        for deed in (
            lambda who=stranger: artifacts.get(who, version.pk),
            lambda who=stranger: artifacts.collections.get_collection(who, place.collection_pk),
            lambda who=stranger: registries.delete(who, closed.pk),
            lambda who=stranger: registries.rename(who, closed.name, "wandb-registry-x"),
            lambda who=stranger: link(parts, who, log(parts, who), closed.name),
            lambda who=stranger: registries.members.set_roles(
                who, closed.pk, [who.user_pk], [], Role.ADMIN
            ),
        ):
            with pytest.raises(NotFound):
                deed()
        with pytest.raises(Forbidden, match="is taken"):
            make(parts, stranger, "closed", description="mine now")
    registries.members.set_roles(ann, closed.pk, [bob.user_pk], [], Role.VIEWER)
    assert "closed" in names(parts, bob) and artifacts.get(bob, version.pk).pk == version.pk
    registries.members.set_roles(ann, closed.pk, [bob.user_pk], [], None)
    assert "closed" not in names(parts, bob)


def test_what_each_role_may_do(parts: server.Parts, ann: Caller, bob: Caller) -> None:
    registries, listing = parts.services.registries, parts.services.artifacts.collections
    mine = make(parts, ann, "mine")
    place = link(parts, ann, log(parts, ann), mine.name)
    own = log(parts, bob)
    as_admin = [
        lambda: make(parts, bob, "mine", description="x"),
        lambda: registries.rename(bob, mine.name, "wandb-registry-mine"),
        lambda: registries.members.set_roles(bob, mine.pk, [bob.user_pk], [], Role.ADMIN),
    ]
    as_member = [
        lambda: link(parts, bob, own, mine.name, "bobs"),
        lambda: listing.change_collection(
            bob, place.collection_pk, CollectionChange(description="x", add_tags=["t"])
        ),
        lambda: parts.services.artifacts.collections.set_aliases(
            bob, place.artifact_pk, [Alias("cnn", "best")], add=True
        ),
        lambda: listing.unlink(bob, place.artifact_pk, place.collection_pk),
        lambda: parts.services.artifacts.removals.delete_collection(bob, place.collection_pk),
    ]

    def refused(deeds: list) -> bool:  # type: ignore[type-arg]
        for deed in deeds:
            with pytest.raises(Forbidden, match="takes the role"):
                deed()
        return True

    registries.members.set_roles(ann, mine.pk, [bob.user_pk], [], Role.VIEWER)
    assert refused(as_member) and refused(as_admin)
    assert parts.services.artifacts.get(bob, place.artifact_pk).pk == place.artifact_pk
    registries.members.set_roles(ann, mine.pk, [bob.user_pk], [], None)
    assert refused(as_admin)  # everybody is member of a registry with visibility organization
    for deed in as_member:
        deed()
    registries.members.set_roles(ann, mine.pk, [bob.user_pk], [], Role.ADMIN)
    for deed in as_admin:
        deed()


def test_a_team_has_a_role_for_all_of_it_and_the_highest_counts(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    registries = parts.services.registries
    parts.services.users.add_team("crew", ["bob"])
    bob = parts.services.users.get_caller("bob")
    closed = make(parts, ann, "closed", is_restricted=True)
    team_pk = bob.entities["crew"]
    with pytest.raises(NotFound, match="one of its members adds it"):
        registries.members.set_roles(ann, closed.pk, [], [team_pk], Role.MEMBER)
    registries.members.set_roles(ann, closed.pk, [bob.user_pk], [], Role.ADMIN)
    registries.members.set_roles(bob, closed.pk, [], [team_pk], Role.MEMBER)
    registries.members.set_roles(ann, closed.pk, [bob.user_pk], [], Role.VIEWER)
    assert registries.role(bob, registries.get(closed)) is Role.MEMBER
    assert [t.name for t in registries.members.list_teams(closed)] == ["crew"]
    parts.services.users.remove_member("crew", "bob")
    bob = parts.services.users.get_caller("bob")
    assert registries.role(bob, registries.get(closed)) is Role.VIEWER


def test_a_restricted_registry_keeps_an_admin(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    registries = parts.services.registries
    closed = make(parts, ann, "closed", is_restricted=True)
    for role in (None, Role.VIEWER):
        with pytest.raises(Conflict, match="without an admin"):
            registries.members.set_roles(ann, closed.pk, [ann.user_pk], [], role)
    with pytest.raises(Conflict, match="'closed' would be left without an admin"):
        parts.services.users.remove_user("ann")
    assert registries.role(ann, registries.get(closed)) is Role.ADMIN
    opened = make(parts, ann, "opened")
    registries.members.set_roles(ann, opened.pk, [ann.user_pk], [], None)
    with pytest.raises(NotFound, match="no user with the number 999"):
        registries.members.set_roles(ann, closed.pk, [999], [], Role.VIEWER)
    with pytest.raises(NotFound, match="no team with the number"):
        registries.members.set_roles(ann, closed.pk, [], [bob.entities["bob"]], Role.VIEWER)


def test_deleting_a_registry_leaves_the_versions(parts: server.Parts, ann: Caller) -> None:
    version = log(parts, ann)
    mine = make(parts, ann, "mine")
    link(parts, ann, version, mine.name)
    with pytest.raises(NotFound, match="no such registry"):
        parts.services.registries.delete(ann, parts.services.projects.get(ann, "ann", "p").pk)
    parts.services.registries.delete(ann, mine.pk)
    assert parts.services.projects.find(ann, "organization", mine.name) is None
    assert parts.services.artifacts.get(ann, version.pk).state == "COMMITTED"
    assert len(parts.services.artifacts.memberships(ann, version)) == 1


def test_the_organisation_owns_registries_and_nothing_else(
    parts: server.Parts, ann: Caller
) -> None:
    for name in ("p", "wandb-registry-", "model"):
        with pytest.raises(BadInput, match="registries, named wandb-registry-NAME"):
            parts.services.registries.upsert(ann, name, RegistryChange())
    with pytest.raises(SweepdError):
        parts.services.projects.ensure(ann, "organization", "p", None)
    with pytest.raises(SweepdError):
        parts.services.projects.ensure(ann, "organization", MODEL, "mine")
    assert parts.services.projects.get(ann, "organization", MODEL).description == ""


def test_renaming_keeps_links_and_refuses_a_name_that_is_taken(
    parts: server.Parts, ann: Caller
) -> None:
    mine = make(parts, ann, "mine")
    link(parts, ann, log(parts, ann), mine.name)
    with pytest.raises(Conflict, match="has a registry"):
        parts.services.registries.rename(ann, mine.name, MODEL)
    with pytest.raises(BadInput):
        parts.services.registries.rename(ann, mine.name, "ours")
    ours = parts.services.registries.rename(ann, mine.name, "wandb-registry-ours")
    assert [c.name for c in parts.services.artifacts.collections.list_collections(ours)] == ["cnn"]


def test_many_at_once_make_one_registry_and_leave_an_admin(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    def attempt(deed: Callable[[], object]) -> str:
        try:
            deed()
        except (Conflict, Forbidden, NotFound) as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make(parts, ann, "raced", is_restricted=True), range(8)))
        assert len({project.pk for project in made}) == 1
        members = parts.services.registries.members
        members.set_roles(ann, made[0].pk, [bob.user_pk], [], Role.ADMIN)
        pair = ((ann, bob), (bob, ann))
        deeds = [
            lambda by=by, of=of: members.set_roles(by, made[0].pk, [of.user_pk], [], None)
            for by, of in pair
        ]
        assert sorted(pool.map(attempt, deeds)) in (["NotFound", "done"],)
    assert len(members.list_users(made[0])) == 1
