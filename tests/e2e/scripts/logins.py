"""Every way a script signs in, told as JSON by name: who it then is, or the error it shows.

Run by test_login.py with the address, a key and a second key of another user as words; neither is
in the environment.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wandb

URL, KEY, OTHER = sys.argv[1:]
said: dict[str, Any] = {}


def attempt(name: str, work: Callable[[], Any]) -> None:
    try:
        said[name] = work()
    except Exception as error:
        said[name] = f"{type(error).__name__}: {error}"


def who() -> str:
    """Whose key the session and .netrc hold."""
    return str(wandb.Api().viewer.username)


def login(name: str, **words: Any) -> None:
    attempt(name, lambda: wandb.login(**words) and who())


login("no terminal", host=URL)
login("key and host", key=KEY, host=f"{URL}/", verify=True)
login("again", host=URL)
login("another key", key=OTHER, relogin=True, verify=True)
login("unknown key", key="e" * 40, host=URL, relogin=True, verify=True)
login("short key", key="e" * 39, host=URL, relogin=True)
login("odd key", key="e" * 40 + " !", host=URL, relogin=True)
attempt("api with a key", lambda: wandb.Api(api_key=KEY).viewer.username)
attempt("api with an unknown key", lambda: wandb.Api(api_key="d" * 40).viewer)
login("localhost", key=KEY, host=URL.replace("127.0.0.1", "localhost"), verify=True)
os.environ["WANDB_API_KEY"] = OTHER
here = {"base_url": f"{URL}/"}
attempt("environment", lambda: wandb.Api(overrides=here).viewer.username)
os.environ["WANDB_API_KEY"] = "short"
attempt("bad key in the environment", lambda: wandb.Api(overrides=here).viewer)
del os.environ["WANDB_API_KEY"]
said["netrc"] = (Path.home() / ".netrc").read_text()
print(json.dumps(said))
