"""What kept a delivery from arriving, in the words of those who read the log of deliveries."""

import errno
import http.client
import smtplib
import socket
import ssl

from sweepd.domain.automations import short

MOST = 300  # characters of a line of the log
_NO_WAY = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}
)
_NAME_UNKNOWN = frozenset(
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
)


def in_words(error: Exception, place: str, patience_s: float) -> str:
    """One line that says what happened at `place` ("the mail server", "hook.example:443").

    Args:
        error: An OSError, UnicodeError, HTTPException or SMTPException that sending raised.
        patience_s: How long an answer was waited for.

    Returns:
        At most 300 characters, without the name of any class.
    """
    if isinstance(error, smtplib.SMTPException):
        return short(_of_mail(error, place), MOST)
    return short(_of_network(error, place, patience_s), MOST)


def _of_network(error: Exception, place: str, patience_s: float) -> str:
    """The more special classes come before those they are made of."""
    match error:
        case socket.gaierror():
            if error.errno in _NAME_UNKNOWN:
                return f"{place}: no such name is known"
            return f"{place}: its name could not be looked up just now"
        case UnicodeError():  # a part of the name is longer than names may be
            return f"{place}: no such name is known"
        case ssl.SSLCertVerificationError():
            why = getattr(error, "verify_message", "")
            return f"{place}: its certificate is not trusted{f': {why}' if why else ''}"
        case ssl.SSLError():
            why = str(getattr(error, "reason", None) or "").replace("_", " ").lower()
            return f"{place}: no encrypted connection came about{f': {why}' if why else ''}"
        case TimeoutError():
            return f"{place} did not answer within {patience_s:g} s"
        case ConnectionRefusedError():
            return f"{place} refused the connection: nothing listens there"
        case ConnectionError():  # reset, aborted, a broken pipe; also http's RemoteDisconnected
            return f"{place} ended the connection without an answer"
        case http.client.HTTPException():
            return f"{place} answered something that is not HTTP"
        case OSError() if error.errno in _NO_WAY:
            return f"{place} cannot be reached from this machine"
        case OSError() if error.strerror:
            return f"{place}: {error.strerror.lower()}"
        case _:
            return f"{place} could not be reached"


def _of_mail(error: smtplib.SMTPException, place: str) -> str:
    match error:
        case smtplib.SMTPServerDisconnected():
            return f"{place} ended the connection without an answer"
        case smtplib.SMTPNotSupportedError():
            return f"{place} does not offer what is set up for it (encryption, or a sign-in)"
        case smtplib.SMTPRecipientsRefused():
            refused = next(iter(error.recipients.values()), (0, b""))
            return f"{place} does not take mail to this address{_answered(*refused)}"
        case smtplib.SMTPAuthenticationError():
            return f"{place} refused the user or password{_answered(*_of(error))}"
        case smtplib.SMTPSenderRefused():
            return f"{place} refused the sender{_answered(*_of(error))}"
        case smtplib.SMTPResponseException():
            return f"{place} refused the mail{_answered(*_of(error))}"
        case _:
            return f"{place} did not take the mail"


def _of(error: smtplib.SMTPResponseException) -> tuple[int, bytes | str]:
    return error.smtp_code, error.smtp_error


def _answered(code: int, text: bytes | str) -> str:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f": {code} {said}".rstrip() if code > 0 else ""
