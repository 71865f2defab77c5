"""How a command ends: what its user can mend is said in a few lines, not as a traceback."""

import errno
import sys
from collections.abc import Callable
from typing import NoReturn

from dagster_project.settings import SettingsError, load
from dagster_project.sources import ProfileError

# of the disk, which its user can mend
OF_THE_DISK = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOSPC, errno.EDQUOT}


def end(main: Callable[[], int]) -> NoReturn:
    """Run a command and leave with its exit code; 1 for settings, a profile or a disk that cannot be used."""
    try:
        code = main()
    except ProfileError as error:
        print("\n".join(error.told(load().profile)))
        code = 1
    except SettingsError as error:
        print(error)
        code = 1
    except OSError as error:
        if error.errno not in OF_THE_DISK:
            raise
        where = error.filename or load().home
        print(
            f"{where}: {error.strerror}. Make room or give the right to write, or name another TRUE_ON_TIME_DATA"
        )
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
