"""What is painted on canvases and in pictures, read from their pixels."""

from collections import Counter
from io import BytesIO

from PIL import Image
from playwright.sync_api import Locator, Page

from tests.conftest import wait_until

LEAST = 12  # pixels of one colour that are no edge of a line
GREY = 24  # of 255 between the strongest and the weakest of red, green and blue

Colour = tuple[int, int, int]
READ = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = {};
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 255) continue;
    const name = data.slice(i, i + 3).join(" ");
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}"""


def colours_on(canvas: Locator) -> set[Colour]:
    """The colours that something on a canvas is drawn in, without greys and mixed edges."""
    found = Counter({_colour(name): n for name, n in canvas.evaluate(READ).items()})
    return _strong(found)


def colours_in(png: bytes) -> set[Colour]:
    """The same of a picture in a file, which is decoded whole."""
    with Image.open(BytesIO(png)) as picture:
        assert picture.format == "PNG"
        pixels = picture.convert("RGB").tobytes()
    return _strong(Counter(zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)))


def shades_in(png: bytes) -> set[Colour]:
    """Every colour of a picture in a file."""
    with Image.open(BytesIO(png)) as picture:
        assert picture.format == "PNG"
        pixels = picture.convert("RGB").tobytes()
    return set(zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True))


def css_colour(element: Locator) -> Colour:
    """An element's background as a canvas paints it."""
    return painted(element.page, backgrounds(element)[0])


def backgrounds(elements: Locator) -> list[str]:
    """Their backgrounds as CSS, in order.

    An element that the page has just put another in the place of has no style: all are found again.
    """
    found: list[str] = []

    def are_told() -> bool:
        script = "all => all.map((one) => getComputedStyle(one).backgroundColor)"
        found[:] = elements.evaluate_all(script)
        return bool(found) and all(found)

    wait_until(are_told, 60, lambda: f"{found} of {elements}")
    return found


def painted(page: Page, css: str) -> Colour:
    """A colour of CSS as a canvas paints it."""
    assert css, "a canvas paints no colour as black"
    script = """(css) => {
      const context = document.createElement("canvas").getContext("2d");
      context.fillStyle = css;
      context.fillRect(0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)].join(" ");
    }"""
    return _colour(page.evaluate(script, css))


def _colour(name: str) -> Colour:
    red, green, blue = (int(part) for part in name.split(" "))
    return red, green, blue


def _strong(found: Counter[Colour]) -> set[Colour]:
    return {c for c, n in found.items() if n >= LEAST and max(c) - min(c) > GREY}
