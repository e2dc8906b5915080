"""YAML as recipes and settings use it: plain values, no longer than a recipe, and nothing that stands for something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..errors import ParameterError

_MOST_BYTES = 2**20
"""A recipe with a thousand exclusions has a tenth of it."""


class _PlainLoader(yaml.SafeLoader):
    """PyYAML's safe loader without aliases, of which a few lines make more values than a memory holds."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias (``*name``) where one begins."""
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.composer.ComposerError(
                None, None, "it repeats a value by its name (*); write the value out", self.peek_event().start_mark
            )
        return super().compose_node(parent, index)


def plain_yaml(text: str, what: str) -> Any:
    """Give the plain values of a YAML text.

    Parameters
    ----------
    text : str
    what : str
        What the message calls it, such as 'The recipe DIR/recipe.yaml'.

    Raises
    ------
    ParameterError
        If it is no YAML, or none of plain values.
    """
    if len(text) > _MOST_BYTES:
        raise ParameterError(f"{what} has {len(text) / 1e6:.1f} MB; parameters take a few thousandths of that.")
    try:
        return yaml.load(text, Loader=_PlainLoader)
    except yaml.YAMLError as error:
        raise ParameterError(f"{what} cannot be read as YAML: {' '.join(str(error).split())[:500]}.") from error
    except RecursionError as error:
        raise ParameterError(f"{what} cannot be read as YAML of parameters: it is nested deeper than any.") from error
    except (ValueError, TypeError, AttributeError, OverflowError) as error:  # a date or a number that cannot be
        raise ParameterError(f"{what} holds a value that cannot be: {' '.join(str(error).split())[:200]}.") from error


def plain_yaml_in(path: Path, what: str) -> Any:
    """Give the plain values of a YAML file; see `plain_yaml`."""
    try:
        if path.exists() and not path.is_file():
            raise ParameterError(f"{what} cannot be read: it is no file.")
        with path.open("rb") as file:
            content = file.read(4 * _MOST_BYTES)
        return plain_yaml(content.decode("utf-8"), what)
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(f"{what} cannot be read: {error}.") from error
