"""Lists of projects, registries and saved views."""

from typing import Any

from sweepd.services.workspaces.views import ViewChange
from tests.protocol.paging.world import (
    IN_ORGANIZATION,
    IN_PROJECT,
    List,
    World,
    below,
    registry,
)


def _project(world: World, name: str) -> Any:
    return world.parts.services.projects.ensure(world.ann, "ann", name, None)[0]


def _viewed(world: World, name: str) -> Any:
    change = ViewChange("runs", name, spec="{}")
    return world.parts.services.views.save(world.ann, None, "p", change)[0]


def _delete_view(world: World, _: str, made: Any) -> None:
    world.parts.services.views.delete(world.ann, made.pk)


LISTS = [
    List(
        "Query.models",
        lambda _, args: f"{{ models{args} {{ PAGE name }} }}",
        "models",
        "name",
        _project,
        None,
    ),
    List(
        "Entity.projects",
        below("{ entity { %s } }")("projectsARGS { PAGE name }"),
        "entity.projects",
        "name",
        _project,
        None,
    ),
    *(
        List(
            "Entity.projects",
            IN_ORGANIZATION("projectsARGS { PAGE name }"),
            "entity.projects",
            "name",
            registry,
            lambda w, _, p: w.parts.services.registries.delete(w.ann, p.pk),
            more,
        )
        for more in ("", 'order: "name"', 'filters: "{\\"name\\": {\\"$regex\\": \\"i\\"}}"')
    ),
    List(
        "Project.allViews",
        IN_PROJECT("allViewsARGS { PAGE name }"),
        "project.allViews",
        "name",
        _viewed,
        _delete_view,
    ),
    List(
        "Project.allViews",
        IN_PROJECT("allViewsARGS { PAGE name }"),
        "project.allViews",
        "name",
        _viewed,
        _delete_view,
        more='viewType: "runs", userName: "ann"',
    ),
]
