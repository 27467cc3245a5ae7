"""The API key that a request brings along."""

import base64
import binascii

from sweepd.domain.errors import NotSignedIn


def read_key(header: str | None) -> str:
    """The API key in an Authorization header.

    Raises:
        NotSignedIn: There is none.
    """
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    if scheme.lower() == "basic":
        try:
            _, _, key = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            key = ""
        if key:
            return key
    raise NotSignedIn("an API key is needed; run `sweepd login ADDRESS` or `wandb login`")
