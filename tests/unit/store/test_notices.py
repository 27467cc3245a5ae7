"""Alerts and charts."""

from sweepd.store import notices
from tests.unit.store.world import World, at


def test_an_alert_of_the_same_title_waits(world: World) -> None:
    run, other = world.run("r", display_name="R"), world.run("s", deleted_at=at(1))

    def add(seconds: float, title: str = "t", pk: int = run.pk, wait_s: float = 10) -> bool:
        return notices.append_alert(
            world.connection, pk, title, "body", "WARN", at(seconds), wait_s
        )

    assert [add(0), add(9.9), add(10), add(10.1)] == [True, False, True, False]
    assert add(10.1, title="other") and add(10.1, pk=other.pk) and add(10.1, wait_s=0)
    found = notices.list_alerts(world.connection, 9, run_pk=run.pk)
    assert [(a.title, a.at) for a in found] == [
        ("t", at(10.1)),
        ("other", at(10.1)),
        ("t", at(10)),
        ("t", at(0)),
    ]
    first = found[-1]
    assert (first.body, first.severity, first.run_id, first.run_name) == ("body", "WARN", "r", "R")
    assert len(notices.list_alerts(world.connection, 2, run_pk=run.pk)) == 2
    assert len(notices.list_alerts(world.connection, 9, project_pk=world.p)) == 4
    assert notices.list_alerts(world.connection, 9, project_pk=world.q) == []


def test_a_chart_is_kept_under_its_name_and_replaced(world: World) -> None:
    pk = notices.upsert_chart(world.connection, world.ann_entity, "n", "N", "1")
    assert notices.upsert_chart(world.connection, world.ann_entity, "n", "M", "2") == pk
    assert notices.upsert_chart(world.connection, world.bob_entity, "n", "N", "3") != pk
    assert notices.find_chart(world.connection, world.ann_entity, "n") == "2"
    assert notices.find_chart(world.connection, world.bob_entity, "n") == "3"
    assert notices.find_chart(world.connection, world.ann_entity, "m") is None
