"""One way to declare and to check the parameters of a stage.

Every stage has one frozen dataclass of parameters. The core function's defaults, the recipe, the command line and the panel's form
all come from it: its types and bounds are in the annotations, its words (label, tooltip, unit) in the fields' metadata.
"""

from __future__ import annotations

import dataclasses
from reprlib import repr as brief
from typing import Any, TypeVar

from .errors import ParameterError

P = TypeVar("P")


def parameter(
    default: Any, doc: str, *, unit: str = "", label: str = "", hidden: bool = False, later: bool = False
) -> Any:
    """Declare a parameter as a dataclass field.

    Parameters
    ----------
    default : object
        Its default; a list, dict or set is copied for every instance.
    doc : str
        One sentence for the tooltip, the command line and the reference.
    unit : str
        Unit of the value, as shown beside it.
    label : str
        Words of the form; the field's name with spaces when empty.
    hidden : bool
        Whether forms leave it out (it is still in the recipe).
    later : bool
        Whether it came when there were projects already: at its default it makes none of them out of date.
    """
    metadata = {"doc": doc, "unit": unit, "label": label, "hidden": hidden, "later": later}
    if isinstance(default, list | dict | set):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


_ADAPTERS: dict[type, Any] = {}


def _adapter(cls: Any) -> Any:
    if cls not in _ADAPTERS:
        from pydantic import ConfigDict, TypeAdapter

        cls.__pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)
        _ADAPTERS[cls] = TypeAdapter(cls)
    return _ADAPTERS[cls]


def checked(cls: type[P], values: dict[str, Any], *, where: str = "") -> P:
    """Build the parameters `cls` from plain values, every one checked against its type and bounds.

    Parameters
    ----------
    cls : type
        A parameter dataclass.
    values : dict
        Values by name; a name left out takes its default.
    where : str
        What the message calls the values' home, such as ``'binarize'``.

    Raises
    ------
    ParameterError
        If a name is unknown or a value cannot be taken; the sentence names it and what it may be.
    """
    from pydantic import ValidationError

    try:
        return _adapter(cls).validate_python(values)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        first = errors[0]
        name = ".".join([where, *map(str, first["loc"][:1])] if where else map(str, first["loc"][:1]))
        if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            known = ", ".join(f.name for f in dataclasses.fields(cls))  # type: ignore[arg-type]
            raise ParameterError(f"There is no parameter {name}; known here: {known}.") from error
        said = [_reason(e["msg"]) for e in errors if e["loc"][:1] == first["loc"][:1]]  # one for each type it may have
        raise ParameterError(
            f"{name} cannot be {brief(first['input'])}: {', or '.join(dict.fromkeys(said))}."
        ) from error


def _reason(message: str) -> str:
    words = message.replace("valid tuple", "list, such as [1, 2]").replace("Field required", "it needs more values")
    return words[0].lower() + words[1:]


def as_plain(parameters: Any) -> dict[str, Any]:
    """Give the parameters as plain values that YAML and JSON can hold."""
    return _adapter(type(parameters)).dump_python(parameters, mode="json")


def identifying(parameters: Any) -> dict[str, Any]:
    """Give the plain values that tell whether a result was made with these parameters: later ones only where they are set."""
    later = {f.name: f.default for f in dataclasses.fields(parameters) if f.metadata.get("later")}
    unset = {name for name, default in later.items() if getattr(parameters, name) == default}
    return {name: value for name, value in as_plain(parameters).items() if name not in unset}


def keywords(parameters: Any, *, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """Give the parameters as keyword arguments of the function they belong to, without those in `leave_out`."""
    return {f.name: getattr(parameters, f.name) for f in dataclasses.fields(parameters) if f.name not in leave_out}
