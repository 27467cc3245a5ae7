"""Signed addresses: the client uploads and downloads files without a key.

A token names what may be done with which file, and expires. It is signed with a secret that all
replicas of a server share.
"""

from datetime import UTC, datetime
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from sweepd.domain.errors import Forbidden

LIFETIME_S = 7 * 24 * 3600  # the client may retry an upload for a week


class Signer:
    """Makes and reads tokens."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="sweepd-files")

    def sign(self, claim: dict[str, Any]) -> str:
        """A token which carries `claim`, readable by all, changeable by none."""
        return str(self._serializer.dumps(claim))

    def read(self, token: str) -> dict[str, Any]:
        """The claim of a token.

        Raises:
            Forbidden: The token was changed, made by another server, or is a week old.
        """
        try:
            claim, made = self._serializer.loads(token, return_timestamp=True)
        except BadSignature as error:
            raise Forbidden("this address was not made by this server") from error
        # One from the future, by a clock that was set back since, is as good as a fresh one.
        if (datetime.now(UTC) - made).total_seconds() > LIFETIME_S:
            raise Forbidden("this address has expired; ask for a new one")
        return dict(claim)
