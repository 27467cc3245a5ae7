"""The client's Mongo-like filters and orders over runs."""

import json
from dataclasses import replace

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.paging import Start
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.filters import mongo as filters
from sweepd.services.runs.runs import RunChange
from tests.conftest import FakeClock, build_parts


def make_three(parts: server.Parts, ann: Caller) -> list[Run]:
    """Runs a, b, c with lr 0.1, 0.2, none and loss 3, 1, NaN."""
    found = []
    for name, lr, loss in (("a", 0.1, "3"), ("b", 0.2, "1"), ("c", None, "NaN")):
        config = {"net": {"value": {"depth": 2}}} | ({"lr": {"value": lr}} if lr else {})
        if name == "a":
            odd = {"none": None, "list": [1, 3], "日本": {"ü": "w"}, "a.b": 1, "text": "0.1"}
            config |= {key: {"value": value} for key, value in odd.items()}
        if name == "b":
            config["flag"] = {"value": True}
        change = RunChange(
            config=json.dumps(config), summary=f'{{"loss": {loss}, "n.m": 1}}', tags=["x", name]
        )
        run, _ = parts.services.runs.upsert(ann, None, "p", name, change)
        found.append(run)
    return found


@pytest.fixture
def three(parts: server.Parts, ann: Caller) -> list[Run]:
    """They, on a server of the test's own."""
    return make_three(parts, ann)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """They, for tests that ask no server."""
    parts = build_parts(tmp_path_factory.mktemp("three") / "data", FakeClock())
    parts.services.users.add_user("ann")
    found = make_three(parts, parts.services.users.get_caller("ann"))
    parts.core.db.close()
    return found


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, "abc"),
        ({"name": "a"}, "a"),
        ({"config.lr": 0.2}, "b"),
        ({"config.lr.value": {"$gt": 0.1}}, "b"),
        ({"config.lr": {"$exists": False}}, "c"),
        ({"config.net.depth": 2}, "abc"),
        ({"config.net.value.depth": 2}, "abc"),
        ({"summary_metrics.loss": {"$gte": 1, "$lt": 3}}, "b"),
        ({"summary_metrics.n.m": 1}, "abc"),
        ({"tags": "b"}, "b"),
        ({"tags": {"$in": ["a", "c"]}}, "ac"),
        ({"tags": {"$nin": ["a"]}}, "bc"),
        ({"$or": [{"name": "a"}, {"name": "c"}]}, "ac"),
        ({"$and": [{"tags": "x"}, {"$not": {"name": "a"}}]}, "bc"),
        ({"$nor": [{"name": "a"}, {"name": "b"}]}, "c"),
        ({"display_name": {"$regex": "-[23]$"}}, "bc"),
        ({"state": {"$ne": "running"}}, ""),
        ({"created_at": {"$gt": "2020-01-01T00:00:00Z"}}, "abc"),
        ({"config.lr": {"$not": {"$eq": 0.1}}}, "bc"),
        ({"name": {"$regex": "^[AB]$", "$options": "i"}}, "ab"),
        ({"name": {"$regex": "^[AB]$"}}, ""),
        ({"name": {"$not": {"$regex": "a|b"}}}, "c"),
        ({"display_name": {"$regex": "^(.+.+)+\\d$"}}, "abc"),
        ({"entity": "ann", "project": "p"}, "abc"),
        ({"summary_metrics.loss": {"$ne": None}, "config.lr": {"$lte": 0.1}}, "a"),
        ({"duration": {"$gte": 0}}, "abc"),
        ({"user": "ann"}, "abc"),
        ({"user": {"$in": ["bob"]}}, ""),
        ({"display_name": {"$contains": "-2"}}, "b"),
        ({"tags": {"$all": ["b", "x"]}}, "b"),
        ({"tags": {"$size": 2}}, "abc"),
        ({"tags": {"$size": 0}}, ""),
        ({"commit": None, "exitcode": {"$exists": False}}, "abc"),
        ({"tags": {"$regex": "^[ab]$"}}, "ab"),
        ({"created_at": {"$lt": "2026-01-01T02:00:00+01:30"}}, "abc"),
        ({"created_at": {"$lt": "2026-01-01T02:00:00+02:00"}}, ""),
        ({"createdAt": "2026-01-01T00:00:00Z"}, "abc"),
        ({"createdAt": {"$not": {"$in": ["2026-01-01"]}}}, ""),
        ({"heartbeat_at": {"$exists": True}, "sweep": {"$exists": False}}, "abc"),
        ({"config.flag": {"$gt": 0}}, ""),
        ({"config.flag": 1}, ""),
        ({"config.flag": {"$gte": True}}, "b"),
        ({"config.none": {"$exists": True}}, "a"),
        ({"config.none": None}, "abc"),
        ({"config.none": {"$ne": None}}, ""),
        ({"config.list": {"$gt": 2}}, "a"),
        ({"config.list": {"$in": [3]}}, "a"),
        ({"config.日本.ü": "w"}, "a"),
        ({"config.a.b": 1, "config.a.b.value": 1}, "a"),
        ({"config.text": {"$lt": 5}}, ""),
        ({"config.text": "0.1"}, "a"),
        ({"$or": []}, ""),
    ],
)
def test_filter_selects(given: list[Run], tree: dict[str, object], expected: str) -> None:
    found = filters.select(given, json.dumps(tree), None)
    assert "".join(run.run_id for run in found) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, "abc"),
        ("-name", "cba"),
        ("+summary_metrics.loss", "bac"),
        ("-summary_metrics.loss", "abc"),
        ("summary_metrics.loss", "bac"),
        ("-config.lr.value", "bac"),
    ],
)
def test_order_puts_what_lacks_the_key_last(
    given: list[Run], order: str | None, expected: str
) -> None:
    assert "".join(run.run_id for run in filters.select(given, None, order)) == expected


