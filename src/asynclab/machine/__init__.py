"""What this machine says: the same job four ways, who holds the GIL, what a task, thread and process cost.

Everything here is measured on the real clock and nothing is graded. Beside each number stands what the
document says from which the course grew, and a verdict that is computed from the two.
"""

from asynclab.machine.costs import costs
from asynclab.machine.findings import Finding, Findings
from asynclab.machine.four_ways import four_ways
from asynclab.machine.gaps import gaps, largest_gap

__all__ = ["Finding", "Findings", "costs", "four_ways", "gaps", "largest_gap"]
