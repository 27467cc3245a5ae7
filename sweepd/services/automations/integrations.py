"""The places that automations may send to, as their owners see them: add, list, forget."""

import secrets
from typing import TypeVar

from sweepd.domain.automations import Integration, IntegrationKind
from sweepd.domain.encoding import clean
from sweepd.domain.errors import BadInput, Conflict, NotFound
from sweepd.domain.paging import Page, Start
from sweepd.domain.targets import Allowed, check_mail, read_url
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.paging import read_page
from sweepd.store import automations
from sweepd.store.database import Connection

MAX_NAME, MAX_SECRET = 255, 1000  # characters
T = TypeVar("T")


class Integrations:
    """Keeps where something may be sent."""

    def __init__(self, core: Core, allowed: Allowed, mail_domains: str, sends_mail: bool) -> None:
        """Prepare.

        Args:
            allowed: Where webhooks may lead.
            mail_domains: Where mail may go.
            sends_mail: Whether there is a mail server to give it to.
        """
        self._core, self._allowed = core, allowed
        self._mail_domains, self._sends_mail = mail_domains, sends_mail

    def add_integration(
        self,
        caller: Caller,
        entity: str | None,
        kind: IntegrationKind,
        name: str,
        target: str,
        secret: str = "",
        token: str = "",
    ) -> Integration:
        """Name a place that may be told something.

        Args:
            secret: Signs what a webhook is sent; made when empty.
            token: Sent to a webhook as a bearer's.

        Raises:
            NotFound: The caller does not belong to the entity.
            BadInput, Forbidden: The address is none, or not one the operator allows.
            Conflict: The entity has one of that name.
        """
        owner = access.entity_pk(caller, entity)
        target = self._check_target(kind, target.strip())
        for what, text in (("secret", secret), ("token", token)):
            if len(text) > MAX_SECRET or not ((text.isascii() and text.isprintable()) or not text):
                raise BadInput(f"a {what} has at most {MAX_SECRET} printable ASCII characters")
        if kind is IntegrationKind.WEBHOOK:
            secret = secret or secrets.token_urlsafe(32)
        values = {
            "entity_pk": owner,
            "user_pk": caller.user_pk,
            "kind": str(kind),
            "name": check_name(name),
            "target": target,
            "secret": secret,
            "token": token,
            "created_at": self._core.now(),
        }

        def add(connection: Connection) -> Integration:
            pk = automations.create_integration(connection, values)
            if pk is None:
                raise Conflict(f"there is an integration {name[:80]!r}; choose another name")
            return there(automations.find_integration(connection, pk))

        return self._core.db.write(add)

    def _check_target(self, kind: IntegrationKind, target: str) -> str:
        if kind is IntegrationKind.MAIL:
            if not self._sends_mail:
                raise BadInput("this server sends no mail: its operator sets SWEEPD_SMTP_HOST")
            return check_mail(target, self._mail_domains)
        _, host, port = read_url(target)
        self._allowed.check_host(host, port)
        return target

    def page_integrations(
        self, caller: Caller, entity: str, start: Start, first: int | None
    ) -> Page[Integration]:
        """A page of an entity's integrations, oldest first."""
        owner = access.entity_pk(caller, entity)
        return read_page(self._core, automations.integrations_of(owner), start, first)

    def integrations(self, caller: Caller) -> list[Integration]:
        """All that the caller may let automations send to."""
        with self._core.db.read() as connection:
            return automations.list_integrations(connection, list(caller.entities.values()))

    def integration(self, caller: Caller, pk: int) -> Integration:
        """One of them.

        Raises:
            NotFound: None that is the caller's.
        """
        with self._core.db.read() as connection:
            return own_integration(connection, caller, pk)

    def delete_integration(self, caller: Caller, pk: int) -> None:
        """Forget a place.

        Raises:
            Conflict: Automations send there.
        """

        def delete(connection: Connection) -> None:
            found = own_integration(connection, caller, pk)
            if names := automations.names_using(connection, pk):
                raise Conflict(
                    f"automations send to {found.name!r}: {', '.join(names[:5])}; delete or "
                    "change these first"
                )
            automations.delete_integration(connection, pk)

        self._core.db.write(delete)


def there(item: T | None) -> T:
    """What was looked up.

    Raises:
        NotFound: Nothing was found.
    """
    if item is None:
        raise NotFound("no such automation, integration or delivery; it may have been deleted")
    return item


def own_integration(connection: Connection, caller: Caller, pk: int) -> Integration:
    """One of the caller's.

    Raises:
        NotFound: None that is theirs.
    """
    found = automations.find_integration(connection, pk)
    if found is None or found.entity not in caller.entities:
        raise NotFound("no such integration; it may have been deleted")
    return found


def check_name(name: str) -> str:
    """A name that can be shown.

    Raises:
        BadInput: It cannot.
    """
    name = clean(name).strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise BadInput(f"a name has 1 to {MAX_NAME} printable characters; got {name[:80]!r}")
    return name
