"""The tests. Whatever imports one of them first settles what all of them run in."""

from tests import surroundings

surroundings.settle()
