"""This machine's own server asked in its protocol, without its process: what is exported whole."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sweepd.domain.errors import NotFound
from sweepd.domain.users import Caller
from sweepd.store import users

if TYPE_CHECKING:
    from sweepd.server import Parts

_READ_BYTES = 1 << 20
ADDRESS = "http://localhost"


class OwnServer:
    """Answers as the server would, to somebody of one entity: whoever has its data may read it."""

    def __init__(self, parts: "Parts", entity: str) -> None:
        """Raises NotFound when there is no such entity."""
        from sweepd.wandb_api.graphql.engine import Engine
        from sweepd.wandb_api.signing import Signer

        with parts.core.db.read() as connection:
            found = users.find_entity(connection, entity)
        if found is None:
            raise NotFound(f"no entity {entity}: a user or a team")
        self._parts, self._caller = parts, Caller(0, entity, "", False, {entity: found[0]})
        self._engine = Engine()
        self._signer = Signer(parts.services.users.secret("files"), parts.core.now)

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer."""
        from sweepd.wandb_api.graphql.budget import Budget
        from sweepd.wandb_api.graphql.context import Context

        settings = self._parts.settings
        context = Context(
            self._caller,
            self._parts.services,
            self._signer,
            settings.max_file_bytes,
            ADDRESS,
            False,
            Budget(1 << 40, 1e9),  # nobody else waits
        )
        return asyncio.run(self._engine.run(document, variables, None, context))

    def read(self, address: str) -> Iterator[bytes]:
        """The bytes at an address of a file that an answer named."""
        from sweepd.wandb_api.claims import GetBlob

        claim = self._signer.read(unquote(address.split("/-/blobs/", 1)[1].split("/")[0]))
        assert isinstance(claim, GetBlob)  # answers name files to be read
        with self._parts.blobs.open_file(claim.blob) as (file, _):
            while part := file.read(_READ_BYTES):
                yield part
