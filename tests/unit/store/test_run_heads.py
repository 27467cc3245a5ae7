"""What a post looks at of a run: the same as the whole run says, of that run and no other."""

import pytest

from sweepd.domain.runs import RunHead
from sweepd.store import projects, run_heads, runs
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def test_a_head_is_of_the_run_at_its_whole_path(world: World) -> None:
    c = world.connection
    _, carl = world.user("carl")
    paths = []
    for entity in (world.ann_entity, world.bob_entity, carl):
        for name in ("x", "y", "z"):
            project = world.project(name, entity)
            for run in ("a", "b", "c"):
                world.run(run, project_pk=project, history_lines=len(paths), metric_last=0.5)
                paths.append((entity, name, run))
            world.run("gone", project_pk=project, deleted_at=at(1))
    assert len(paths) == 27
    for number, path in enumerate(paths):
        run, head = runs.find_run_by_path(c, *path), run_heads.find_head(c, *path)
        assert run is not None and head is not None
        assert head == RunHead(*(getattr(run, name) for name in RunHead._fields))
        assert type(head.state) is type(run.state) and head.history_lines == number
    assert run_heads.find_head(c, carl, "x", "gone") is None
    assert run_heads.find_head(c, carl, "x", "aa") is None
    old = projects.find_project(c, carl, "y")
    assert old is not None
    projects.rename_project(c, old, "new")
    assert run_heads.find_head(c, carl, "y", "a") is None, "its old name is for others to follow"
    assert run_heads.find_head(c, carl, "new", "a") is not None
