"""Run all: every step that is not done, the panels following the work."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ...progress import Progress
from ..alive import listen, while_alive
from ..load import LoadPanel
from ..run import run_until
from ..status import STEP_OF, in_words, whole_run
from ..work import Job

if TYPE_CHECKING:
    from ..panel import Panel
    from .panel import JourneyPanel


class RunAll:
    """Runs a viewer's project to its report, and shows the step at work unless the user looks at another one."""

    def __init__(self, journey: JourneyPanel) -> None:
        self._journey = journey
        self._at = ""
        self._waiting = False
        self._said: tuple[Panel, str] | None = None
        listen(journey, journey.state.events.job, self._on_job)
        listen(journey, journey.state.events.revision, self._on_revision)

    def start(self, *_: Any) -> None:
        """Begin; the scan that the Load panel names is loaded first, where it is not yet."""
        journey = self._journey
        if journey.state.project is None or self.other_chosen():
            load = journey.show_step("Load")
            load.primary.click()
            self._waiting = journey.state.job is not None
            return
        if not journey.step.apply_forms():
            return
        job = run_until(journey.viewer, whole_run(journey.state.project), "Running all steps")
        if job is not None:
            self._at = journey.step.NAME
            job.progressed.connect(while_alive(journey, self._follow))
            job.released.connect(while_alive(journey, partial(self._on_released, job)))

    def _on_job(self, *_: Any) -> None:
        """Go on when the scan is loaded."""
        journey = self._journey
        if self._waiting and journey.state.job is None:
            self._waiting = False
            if journey.state.project is not None and not self.other_chosen():
                self.start()

    def other_chosen(self) -> bool:
        """Whether the Load panel is looked at and names another scan than the project's."""
        step = self._journey.step
        return isinstance(step, LoadPanel) and step.is_other

    def _follow(self, progress: Progress) -> None:
        step = STEP_OF.get(progress.stage)
        if step is None or progress.message == "found done":
            return
        here = self._journey.step.NAME
        if here == self._at != step:
            self._journey.show_step(step)
            self._at = step

    def _on_released(self, job: Job) -> None:
        """Show the map and say how it came out; the words are taken back when something changes."""
        journey, outcome = self._journey, job.outcome
        if outcome is None or outcome.error or outcome.cancelled:
            return
        last = STEP_OF.get(whole_run(journey.state.project), "Edge map")
        panel, words = journey.show_step(last), in_words(journey.state.project)
        panel.say(words)
        self._said = (panel, words)

    def _on_revision(self, *_: Any) -> None:
        if self._said is not None:
            panel, words = self._said
            self._said = None
            if panel.message.text() == words:
                panel.say("")
