"""Names people can remember: `dazzling-sweep-3`, `quiet-harbor-12`."""

import random


def _words(text: str) -> list[str]:
    return text.split()


_ADJECTIVES = _words(
    """
    amber ample apt ardent azure balmy blithe bold brave breezy bright brisk calm candid clear
    clever cosmic cozy crisp curious daring dazzling deft eager earnest fabled fair fleet fond
    fresh gentle gilded giving glad golden grand happy hardy hearty honest icy jolly keen kind
    lively lucid lucky mellow merry mighty mild misty neat nimble noble open pale patient
    placid polar proud quick quiet rapid rare ready rosy royal ruby serene sharp silver sleek
    smooth snowy solar spry stellar still sunny swift tidy upbeat valiant vast vivid warm wise
    witty
    """
)
_NOUNS = _words(
    """
    arch aurora bay beacon birch bloom brook canyon cedar cliff cloud comet coral cove creek
    dawn delta dew dune dusk echo ember fern field firefly fjord flame forest galaxy garden
    glacier glade grove harbor haze hill island lagoon lake lantern leaf light lotus maple
    meadow meteor mist moon morning mountain nebula night oak oasis ocean orchard orbit pebble
    pine planet pond prairie rain reef ridge river sea shadow shore sky snow spring star stone
    storm stream summit sun sunset thunder tide trail tree valley violet voice wave willow
    wind wood
    """
)


def run_name(number: int, in_sweep: bool) -> str:
    """A display name for the run with this number, from 1; runs of a sweep say so."""
    adjective = random.choice(_ADJECTIVES)
    noun = "sweep" if in_sweep else random.choice(_NOUNS)
    return f"{adjective}-{noun}-{number}"
