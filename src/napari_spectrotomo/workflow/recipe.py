"""What to do: the parameters of every stage, as one record that a YAML file can hold."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from reprlib import repr as brief
from types import NoneType
from typing import Any, get_args, get_type_hints

import yaml

from .. import __version__
from ..align import AlignParameters
from ..errors import ParameterError
from ..io import ReadParameters
from ..parameters import as_plain, checked
from ..preprocess import CorrectParameters
from ..reconstruct import ReconstructParameters
from ..register import RegisterParameters
from ..report import ReportParameters
from ..segment import BinarizeParameters, LabelParameters
from ..spectra import CompositionParameters, SpectraParameters
from .plain_yaml import plain_yaml, plain_yaml_in

PARAMETERS: dict[str, type] = {
    "read": ReadParameters,
    "correct": CorrectParameters,
    "align": AlignParameters,
    "reconstruct": ReconstructParameters,
    "binarize": BinarizeParameters,
    "label": LabelParameters,
    "register": RegisterParameters,
    "spectra": SpectraParameters,
    "composition": CompositionParameters,
    "report": ReportParameters,
}
"""The stages in order, with the class of their parameters."""

STAGES: tuple[str, ...] = tuple(PARAMETERS)

FILE_PARAMETERS = ("flats", "darks", "masks", "labels", "foil", "foil_reference", "standards", "references")
"""Parameters that name a file or folder of the user's own; they are kept as absolute paths, so that a run may begin anywhere."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Parameters of every stage; the defaults are the published method.

    Attributes
    ----------
    read, correct, align, reconstruct, binarize, label, register, spectra, composition, report : parameter dataclasses
    """

    read: ReadParameters = field(default_factory=ReadParameters)
    correct: CorrectParameters = field(default_factory=CorrectParameters)
    align: AlignParameters = field(default_factory=AlignParameters)
    reconstruct: ReconstructParameters = field(default_factory=ReconstructParameters)
    binarize: BinarizeParameters = field(default_factory=BinarizeParameters)
    label: LabelParameters = field(default_factory=LabelParameters)
    register: RegisterParameters = field(default_factory=RegisterParameters)
    spectra: SpectraParameters = field(default_factory=SpectraParameters)
    composition: CompositionParameters = field(default_factory=CompositionParameters)
    report: ReportParameters = field(default_factory=ReportParameters)

    @classmethod
    def from_plain(cls, content: Any, beside: Path | None = None) -> Recipe:
        """Build a recipe from nested plain values, ``{stage: {parameter: value}}``.

        Parameters
        ----------
        content : dict
        beside : path, optional
            The folder that names of files are relative to; by default the working folder.

        Raises
        ------
        ParameterError
            If a stage or a parameter is unknown, or a value cannot be taken.
        """
        if content is None:
            content = {}
        if not isinstance(content, dict):
            raise ParameterError(
                "A recipe names stages, and below each its parameters, such as 'binarize:' and below it '  method: otsu'."
            )
        stages = {name: values for name, values in content.items() if name != "spectrotomo"}
        for name, values in stages.items():
            if name not in PARAMETERS:
                raise ParameterError(
                    f"There is no stage {brief(name)} for a recipe; the stages are {', '.join(STAGES)}."
                )
            if not isinstance(values, dict | None):
                raise ParameterError(
                    f"Stage {name} of the recipe must hold parameters with their values; found {brief(values)}."
                )
            if unnamed := [key for key in values or {} if not isinstance(key, str)]:
                raise ParameterError(f"There is no parameter {name}.{brief(unnamed[0])}: parameters have names.")
        return cls(
            **{
                name: checked(PARAMETERS[name], _as_meant(name, values or {}, beside), where=name)
                for name, values in stages.items()
            }
        )

    @classmethod
    def of(cls, recipe: Recipe | str | Path | dict[str, Any] | None) -> Recipe | None:
        """Take a recipe as users give it: a record, the path of a YAML file, a dict by stage, or nothing."""
        if isinstance(recipe, str | Path):
            return cls.load(recipe)
        if isinstance(recipe, dict):
            return cls.from_plain(recipe)
        return recipe

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Read a recipe from a YAML file.

        Raises
        ------
        ParameterError
            If the file cannot be read, is not YAML, or does not hold a recipe.
        """
        path = Path(path).absolute()
        return cls.from_plain(plain_yaml_in(path, f"The recipe {path}"), beside=path.parent)

    def to_yaml(self) -> str:
        """Give the recipe as YAML, every parameter as it will be used."""
        content = {"spectrotomo": __version__} | {f.name: as_plain(getattr(self, f.name)) for f in fields(self)}
        return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)

    def changed(self, stage: str, **values: Any) -> Recipe:
        """Give this recipe with other values for some parameters of one stage.

        Raises
        ------
        ParameterError
            If the stage or a parameter is unknown, or a value cannot be taken.
        """
        if stage not in PARAMETERS:
            raise ParameterError(f"There is no stage {stage!r}; the stages are {', '.join(STAGES)}.")
        merged = as_plain(getattr(self, stage)) | _as_meant(stage, values)
        return replace(self, **{stage: checked(PARAMETERS[stage], merged, where=stage)})

    def with_setting(self, setting: str) -> Recipe:
        """Give this recipe with one ``stage.parameter=value``; the value is read as YAML (``none``, ``[1, 2]``, ``true``)."""
        name, equals, text = setting.partition("=")
        stage, dot, parameter = name.strip().partition(".")
        if not (equals and dot and parameter):
            raise ParameterError(
                f"{setting!r} is no setting: write stage.parameter=value, such as binarize.method=otsu."
            )
        return self.changed(stage, **{parameter: plain_yaml(text, f"The value in {setting!r}")})


def _as_meant(stage: str, values: dict[str, Any], beside: Path | None = None) -> dict[str, Any]:
    """Give values with whole paths, and the word none, as the parameters' own words have it, where nothing is meant by it."""

    def meant(name: str, value: Any) -> Any:
        if value == "none" and _may_be_nothing(stage, name):
            return None
        if name in FILE_PARAMETERS and isinstance(value, str) and value and "\0" not in value:
            return os.path.abspath((beside or Path()) / Path(os.path.expanduser(value)))
        return value

    return {name: meant(name, value) for name, value in values.items()}


def _may_be_nothing(stage: str, name: str) -> bool:
    """Tell whether a parameter may be left without a value, and 'none' is no choice of its own."""
    kinds = get_args(get_type_hints(PARAMETERS[stage]).get(name))
    return NoneType in kinds and not any("none" in get_args(kind) for kind in kinds)


def used_windows(spectra: dict[str, Any]) -> str:
    """Give a remark in YAML on the windows that a finished edge map took where the recipe leaves them open; '' without one.

    Parameters
    ----------
    spectra : dict
        What ``run.json`` keeps of the stage.
    """
    windows = spectra.get("edge_map", {}).get("windows", {})
    if not {"pre", "post", "nnorm", "e0"} <= windows.keys():
        return ""
    pre, post = ("{:.1f} to {:.1f} eV".format(*windows[name]) for name in ("pre", "post"))
    return (
        f"# The edge map counted from e0 {windows['e0']:.1f} eV: pre-edge {pre}, post-edge {post}, a polynomial of order "
        f"{windows['nnorm']}.\n"
    )
