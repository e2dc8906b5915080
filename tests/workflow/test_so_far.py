"""How good a registration is can be read while it is at work, after it was stopped, and when it is done."""

import numpy as np
import pandas as pd

from napari_spectrotomo.register.result.tables import MEASURES
from napari_spectrotomo.workflow import registered_so_far, run_steps


def test_energies_have_their_measures_as_soon_as_they_are_registered(own_project):
    assert registered_so_far(own_project)["mse_registered"].notna().all(), "the finished one"
    own_project.discard("register")
    table = registered_so_far(own_project)
    assert list(table["energy_eV"]) == list(own_project.energies)
    assert table[list(MEASURES)].isna().all(axis=None)
    assert not table["status"].any()
    seen = []
    for step in run_steps(own_project, until="register"):
        if step.stage == "register" and step.energy is not None and step.done <= len(own_project.energies):
            table = registered_so_far(own_project)
            seen.append(int(table["mse_registered"].notna().sum()))
            at = int(np.argmin(np.abs(own_project.energies - step.energy)))
            assert np.isfinite(table.loc[at, "mse_raw"])
            assert table.loc[at, "status"]
    assert seen[:3] == [1, 2, 3]
    assert max(seen) == len(own_project.energies)
    quality = own_project.registration().quality
    pd.testing.assert_frame_equal(registered_so_far(own_project)[quality.columns], quality)


def test_a_registration_with_other_parameters_is_no_part_of_the_next(own_project):
    own_project.discard("register")
    steps = run_steps(own_project, until="register")
    for step in steps:
        if step.stage == "register" and step.done == 2:
            break
    steps.close()
    assert registered_so_far(own_project)["mse_raw"].notna().sum() == 2
    own_project.change("register", transform="rigid")
    assert registered_so_far(own_project)["mse_raw"].notna().sum() == 0
