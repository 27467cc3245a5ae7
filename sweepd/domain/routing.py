"""How a file's name stands at the end of an address: `{name:any}` takes every character.

Starlette's own `path` ends at a line break, which a name may hold.
"""

from starlette.convertors import Convertor, register_url_convertor


class AnyConvertor(Convertor[str]):
    """The rest of an address, whatever it is; also nothing."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        """As it stands."""
        return value

    def to_string(self, value: str) -> str:
        """As it stands."""
        return value


ANY = "any"
register_url_convertor(ANY, AnyConvertor())
