"""As what bytes that somebody uploaded may be sent: nothing that acts on the server's origin.

A browser runs no answer of these types, whatever a page names it by: not as a script, a style
sheet, a worker or a page. All else is a download without a type of its own. Answers say `nosniff`
beside it, so that no browser looks for itself.
"""

UNKNOWN = "application/octet-stream"
SHOWN = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/bmp",
        "image/x-ms-bmp",
        "text/plain",
        "application/json",
        "audio/aac",
        "audio/flac",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "audio/webm",
        "audio/opus",
        "audio/vnd.wave",
        "audio/x-aiff",
        "audio/x-m4a",
        "audio/x-wav",
        "audio/x-flac",
        "video/mp4",
        "video/mpeg",
        "video/ogg",
        "video/quicktime",
        "video/webm",
        "video/x-matroska",
        "video/x-msvideo",
    }
)


def served_as(mimetype: str) -> tuple[str, bool]:
    """The type that bytes said to be of another one are sent as; whether a page may show them."""
    known = mimetype.partition(";")[0].strip().lower()
    return (known, True) if known in SHOWN else (UNKNOWN, False)
