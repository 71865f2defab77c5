"""How a command ends: what its user can mend is said in a few lines, not as a traceback."""

import sys
from collections.abc import Callable
from typing import NoReturn

from dagster_project.settings import SettingsError, load
from dagster_project.sources import ProfileError


def end(main: Callable[[], int]) -> NoReturn:
    """Run a command and leave with its exit code; 1 for settings or a profile that cannot be used."""
    try:
        code = main()
    except ProfileError as error:
        print("\n".join(error.told(load().profile)))
        code = 1
    except SettingsError as error:
        print(error)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
