"""A part of a panel that is folded away until it is wanted."""

from qtpy.QtWidgets import QWidget
from superqt import QCollapsible


class Fold(QCollapsible):
    """A title that unfolds what is below it.

    Parameters
    ----------
    title : str
    content : QWidget
    """

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__(title)
        self.setDuration(0)
        self.layout().setContentsMargins(0, 0, 0, 0)
        inner = self.content()
        inner.layout().setContentsMargins(8, 2, 0, 4)
        self.addWidget(content)
