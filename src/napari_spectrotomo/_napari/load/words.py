"""What goes wrong in reading, in the words of the panel: the core says how Python is called, the panel where the field is."""

from __future__ import annotations

import re
from collections.abc import Iterable


def asked_for(error: str, fields: Iterable[str]) -> str:
    """Give the field that an error of reading asks for, as in ``energies=[…]``; empty where it asks for none."""
    wanted = re.search(rf"\b({'|'.join(fields)})=", error)
    return wanted[1] if wanted else ""


def in_panel(error: str, field: str, label: str) -> str:
    """Say where the field is that an error asks for, instead of how it is given in Python."""
    if not field:
        return error
    call = rf"{field}=(?:\[[^\]]*\]|'(?P<value>\w+)'|\S+)"
    value = re.search(call, error)
    to = f" to “{value['value']}”" if value and value["value"] else ""
    call = call.replace("?P<value>", "?:")
    said = re.sub(rf"\s*\({call}\)|:\s+(?:give|with)\s+{call}[^.]*|\s+with\s+{call}", "", error).rstrip(". ")
    return f"{said}. Set “{label}”{to} under “How to read” above, and press Load."
