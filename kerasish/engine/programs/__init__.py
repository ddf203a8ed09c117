"""Programs: a whole training step (forward, loss, backward, optimizer, metrics) as one compiled function.

`_state` lists the tensors that a step reads and changes, `_writing` writes the step down as a graph of ATen operations,
`_passes` improves the graph, `_building` makes machine code of it, `_beside` does all that in a child process, `_program`
runs the result, and `_tiers` decides when it is worth it.
"""

from kerasish.engine.programs._programs import CompileReport, Programs, StepReport
from kerasish.engine.programs._tiers import TieredStep

__all__ = ["CompileReport", "Programs", "StepReport", "TieredStep"]
