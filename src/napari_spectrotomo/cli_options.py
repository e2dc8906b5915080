"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ScanPath = Annotated[
    Path, typer.Argument(metavar="SCAN", help="A scan (folder, file or quoted glob) or a stack of volumes.")
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="The project folder; the same folder again continues.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="STAGE.PARAMETER=VALUE",
        help="One parameter, kept in the project's recipe; may be repeated. `spectrotomo parameters` lists them.",
    ),
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, metavar="N", help="Threads to use (default: all cores).")
]
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory", metavar="SIZE", help="What a process may take, such as 4GB (default: what the stages ask for)."
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        metavar="N",
        help="Processes of this machine, which share the energies (needs dask.distributed).",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler", metavar="ADDRESS", help="A dask scheduler, whose workers share the energies (tcp://host:8786)."
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Only say what time, memory and disk it will take; nothing is written."),
]
