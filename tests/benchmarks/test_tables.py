"""Tables: numbers stand under their columns, and what is over a limit or behind a peer is told."""

from benchmarks.tables import Table


def test_lines_have_limits_below_their_row():
    table = Table("steps", limits={"kerasish": {"tiny": 1.25}})
    for row, number in (("hand loop, µs", 250.0), ("skorch", 3.0), ("kerasish", 1.1)):
        table.put(row, "tiny", number)
    table.put("kerasish", "conv", 0.9)
    assert [line.split() for line in table.lines()] == [
        ["steps", "tiny", "conv"],
        ["hand", "loop,", "µs", "250.00"],
        ["kerasish", "1.10", "0.90"],
        ["is", "to", "be", "at", "most", "1.25"],
        ["skorch", "3.00"],
    ]


def test_misses_are_limits_and_peers_ahead():
    table = Table("steps", limits={"kerasish": {"tiny": 1.25}}, ahead={"kerasish": ("skorch",)})
    table.put("kerasish", "tiny", 1.5)
    table.put("kerasish", "conv", 1.0)
    table.put("skorch", "tiny", 2.0)
    assert table.misses() == ["kerasish, tiny: 1.50 is over 1.25"]
    table.put("skorch", "conv", 0.9)
    assert table.misses() == ["kerasish, tiny: 1.50 is over 1.25", "kerasish, conv: 1.00 is behind skorch's 0.90"]
