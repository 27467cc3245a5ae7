"""One try to send one thing: a signed POST to a webhook, a message to a chat, a mail.

Nothing here follows a redirect, uses a proxy, or connects to an address that was not looked at.
"""

import hashlib
import hmac
import http.client
import json
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from sweepd.domain.automations import Delivery, Integration, IntegrationKind
from sweepd.domain.errors import Forbidden, SweepdError
from sweepd.domain.targets import Allowed, check_mail, read_url
from sweepd.services.automations.obstacles import in_words

TIMEOUT_S = 10.0  # of a connection, and of every answer
PATIENCE_S = 30.0  # of one try
USER_AGENT = "sweepd"


class NotSent(Exception):
    """It did not arrive; the message says why.

    Attributes:
        is_final: Trying again will not help.
    """

    def __init__(self, why: str, is_final: bool = False) -> None:
        super().__init__(why)
        self.is_final = is_final


@dataclass(frozen=True)
class Mail:
    """The mail server, and where mail may go; see settings."""

    host: str = ""
    port: int = 587
    tls: str = "starttls"
    sender: str = ""
    user: str = ""
    password: str = ""
    domains: str = ""


def send(delivery: Delivery, place: Integration, allowed: Allowed, mail: Mail) -> str:
    """Send it; returns what was answered.

    Raises:
        NotSent: It did not arrive.
    """
    try:
        if place.kind is IntegrationKind.MAIL:
            return _mail(delivery, place.target, mail)
        return _post(delivery, place, allowed)
    except SweepdError as error:  # a target that is no longer allowed, or never was
        raise NotSent(str(error), is_final=True) from error
    except (OSError, UnicodeError, http.client.HTTPException, smtplib.SMTPException) as error:
        raise NotSent(in_words(error, _name_of(place), TIMEOUT_S)) from error


def _name_of(place: Integration) -> str:
    """Who was to be reached, as the log names them; the operator's mail server stays unnamed."""
    if place.kind is IntegrationKind.MAIL:
        return "the mail server"
    _, host, port = read_url(place.target)
    return f"{host}:{port}"


def sign(secret: str, body: bytes) -> str:
    """The signature of a body: HMAC-SHA256, hexadecimal, as W&B's webhooks carry it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _post(delivery: Delivery, place: Integration, allowed: Allowed) -> str:
    parts, host, port = read_url(place.target)
    allowed.check_host(host, port)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": USER_AGENT,
        "X-Sweepd-Event": str(delivery.event),
        "X-Sweepd-Delivery": delivery.uid,
        "Connection": "close",
    }
    if place.kind is IntegrationKind.CHAT:
        body = json.dumps({"text": _chat_text(json.loads(delivery.body))}).encode()
    else:
        body = delivery.body.encode()
        headers["X-Wandb-Signature"] = sign(place.secret, body)
        if place.token:
            headers["Authorization"] = f"Bearer {place.token}"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Checked(host, port, allowed, parts.scheme == "https")
    guard = threading.Timer(PATIENCE_S, connection.cut)
    guard.daemon = True
    guard.start()
    try:
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        if connection.is_cut:
            raise NotSent(in_words(TimeoutError(), _name_of(place), PATIENCE_S)) from error
        raise
    finally:
        guard.cancel()
        connection.close()
    if 200 <= status < 300:
        return f"HTTP {status}"
    if 300 <= status < 400:
        raise NotSent(f"HTTP {status}: a redirect, which is not followed; name its end", True)
    raise NotSent(f"HTTP {status}", is_final=status == 410)


class _Checked(http.client.HTTPConnection):
    """Connects to an address of the host only after it has looked at all of them."""

    def __init__(self, host: str, port: int, allowed: Allowed, has_tls: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._allowed, self._has_tls = allowed, has_tls
        self.is_cut = False

    def connect(self) -> None:
        """Resolve, look, connect to what was looked at."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        places = [(str(place[0]), int(place[1])) for *_, place in found]
        for address, _ in places:
            self._allowed.check_address(self.host, self.port, address)
        last: OSError | None = None
        for place in places:
            try:
                sock = socket.create_connection(place, TIMEOUT_S)
                break
            except OSError as error:
                last = error
        else:
            raise last or Forbidden(f"{self.host!r} has no address")
        self.sock = sock  # from here on `cut` ends it, also while it agrees on encryption
        if self._has_tls:
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=self.host)
        self.sock = sock

    def cut(self) -> None:
        """End a connection that takes too long."""
        self.is_cut = True
        sock: socket.socket | None = self.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


def _chat_text(message: dict[str, Any]) -> str:
    """Slack's text: three characters are written so that they are no markup."""

    def plain(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    mark = {"WARN": "⚠ ", "ERROR": "⛔ "}.get(message["severity"], "")
    lines = [f"{mark}*{plain(message['title'])}*", plain(message["message"]), message["url"]]
    return "\n".join(line for line in lines if line)


def _mail(delivery: Delivery, address: str, mail: Mail) -> str:
    if not mail.host:
        raise NotSent("this server sends no mail: its operator sets SWEEPD_SMTP_HOST", True)
    told = json.loads(delivery.body)
    letter = EmailMessage()
    letter["From"] = mail.sender or f"sweepd@{socket.gethostname()}"
    letter["To"] = check_mail(address, mail.domains)
    letter["Subject"] = f"[{told['severity']}] {told['title']}"
    letter["Message-ID"] = f"<{delivery.uid}@sweepd>"
    letter["Auto-Submitted"] = "auto-generated"
    lines = (told["title"], "", told["message"], "", told["url"])
    letter.set_content("\n".join(lines))
    if mail.tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            mail.host, mail.port, timeout=TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S)
    with server:
        if mail.tls == "starttls":
            server.starttls(context=ssl.create_default_context())
        if mail.user:
            server.login(mail.user, mail.password)
        server.send_message(letter)
    return "given to the mail server"
