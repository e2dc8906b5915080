"""A part of a panel that is folded away until it is wanted."""

from qtpy.QtCore import QEvent
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QWidget
from superqt import QCollapsible

from ..readable import ReadableLabel

_FOLDED, _UNFOLDED = "▸", "▾"


class Fold(QCollapsible):
    """A title that unfolds what is below it.

    Parameters
    ----------
    title : str
    content : QWidget
    """

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__(title, expandedIcon=_UNFOLDED, collapsedIcon=_FOLDED)
        self.setDuration(0)
        self.layout().setContentsMargins(0, 0, 0, 0)
        inner = self.content()
        inner.layout().setContentsMargins(8, 2, 0, 4)
        self.addWidget(content)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the arrows anew in the theme's colour of words."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.toggleButton().ensurePolished()
            self.setCollapsedIcon(_FOLDED)
            self.setExpandedIcon(_UNFOLDED)


class Words(ReadableLabel):
    """Words that wrap, and are as high as they need to be: a fold asks its content for a height without giving it a width."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)

    def setText(self, text: str) -> None:
        """Show other words."""
        super().setText(text)
        self._grow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Grow where there is less width."""
        super().resizeEvent(event)
        self._grow()

    def _grow(self) -> None:
        height = self.heightForWidth(self.width()) if self.text() else 0
        if height != self.minimumHeight():
            self.setFixedHeight(max(height, 0))
