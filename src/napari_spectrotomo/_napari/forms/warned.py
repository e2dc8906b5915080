"""What a step warned of, in its panel."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .fold import Fold, Words

if TYPE_CHECKING:
    from ..state import ViewerState


class Warned(Fold):
    """The warnings of one stage of a project, folded away under their number; nothing is seen where there are none."""

    def __init__(self) -> None:
        self.words = Words()
        super().__init__("", self.words)
        self.hide()

    def show_stage(self, shared: ViewerState, stage: str) -> None:
        """Show what a stage of the viewer's project warned of, each sentence once; nothing where it is not done."""
        done = shared.project is not None and shared.stage(stage) == "done"
        steps = shared.project.record.stage(stage).get("warnings", {}) if done else {}
        said = list(dict.fromkeys(sentence for step in steps.values() for sentence in step))
        self.setText(f"⚠ {len(said)} warning{'' if len(said) == 1 else 's'}")
        self.words.setText("<br>".join(f"• {escape(sentence)}" for sentence in said))
        self.setVisible(bool(said))
