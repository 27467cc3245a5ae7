"""What begins a session, and everything that ends one; on both databases, with a clock of ours."""

import threading
from collections.abc import Callable

import pytest

from sweepd import server
from sweepd.domain.errors import NotFound, NotSignedIn
from sweepd.domain.users import Caller
from sweepd.services.people.sessions import LINK_LASTS_S, SESSION_LASTS_S
from tests.conftest import FakeClock

pytestmark = pytest.mark.both_databases


KEY, OTHER = "k" * 40, "o" * 40


@pytest.fixture
def ann(parts: server.Parts) -> Caller:
    """Who has two keys."""
    parts.services.users.add_user("ann", KEY)
    parts.services.users.add_key("ann", OTHER)
    return parts.services.users.get_caller("ann")


def _revoke(parts: server.Parts, hint: str) -> None:
    users = parts.services.users
    ann = users.get_caller("ann")
    [number] = [key.pk for key in users.list_keys(ann) if key.hint == hint]
    users.delete_key(ann, number)


def _make_anew(parts: server.Parts) -> None:
    parts.services.users.remove_user("ann")
    parts.services.users.add_user("ann", "n" * 40)


ENDINGS: dict[str, tuple[Callable[[server.Parts, str], object], set[str]]] = {
    # what is done with a token; which of a session by KEY and one by a link end
    "sign out": (lambda parts, token: parts.services.sessions.end(token), {"key", "link"}),
    "its key is revoked": (lambda parts, _: _revoke(parts, "kkkk"), {"key", "link"}),
    "another key is revoked": (lambda parts, _: _revoke(parts, "oooo"), {"link"}),
    "the user is removed": (lambda p, _: p.services.users.remove_user("ann"), {"key", "link"}),
    "a new user has the name": (lambda parts, _: _make_anew(parts), {"key", "link"}),
    "all are ended": (lambda parts, _: parts.services.sessions.end_all("ann"), {"key", "link"}),
    "another user's are ended": (lambda parts, _: parts.services.sessions.end_all("bob"), set()),
    "the server starts again": (lambda parts, _: None, set()),
}


@pytest.mark.parametrize("what", ENDINGS)
def test_what_should_end_a_session_ends_it(
    parts: server.Parts, ann: Caller, bob: Caller, what: str
) -> None:
    sessions = parts.services.sessions
    begun = {
        "key": sessions.begin(KEY),
        "link": sessions.begin_by_link(sessions.create_link("ann")),
    }
    unused, of_bob = (
        sessions.create_link("ann"),
        sessions.begin_by_link(sessions.create_link("bob")),
    )
    act, wanted = ENDINGS[what]
    if what == "another user's are ended":
        sessions.end(of_bob)
        of_bob = ""
    for token in begun.values():
        assert sessions.find(token).name == "ann"
    for token in begun.values() if what == "sign out" else [""]:
        act(parts, token)
    for how, token in begun.items():
        if how in wanted:
            with pytest.raises(NotSignedIn, match="has ended"):
                sessions.find(token)
        else:
            assert sessions.find(token).name == "ann"
    if "link" in wanted and what != "sign out":
        with pytest.raises(NotSignedIn):
            sessions.begin_by_link(unused)
    if of_bob:
        assert sessions.find(of_bob).name == "bob"


def test_a_session_that_revokes_a_key_goes_on_and_the_key_is_refused_at_once(
    parts: server.Parts, ann: Caller
) -> None:
    sessions, users = parts.services.sessions, parts.services.users
    mine, lost = (sessions.begin_by_link(sessions.create_link("ann")) for _ in range(2))
    by_other = sessions.begin(OTHER)
    [number] = [key.pk for key in users.list_keys(ann) if key.hint == "kkkk"]
    assert users.sign_in(KEY).name == "ann"  # known for a moment
    users.delete_key(ann, number, session=mine)
    assert sessions.find(mine).name == sessions.find(by_other).name == "ann"
    with pytest.raises(NotSignedIn):
        sessions.find(lost)
    with pytest.raises(NotSignedIn, match="belongs to nobody"):
        sessions.begin(KEY)
    with pytest.raises(NotFound):
        users.delete_key(ann, number)


def test_time_ends_links_and_sessions(parts: server.Parts, ann: Caller, clock: FakeClock) -> None:
    sessions = parts.services.sessions
    early, late = sessions.create_link("ann"), sessions.create_link("ann")
    clock.forward(LINK_LASTS_S - 1)
    token = sessions.begin_by_link(early)
    clock.forward(1)
    with pytest.raises(NotSignedIn, match="older than an hour"):
        sessions.begin_by_link(late)
    clock.forward(SESSION_LASTS_S - 2)
    assert sessions.find(token).name == "ann"
    clock.forward(1)
    with pytest.raises(NotSignedIn):
        sessions.find(token)


def test_a_link_works_once_also_for_many_at_once(parts: server.Parts, ann: Caller) -> None:
    sessions, came = parts.services.sessions, []
    link = sessions.create_link("ann")

    def use() -> None:
        try:
            came.append(sessions.begin_by_link(link))
        except NotSignedIn:
            came.append(None)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(token is None for token in came) == [False] + [True] * 7


def test_signing_in_again_ends_the_browsers_session_before(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    sessions = parts.services.sessions
    first = sessions.begin(KEY)
    second = sessions.begin_by_link(sessions.create_link("bob"), replaces=first)
    assert sessions.find(second).name == "bob"
    with pytest.raises(NotSignedIn):
        sessions.find(first)
    with pytest.raises(NotFound, match="no user 'nobody'"):
        sessions.create_link("nobody")
