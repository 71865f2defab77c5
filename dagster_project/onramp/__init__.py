"""From a workbook nobody prepared to a profile: read, recognised, proposed, written.

Plain Python beside `sources`, whose contracts and mappings it writes; it knows nothing of the night.
"""

from .proposal import Proposal, propose
from .reading import UnreadableError
from .write import Written, write

__all__ = ["Proposal", "UnreadableError", "Written", "propose", "write"]
