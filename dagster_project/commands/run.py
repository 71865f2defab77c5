"""`make run`: the nightly job once, through Dagster, in this process, with calm lines; then the headline.

`python -m dagster_project.commands.run [rebuild]`. Exit code 1: the night was blocked or failed.
"""

import gc
import logging
import sys

from dagster_project import settings as settings_module
from dagster_project import sources
from dagster_project.ending import end
from dagster_project.lib import headline, instance
from dagster_project.lib.progress import say_line


def main(arguments: list[str]) -> int:
    gc.set_threshold(50_000, 50, 100)  # libraries make many objects that stay: seldom worth looking through
    settings = settings_module.load()
    instance.prepare(settings)
    has_files = any(settings.source_dir.glob("*"))
    if not has_files and not sources.load_profile(settings.profile_dir).connections:
        say_line(f"SOURCE {settings.source_dir} is missing or empty: name the folder with the source files.")
        return 1
    say_line(f"profile {settings.profile}, source {settings.source_dir}; loading the definitions")
    import dagster as dg  # after DAGSTER_HOME is set

    from dagster_project.definitions import defs
    from dagster_project.lib.liveness import reap

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    with instance.quick_history(), dg.DagsterInstance.get() as home:
        reap(home, settings)
        result = defs.resolve_job_def("nightly").execute_in_process(
            instance=home,
            raise_on_error=False,
            run_config={
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                "resources": {"night": {"config": {"rebuild": "rebuild" in arguments}}},
            },
        )
    for event in result.all_events:
        if event.is_step_failure and not result.is_node_success("published"):
            error = event.step_failure_data.error
            told = (error.cause or error).message if error else ""
            say_line(f"{event.step_key} failed: {' '.join(told.split())[:300]}")
    if not result.success:
        return 1
    headline.show(settings)
    return 0


if __name__ == "__main__":

    def whole() -> int:
        code = main(sys.argv[1:])
        gc.freeze()  # nor is it at the end, where it takes more than a second
        return code

    end(whole)
