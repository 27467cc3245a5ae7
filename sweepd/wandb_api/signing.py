"""Signed addresses: the client uploads and downloads files without a key.

A token names what may be done with which file, and expires. It is signed with a secret that all
replicas of a server share.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from sweepd.domain.errors import Forbidden
from sweepd.wandb_api.claims import Claim, from_token, to_token

LIFETIME_S = 7 * 24 * 3600  # the client may retry an upload for a week


class _Stamping(TimestampSigner):
    """Writes the time of the replicas' common clock, which the others compare with it."""

    def __init__(self, *args: Any, now: Callable[[], datetime], **named: Any) -> None:
        super().__init__(*args, **named)
        self._now = now

    def get_timestamp(self) -> int:
        """Seconds since 1970."""
        return int(self._now().timestamp())


class Signer:
    """Makes and reads tokens; `now` is the replicas' common clock."""

    def __init__(
        self, secret: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._now = now
        self._serializer = URLSafeTimedSerializer(
            secret, salt="sweepd-files", signer=_Stamping, signer_kwargs={"now": now}
        )

    def sign(self, claim: Claim) -> str:
        """A token which carries `claim`, readable by all, changeable by none."""
        return str(self._serializer.dumps(to_token(claim)))

    def read(self, token: str) -> Claim:
        """The claim of a token.

        Raises:
            Forbidden: The token was changed, made by another server, or is a week old.
        """
        try:
            carried, made = self._serializer.loads(token, return_timestamp=True)
        except BadSignature as error:
            raise Forbidden("this address was not made by this server") from error
        # One from the future, by a clock that was set back since, is as good as a fresh one.
        if (self._now() - made).total_seconds() > LIFETIME_S:
            raise Forbidden("this address has expired; ask for a new one")
        return from_token(carried)
