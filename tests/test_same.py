"""Two elements are the same when they are the same as JSON, however that is found out."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from bbsync.graph import Entity, Relationship, Value, canonical, same

SCALARS = st.sampled_from([None, True, False, 0, 1, 0.0, -0.0, 1.0, "", "1", "true"])
VALUES = SCALARS | st.lists(SCALARS, max_size=2).map(tuple)
PROPERTIES = st.dictionaries(st.sampled_from(["name", "count"]), VALUES, max_size=2)


@given(PROPERTIES, PROPERTIES)
@example({"count": 1}, {"count": True})
@example({"count": 0.0}, {"count": -0.0})
@example({"count": (1, True)}, {"count": (True, 1)})
@example({"count": (0.0,)}, {"count": (-0.0,)})
def test_what_is_the_same_has_the_same_json(one: dict[str, Value], other: dict[str, Value]) -> None:
    """What Python takes for equal and JSON does not, such as 1 and true, is a change."""
    elements = [Entity("key", "type", ("Class",), properties) for properties in (one, other)]
    ties = [Relationship("key", "type", "HAS", "from", "to", properties) for properties in (one, other)]

    assert same(*elements) == (canonical(elements[0]) == canonical(elements[1]))
    assert same(*ties) == (canonical(ties[0]) == canonical(ties[1]))
