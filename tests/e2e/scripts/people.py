"""What an administrator, a member and a stranger see of people and of each other's work.

Run by test_people.py with three keys: an administrator's, and those of the users `pat` and `sam`.
Ends with `done` when all of it held.
"""

import sys
from collections.abc import Callable
from typing import Any

import wandb

ADMIN, PAT, SAM = sys.argv[1:]
QUIET = wandb.Settings(console="off", x_disable_stats=True)


def refused(work: Callable[[], Any]) -> str:
    """The words of the error."""
    try:
        found = work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError(f"was not refused: {found!r}")


def api(key: str) -> wandb.Api:
    return wandb.Api(api_key=key)


def keys_and_users() -> None:
    admin = api(ADMIN)
    made = admin.create_user("new.person@example.com")
    assert (made.username, made.email, made.api_keys) == (
        "new.person",
        "new.person@example.com",
        [],
    )
    assert admin.user("new.person@example.com").username == "new.person"
    assert {user.username for user in admin.users("person")} == {"new.person"}
    mine = api(PAT).viewer
    secret = mine.generate_api_key("to be revoked")
    assert api(secret).viewer.username == "pat"
    seen = admin.user("pat")
    assert secret.startswith(seen.api_keys[1]) and PAT.startswith(seen.api_keys[0])
    assert len(seen.api_keys) == 2 and not any(secret in name for name in seen.api_keys)
    assert seen.delete_api_key(seen.api_keys[1]) is True
    assert "belongs to nobody here" in refused(lambda: api(secret).viewer)
    assert "administrator" in refused(lambda: api(PAT).create_user("x@example.com"))
    assert api(PAT).user("sam") is None and api(PAT).users("") != []


def team() -> None:
    admin = api(ADMIN)
    crew = admin.create_team("people-crew", admin_username="pat")
    assert {m.username for m in crew.members} >= {"pat"}
    own = api(PAT).team("people-crew")
    assert (
        own.invite("sam") is True and own.invite("sam") is False and own.invite("nobody") is False
    )
    robot = own.create_service_account("nightly build")
    assert robot.account_type == "SERVICE" and robot.api_key
    assert "people-crew" in api(SAM).viewer.teams
    assert api(SAM).user("pat").teams == ["people-crew"]  # and not what else pat belongs to
    assert api(SAM).team("people-crew").invite("new.person") is False
    run = api(robot.api_key).create_run(project="nightly", entity="people-crew", run_id="n1")
    assert run.path == ["people-crew", "nightly", "n1"]
    assert [r.id for r in api(SAM).runs("people-crew/nightly")] == ["n1"]
    own.load(force=True)
    assert next(m for m in own.members if m.username == "sam").delete() is True
    assert "people-crew" not in api(SAM).viewer.teams
    gone = refused(lambda: len(api(SAM).runs("people-crew/nightly")))
    assert gone == "ValueError: Could not find project nightly"
    own.load(force=True)
    assert next(m for m in own.members if m.account_type == "SERVICE").delete() is True
    assert "belongs to nobody here" in refused(lambda: api(robot.api_key).viewer)
    refused(lambda: api(PAT).create_team("people-more"))  # the client hides the reason
    assert "people-more" not in api(PAT).viewer.teams


def access() -> None:
    wandb.login(key=PAT, relogin=True)
    with wandb.init(project="own", id="w1", settings=QUIET) as run:
        run.log({"hush": 1})
        art = wandb.Artifact("secret", "data")
        with art.new_file("a.txt") as file:
            file.write("hush")
        run.log_artifact(art).wait()
    stranger = api(SAM)
    missing = refused(lambda: stranger.run("pat/nothing/w1"))
    assert refused(lambda: stranger.run("pat/own/w1")).replace("own", "nothing") == missing
    refused(lambda: len(stranger.runs("pat/own")))
    refused(lambda: stranger.artifact("pat/own/secret:latest"))
    refused(lambda: list(stranger.projects("pat")))
    refused(lambda: stranger.sweep("pat/own/abcdefgh").state)
    assert stranger.artifact_exists("pat/own/secret:latest") is False
    assert "pat" in refused(lambda: stranger.create_project("own", "pat"))
    wandb.login(key=SAM, relogin=True)
    told = refused(lambda: wandb.init(entity="pat", project="own", settings=QUIET))
    assert "sam is not a member of an entity named 'pat'" in told, told
    assert api(PAT).run("pat/own/w1").summary["hush"] == 1


def main() -> None:
    keys_and_users()
    team()
    access()
    print("done")


main()
