"""A registry answers to its name however its letters are written, and none is made beside it."""

import pytest

from sweepd import server
from sweepd.domain.errors import Conflict, NotFound
from sweepd.domain.registries import Role
from sweepd.domain.users import Caller
from sweepd.services import registry_access
from sweepd.services.people.registries import RegistryChange


@pytest.fixture(autouse=True)
def prepared(parts: server.Parts) -> None:
    parts.services.registries.prepare("")


@pytest.mark.parametrize("name", ["Model", "model", "Dataset", "dataset", "MODEL"])
def test_the_built_in_registries_answer_to_either_case(
    parts: server.Parts, ann: Caller, name: str
) -> None:
    with parts.core.db.read() as connection:
        found = registry_access.get_registry(
            connection, ann, "organization", f"wandb-registry-{name}", Role.MEMBER
        )
    assert found.name == name.lower()
    _, inserted = (
        parts.services.registries.upsert(ann, f"wandb-registry-{name}", RegistryChange())
        if ann.is_admin
        else (None, False)
    )
    assert not inserted
    assert len(parts.services.registries.list_all(ann)) == 2


def test_no_second_one_is_made_or_renamed_beside_another(parts: server.Parts, ann: Caller) -> None:
    made, _ = parts.services.registries.upsert(ann, "wandb-registry-Mine", RegistryChange())
    again, inserted = parts.services.registries.upsert(ann, "wandb-registry-mine", RegistryChange())
    assert (again.pk, inserted) == (made.pk, False)
    with pytest.raises(Conflict):
        parts.services.registries.rename(ann, "wandb-registry-mine", "wandb-registry-MODEL")
    renamed = parts.services.registries.rename(ann, "wandb-registry-Mine", "wandb-registry-mine")
    assert renamed.name == "wandb-registry-mine"


def test_a_name_of_none_is_told_which_there_are(parts: server.Parts, ann: Caller) -> None:
    with (
        parts.core.db.read() as connection,
        pytest.raises(NotFound, match="you see wandb-registry-dataset, wandb-registry-model"),
    ):
        registry_access.get_registry(
            connection, ann, "organization", "wandb-registry-modles", Role.MEMBER
        )