def test_order_by_a_summary_object_uses_its_number(given: list[Run]) -> None:
    run = replace(given[0], summary='{"loss": {"min": 0.5}}')
    assert filters.sort([given[1], run], "+summary_metrics.loss") == [run, given[1]]


@pytest.mark.parametrize(
    ("order", "expected"),
    [("-summary_metrics.acc", "bca"), ("+summary_metrics.acc", "cab")],
)
def test_of_a_metrics_summaries_the_one_counts_that_the_order_is_about(
    given: list[Run], order: str, expected: str
) -> None:
    """So `best_run()` of a script with `define_metric(summary="min,max")` is the sweep's best."""
    summaries = [
        '{"acc": {"min": 2, "max": 3}}',
        '{"acc": {"max": 9, "min": 5}}',
        '{"acc": {"last": 1, "max": 4, "min": 0}}',
    ]
    runs = [replace(run, summary=text) for run, text in zip(given, summaries, strict=True)]
    assert "".join(run.run_id for run in filters.select(runs, None, order)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "should be JSON"),
        ("[]", "object of path"),
        ('{"$xor": []}', "unknown operator"),
        ('{"name": {"$near": 1}}', "unknown operator"),
        ('{"name": {"$in": 1}}', "takes a list"),
        ('{"name": {"$contains": 1}}', "takes a text"),
        ('{"tags": {"$all": "a"}}', "takes a list"),
        ('{"tags": {"$size": "2"}}', "takes a whole number"),
        ('{"name": {"$regex": "("}}', "no regular expression"),
        ('{"name": {"$regex": "(?=a)"}}', "no regular expression of RE2"),
        ('{"name": {"$regex": "' + "a" * 2000 + '"}}', "at most 1000 characters"),
        ('{"$not": ' * 5000 + "{}" + "}" * 5000, "nested 200 levels deep"),
        ('{"colour": 1}', "runs have no 'colour'"),
        ('{"createdAt": {"$gt": 1767225600}}', "compared with a time such as"),
        ('{"created_at": {"$in": ["yesterday"]}}', "compared with a time such as"),
        ('{"name": ' + "9" * 5000 + "}", "should be JSON"),
    ],
)
def test_bad_filter_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        filters.compile_filter(text)


def test_pages_follow_each_other_and_see_a_change(
    parts: server.Parts, ann: Caller, three: list[Run], clock: FakeClock
) -> None:
    project = parts.services.projects.get(ann, None, "p")
    page = parts.services.runs.select_page

    def ids(start: int, n: int | None) -> tuple[str, int]:
        found = page(project, '{"tags": "x"}', "-name", Start(n_skipped=start), n)
        return "".join(run.run_id for run in found.values), found.count()

    assert [ids(0, 2), ids(2, 2), ids(0, None), ids(0, 0), ids(9, 2)] == [
        ("cb", 3),
        ("a", 3),
        ("cba", 3),
        ("", 3),
        ("", 3),
    ]
    clock.forward(1)
    parts.services.runs.change(ann, three[0].pk, RunChange(tags=["y"]))
    assert ids(0, 2) == ("cb", 2)
    parts.services.runs.delete(ann, three[1].pk)
    assert ids(0, 2) == ("c", 1)


def test_selection_follows_each_change_of_a_run(
    parts: server.Parts, ann: Caller, three: list[Run], clock: FakeClock
) -> None:
    project = parts.services.projects.get(ann, None, "p")
    services = parts.services.runs

    def ids(where: str, order: str) -> str:
        return "".join(run.run_id for run in services.select_page(project, where, order).values)

    tagged, by_loss = '{"tags": "x"}', "-summary_metrics.loss"
    assert ids(tagged, by_loss) == "abc"
    clock.forward(3600)
    services.change(ann, three[1].pk, RunChange(summary='{"loss": 9}'))
    services.upsert(ann, None, "p", "d", RunChange(summary='{"loss": 5}', tags=["x"]))
    assert ids(tagged, by_loss) == "bdac"
    clock.forward(3600)
    services.change(ann, three[0].pk, RunChange(tags=["y"]))
    assert ids(tagged, by_loss) == "bdc"
    services.delete(ann, three[1].pk)
    assert ids(tagged, by_loss) == "dc"
    clock.forward(3600)
    services.undelete(ann, three[1].pk)
    services.set_state(ann, three[2].pk, "failed")
    assert (ids(tagged, by_loss), ids('{"state": "failed"}', "+name")) == ("bdc", "c")
