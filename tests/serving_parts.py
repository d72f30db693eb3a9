"""The parts for tests of the service: the reference answers."""

from asynclab.serving.reference_parts import parts as the_parts

__all__ = ["the_parts"]
