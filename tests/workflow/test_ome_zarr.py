"""The images of a project keep the rules of OME-Zarr 0.5, whose sections the tests name.

The rules are written out, as the libraries that check them ask for other versions of pydantic than napari does;
docs/project.md says with which of them projects were tried.
"""

import json

import numpy as np
import pytest
import zarr

from napari_spectrotomo.workflow.store import IMAGES, Store

UNITS_OF_LENGTH = {"angstrom", "nanometer", "micrometer", "millimeter", "meter"}


def check_image(group):
    """Check a group against the sections 'multiscales', 'axes' and 'coordinateTransformations'."""
    ome = group.attrs["ome"]
    assert ome["version"] == "0.5"
    assert len({m["name"] for m in ome["multiscales"]}) == len(ome["multiscales"])
    for image in ome["multiscales"]:
        axes = image["axes"]
        assert 2 <= len(axes) <= 5
        names, types = [a["name"] for a in axes], [a.get("type") for a in axes]
        assert len(set(names)) == len(names)
        assert types.count("space") in (2, 3)
        assert types.count("time") <= 1
        assert len(axes) - types.count("time") - types.count("space") <= 1, "one axis of channel or a type of one's own"
        assert types == sorted(types, key=lambda t: (t != "time", t == "space")), "time, then the other, then space"
        assert all(a["unit"] in UNITS_OF_LENGTH for a in axes if a.get("type") == "space" and "unit" in a)
        assert image["datasets"]
        for dataset in image["datasets"]:
            array = group[dataset["path"]]
            assert isinstance(array, zarr.Array)
            assert array.metadata.zarr_format == 3
            assert array.ndim == len(axes)
            assert array.metadata.dimension_names == tuple(names), "section 'Images': the array names its axes"
            transforms = dataset["coordinateTransformations"]
            assert [t["type"] for t in transforms] in (["scale"], ["scale", "translation"])
            for transform in transforms:
                values = transform[transform["type"]]
                assert len(values) == len(axes)
                assert all(isinstance(v, float) and np.isfinite(v) for v in values)
        sizes = [group[d["path"]].shape for d in image["datasets"]]
        assert sizes == sorted(sizes, reverse=True), "the largest first"


def test_every_image_and_the_root_keep_the_rules(finished):
    root = zarr.open_group(finished.store.path, mode="r")
    check_image(root)
    for name in IMAGES:
        check_image(root[name])
    assert [m["name"] for m in root.attrs["ome"]["multiscales"]] == list(IMAGES)


def test_an_image_of_unknown_voxel_size_keeps_the_rules_and_names_no_unit(tmp_path):
    store = Store(tmp_path / "project.zarr")
    store.create("mask", (3, 70, 5), bool, np.array([6500.0, 6600.0]), None, "1/voxel", "x")
    group = zarr.open_group(tmp_path / "project.zarr", mode="r")
    check_image(group)
    check_image(group["mask"])
    assert not any("unit" in axis for axis in group.attrs["ome"]["multiscales"][0]["axes"])


def test_energies_scale_and_units_are_with_each_image(finished):
    for name in IMAGES:
        attributes = json.loads((finished.store.path / name / "zarr.json").read_text())["attributes"]
        (image,) = attributes["ome"]["multiscales"]
        scale = image["datasets"][0]["coordinateTransformations"][0]["scale"]
        np.testing.assert_allclose(scale, [1.0, *finished.stack().voxel_size])
        assert [a.get("unit") for a in image["axes"]] == [None, "nanometer", "nanometer", "nanometer"]
        assert attributes["spectrotomo"]["energies_eV"] == finished.energies.tolist()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda ome: ome.update(version="0.4"),
        lambda ome: ome["multiscales"][0]["axes"].reverse(),
        lambda ome: ome["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"].pop(),
        lambda ome: ome["multiscales"][0]["datasets"].clear(),
    ],
)
def test_the_check_itself_sees_what_is_wrong(tmp_path, wrong):
    store = Store(tmp_path / "project.zarr")
    store.create("mask", (3, 70, 5), bool, np.array([6500.0, 6600.0]), np.full(3, 30.0), "1/µm", "x")
    file = tmp_path / "project.zarr" / "mask" / "zarr.json"
    content = json.loads(file.read_text())
    wrong(content["attributes"]["ome"])
    file.write_text(json.dumps(content))
    with pytest.raises(AssertionError):
        check_image(zarr.open_group(tmp_path / "project.zarr", mode="r")["mask"])
