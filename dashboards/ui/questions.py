"""Questions to start from: one SQL file each in dashboards/questions/, its title in its first lines.

The same files are the examples of docs/analysts.md.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "questions"
MARK = "-- {language}: "


@dataclass(frozen=True)
class Question:
    """A question with the SQL that answers it, its title lines included."""

    name: str
    sql: str

    def title(self, language: str) -> str:
        """What is asked, in words."""
        mark = MARK.format(language=language)
        return next(line.removeprefix(mark) for line in self.sql.splitlines() if line.startswith(mark))


@cache
def questions() -> dict[str, Question]:
    """All questions by name, in their order."""
    files = sorted(FOLDER.glob("*.sql"))
    return {file.stem: Question(file.stem, file.read_text(encoding="utf-8").strip()) for file in files}
