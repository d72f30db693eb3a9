"""The parts for tests of the service: the reference, and until it is there a sketch."""

from dataclasses import fields

import test_interfaces_05 as sketches

from asynclab.needs import reference_answers, snake_case
from asynclab.reference import source_of
from asynclab.serving.parts import Parts


def the_parts():
    found = {snake_case(name): thing for name, thing in vars(sketches).items()}
    parts = {}
    for part in fields(Parts):
        try:
            parts |= reference_answers({part.name: source_of(part.name)}, {})
        except LookupError:
            parts[part.name] = found[part.name]
    return Parts(**parts)
