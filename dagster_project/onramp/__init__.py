"""From a workbook nobody prepared to a profile: read, recognised, proposed, written.

Plain Python beside `sources`, whose contracts and mappings it writes; it knows nothing of the night.
"""

from .console import account_lines, ask, figure_lines, missing_lines, proposal_lines
from .proposal import Proposal, propose
from .reading import UnreadableError
from .write import Written, write

__all__ = [
    "Proposal",
    "UnreadableError",
    "Written",
    "account_lines",
    "ask",
    "figure_lines",
    "missing_lines",
    "proposal_lines",
    "propose",
    "write",
]
