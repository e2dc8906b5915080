"""The strip that shows long work: stage, energy, step of steps, time left, and Cancel."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ..progress import Progress
from .work import Job

DOING = {
    "simulate": "Simulating",
    "read": "Reading",
    "correct": "Correcting",
    "align": "Aligning",
    "reconstruct": "Reconstructing",
    "binarize": "Binarizing",
    "label": "Labelling particles",
    "register": "Registering",
    "spectra": "Mapping the edge",
    "report": "Writing the report",
}

_STOPPING = "Stopping; finished energies are kept …"


class ProgressStrip(QWidget):
    """Shows one `Job`; hidden while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.job: Job | None = None
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(12)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop after what cannot be interrupted; finished energies are kept.")
        self.cancel.clicked.connect(self._cancel)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.text)
        layout.addLayout(row)
        self.hide()

    def follow(self, job: Job | None) -> None:
        """Show this job from now on, or nothing."""
        self.job = job
        self.setVisible(job is not None)
        self.bar.setRange(0, 0)
        if job is None:
            return
        stopping = job.abort.is_set()
        self.cancel.setEnabled(not stopping)
        self.text.setText(_STOPPING if stopping else f"{job.title} …")
        if job.last is not None and not stopping:
            self.show_progress(job.last)

    def show_progress(self, progress: Progress) -> None:
        """Show one report."""
        self.bar.setUpdatesEnabled(False)  # else Qt draws the whole window, the canvas too, before it goes on
        self.bar.setRange(0, progress.total)
        self.bar.setValue(progress.done)
        self.bar.setUpdatesEnabled(True)
        self.text.setText(describe(progress, self.job.seconds_left() if self.job else None))

    def _cancel(self) -> None:
        if self.job is not None:
            self.cancel.setEnabled(False)
            self.text.setText(_STOPPING)
            self.job.cancel()


def describe(progress: Progress, seconds: float | None) -> str:
    """Say a report in one line: what, where, how many of how many, and how long still."""
    parts: list[Any] = [DOING.get(progress.stage, progress.stage)]
    if progress.energy is not None:
        parts.append(f"{progress.energy:.1f} eV")
    parts.append(f"{progress.done} of {progress.total}")
    if seconds is not None and progress.done < progress.total:
        parts.append(f"{_duration(seconds)} left")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
