"""What a turn costs: prompts do not grow without end, and the API tells their tokens."""

from pathlib import Path
from typing import Any

from benchmarks.turns import measure


def test_prompts_are_bounded_however_long_a_conversation_gets(
    own_data: Path,
) -> None:
    def costs(**given: Any) -> dict[int, int]:
        found = measure(own_data, "shop", 1, 13, **given)
        assert len(found) == 13
        assert all(cost.first > 0 for of_turn in found.values() for cost in of_turn)
        return {turn: cost.writes for turn, [cost] in found.items()}

    # Turns 6 and 12 say the same ("tell me about the second one"), and so do 7 and 13 ("compare").
    plain = costs(model=True, sees=False)
    seen = costs(model=True, sees=True)
    # A history of all turns would double them; other products have titles of other lengths.
    for first in (6, 7):
        assert 0 < plain[first + 6] <= 1.25 * plain[first]
    assert all(seen[turn] > plain[turn] for turn in plain if plain[turn])
    assert set(costs(model=False, sees=False).values()) == {0}
