"""What the pages' scripts are sent."""

from sweepd.services.sweeps import specs
from sweepd.web import shapes

YAML = """\
method: random
parameters:
  zeta: {values: [1, 2]}
  model:
    parameters:
      width: {values: [1, 2]}
      depth: {values: [1, 2]}
  alpha: {values: [1, 2]}
"""


def test_parameters_keep_the_order_of_the_file() -> None:
    found = shapes.in_file_order(specs.parse(YAML).space.parameters, YAML)
    assert [p.name for p in found] == ["zeta", "model.width", "model.depth", "alpha"]
