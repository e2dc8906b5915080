"""What a record must be made of to be worked with: the types of what stands in ``run.json``."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict


class _Input(TypedDict):
    name: str
    path: str
    size: int
    modified_ns: int
    sha256: str


class _Stage(TypedDict):
    fingerprint: str
    finished: bool
    seconds: float
    warnings: dict[str, list[str]]
    parameters: NotRequired[dict[str, Any]]
    started: NotRequired[str | None]
    ended: NotRequired[str | None]
    peak_memory_bytes: NotRequired[int]
    edge_map: NotRequired[dict[str, Any]]
    files: NotRequired[dict[str, dict[str, Any]]]
    redone: NotRequired[dict[str, dict[str, Any]]]
    redoing: NotRequired[dict[str, Any]]


class _Record(TypedDict):
    source: str
    kind: Literal["scan", "stack"]
    stages: dict[str, _Stage]
    inputs: list[_Input]
    versions: dict[str, str]
    scan: dict[str, Any]
    warnings: NotRequired[list[str]]
    mended: NotRequired[list[str]]
    source_from_project: NotRequired[str | None]
    runs: NotRequired[list[dict[str, Any]]]


@cache
def _form() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(_Record)


def fault_in(content: Any) -> str | None:
    """Say where a record is not what it must be; None where it is."""
    from pydantic import ValidationError

    try:
        _form().validate_python(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg'][0].lower()}{first['msg'][1:]}"
    return None
