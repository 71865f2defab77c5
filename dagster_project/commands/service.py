"""`make service OUT=<folder>`: systemd units that keep schedule, pages and receiver running, and a nightly backup.

A profile with a small refresh gets a unit for that, too.

`python -m dagster_project.commands.service FOLDER [--user NAME] [--backup FOLDER]`. It writes files, says how they are
installed, and starts nothing.
"""

import argparse
import os
import pwd
from pathlib import Path
from shlex import quote

from dagster_project import settings as settings_module
from dagster_project import sources
from dagster_project.ending import end
from dagster_project.lib.progress import say_line
from dagster_project.settings import REPOSITORY, Settings

LIVE = "true-on-time-live.service"
ENVIRONMENT = "/etc/true-on-time.env"
UNITS = {
    "true-on-time.service": """
        [Unit]
        Description=True On-Time: the nightly schedule ({profile})
        After=network-online.target
        Wants=network-online.target

        [Service]
        {common}
        Environment=TRUE_ON_TIME_PORT=3000
        ExecStart={python} -m dagster_project.commands.serve
        KillMode=mixed
        TimeoutStopSec=60

        [Install]
        WantedBy=multi-user.target
        """,
    "true-on-time-pages.service": """
        [Unit]
        Description=True On-Time: the pages ({profile})
        After=network.target

        [Service]
        {common}
        WorkingDirectory={repository}/dashboards
        ExecStart={python} -m streamlit run streamlit_app.py --server.port 8501

        [Install]
        WantedBy=multi-user.target
        """,
    "true-on-time-receive.service": """
        [Unit]
        Description=True On-Time: what others push ({profile})
        After=network.target

        [Service]
        {common}
        ExecStart={python} -m dagster_project.commands.receive --port 8600
        TimeoutStopSec=30

        [Install]
        WantedBy=multi-user.target
        """,
    "true-on-time-live.service": """
        [Unit]
        Description=True On-Time: stock and tracks, within seconds ({profile})
        After=network-online.target
        Wants=network-online.target

        [Service]
        {common}
        ExecStart={python} -m dagster_project.commands.live
        KillMode=mixed
        TimeoutStopSec=30

        [Install]
        WantedBy=multi-user.target
        """,
    "true-on-time-backup.service": """
        [Unit]
        Description=True On-Time: a backup ({profile})

        [Service]
        {common_once}
        Type=oneshot
        ExecStart={python} -m dagster_project.commands.keep backup {backup}
        """,
    "true-on-time-backup.timer": """
        [Unit]
        Description=True On-Time: a backup every day, after the night

        [Timer]
        OnCalendar=*-*-* 06:30:00 Asia/Shanghai
        Persistent=true

        [Install]
        WantedBy=timers.target
        """,
}
# a service may write its own home and nothing else
COMMON = """User={user}
        WorkingDirectory={repository}
        EnvironmentFile=-{environment}
        Environment={python_path}
        Environment={profile_dir}
        Environment={data}
        Environment={source}
        Environment=DO_NOT_TRACK=1
        NoNewPrivileges=true
        ProtectSystem=strict
        ReadWritePaths={written}
        PrivateTmp=true"""
RESTART = "\n        Restart=always\n        RestartSec=10"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make service", description="systemd units of this company.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--user", default=pwd.getpwuid(os.getuid()).pw_name, help="whom the services run as")
    parser.add_argument(
        "--backup", type=Path, default=Path("/var/backups/true-on-time"), help="where backups go"
    )
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    made = units(settings_module.load(), asked.user, asked.backup.resolve())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        say_line(f"{folder} cannot be written: {error.strerror}. Name another folder, OUT=")
        return 1
    say_line(f"written to {folder}: {', '.join(made)}")
    live = " true-on-time-live" if LIVE in made else ""
    for line in (
        f"secrets of connections, sign-in and webhook: NAME=value lines in {ENVIRONMENT} (root's, mode 600)",
        f"install: sudo mkdir -p {quote(str(asked.backup))} && sudo cp {quote(str(folder))}/true-on-time*"
        " /etc/systemd/system/ && sudo systemctl daemon-reload",
        f"start:   sudo systemctl enable --now true-on-time true-on-time-pages{live} true-on-time-backup.timer",
        "pushes:  sudo systemctl enable --now true-on-time-receive (with connections of kind push)",
        "watch:   systemctl status 'true-on-time*'; journalctl -u true-on-time -f",
    ):
        say_line(line)
    return 0


def units(settings: Settings, user: str, backup: Path) -> dict[str, str]:
    """The text of each unit, by its file's name."""
    data, source = settings.home.parent, settings.source_dir
    words = {
        "profile": settings.profile,
        "profile_dir": _word(f"TRUE_ON_TIME_PROFILE={settings.profile_dir}"),
        "python_path": _word(f"PYTHONPATH={REPOSITORY}"),
        "repository": str(REPOSITORY).replace("%", "%%"),
        "python": _word(REPOSITORY / ".venv" / "bin" / "python"),
        "user": user,
        "data": _word(f"TRUE_ON_TIME_DATA={data}"),
        "source": _word(f"TRUE_ON_TIME_SOURCE={source}"),
        "backup": _word(backup),
        "written": " ".join(map(_word, (data, f"-{source}", f"-{backup}"))),
        "environment": ENVIRONMENT,
    }
    common = COMMON.format(**words)
    is_live = sources.load_profile(settings.profile_dir).live is not None
    return {
        name: _flush(text.format(**words, common=common + RESTART, common_once=common))
        for name, text in UNITS.items()
        if name != LIVE or is_live
    }


def _word(value: object) -> str:
    """A word of a unit: in quotes where systemd would read two, its % as it stands."""
    text = str(value).replace("%", "%%")
    return f'"{text}"' if " " in text else text


def _flush(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines()) + "\n"


if __name__ == "__main__":
    end(main)
