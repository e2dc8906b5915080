"""Every picture of the tutorial is made by its script, and every picture that is made is shown."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_tutorials_pictures_are_those_the_tour_takes():
    shown = set(re.findall(r"\(pictures/tour/(\w+)\.webp\)", (DOCS / "tutorial.md").read_text(encoding="utf-8")))
    script = (DOCS / "tour.py").read_text(encoding="utf-8")
    taken = set(re.findall(r'"(\d\d_\w+)"', script))
    assert shown == taken == {path.stem for path in (DOCS / "pictures" / "tour").glob("*.webp")}
