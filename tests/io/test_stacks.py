"""Volumes already reconstructed: zarr, TIFF, HDF5."""

import h5py
import numpy as np
import pytest
import tifffile
import zarr

from napari_spectrotomo.errors import ReadError
from napari_spectrotomo.io import identify, read_scan, read_stack

ENERGIES = [6540.0, 6550.0, 6560.0]


@pytest.fixture
def volumes():
    return np.random.default_rng(1).random((3, 4, 5, 6)).astype(np.float32)


def assert_stack(stack, volumes, energies=ENERGIES, voxel_size=None):
    np.testing.assert_allclose(stack.energies, energies)
    np.testing.assert_array_equal(np.asarray(stack.data), volumes)
    assert stack.data.chunks[0] == (1,) * len(energies)
    if voxel_size is None:
        assert stack.voxel_size is None
    else:
        np.testing.assert_allclose(stack.voxel_size, voxel_size)


def project_like(path, volumes, done=(True, True, True), images=(("mask", 0), ("registered", 1))):
    root = zarr.open_group(path, mode="w", zarr_format=3)
    axes = [{"name": "energy", "type": "energy"}, *({"name": a, "type": "space", "unit": "nanometer"} for a in "zyx")]
    scales = []
    for name, factor in images:
        image = root.create_group(name)
        image.create_array("0", data=volumes * factor, chunks=(1, 4, 5, 6))
        scale = [{"type": "scale", "scale": [1.0, 20.0, 20.0, 20.0]}]
        multiscale = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
        own = {"energies_eV": ENERGIES, "attenuation_unit": "1/µm", "done": list(done)}
        image.attrs.update({"ome": {"version": "0.5", "multiscales": [multiscale]}, "spectrotomo": own})
        scales.append(multiscale | {"datasets": [multiscale["datasets"][0] | {"path": f"{name}/0"}]})
    root.attrs.update({"ome": {"version": "0.5", "multiscales": scales}, "spectrotomo": own})


def test_a_project_root_opens_as_its_most_processed_volumes(tmp_path, volumes):
    project_like(tmp_path / "project.zarr", volumes)
    for path in (tmp_path / "project.zarr", tmp_path / "project.zarr" / "registered"):
        stack = read_stack(path)
        assert_stack(stack, volumes, voxel_size=[20, 20, 20])
        assert stack.attenuation_unit == "1/µm"
        assert identify(path) == ("stack", "zarr")
    with pytest.raises(ReadError, match="read_stack"):
        read_scan(tmp_path / "project.zarr")


def test_energies_that_are_not_done_are_doubted(tmp_path, volumes):
    project_like(tmp_path / "p.zarr", volumes, (True, False, False))
    assert "2 of the 3 energies" in read_stack(tmp_path / "p.zarr").metadata["doubts"][0]


def test_which_of_a_projects_volumes_were_taken_is_said(tmp_path, volumes):
    path = tmp_path / "project.zarr"
    project_like(path, volumes, images=(("registered", 1), ("reconstruction", 2), ("mask", 0)))
    (doubt,) = read_stack(path).metadata["doubts"]
    assert "registered was taken; name project.zarr/reconstruction to take another" in doubt
    other = read_stack(path / "reconstruction")
    assert_stack(other, 2 * volumes, voxel_size=[20, 20, 20])
    assert other.metadata["doubts"] == []


@pytest.mark.parametrize("version", [2, 3])
def test_plain_zarr_arrays_are_read_in_both_versions(tmp_path, volumes, version):
    path = tmp_path / "a.zarr"
    array = zarr.create_array(path, data=volumes, zarr_format=version)
    with pytest.raises(ReadError, match="energ"):
        read_stack(path)
    assert_stack(read_stack(path, energies=ENERGIES, voxel_size=30), volumes, voxel_size=[30, 30, 30])
    array.attrs["energies_eV"] = ENERGIES
    assert_stack(read_stack(path), volumes)


def test_ome_zarr_of_five_axes_and_micrometres(tmp_path, volumes):
    group = zarr.open_group(tmp_path / "o.zarr", mode="w", zarr_format=2)
    group.create_array("s0", data=volumes[:, None])
    axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}]
    axes += [{"name": a, "type": "space", "unit": "micrometer"} for a in "zyx"]
    scale = [{"type": "scale", "scale": [1, 1, 0.04, 0.03, 0.03]}]
    group.attrs["multiscales"] = [
        {"version": "0.4", "axes": axes, "datasets": [{"path": "s0", "coordinateTransformations": scale}]}
    ]
    assert_stack(read_stack(tmp_path / "o.zarr", energies=ENERGIES), volumes, voxel_size=[40, 30, 30])


def test_a_group_of_one_array_an_energy_is_sorted_by_the_names(tmp_path, volumes):
    group = zarr.open_group(tmp_path / "g.zarr", mode="w")
    for energy, volume in zip(ENERGIES[::-1], volumes[::-1], strict=True):
        group.create_array(f"recon_{energy}eV", data=volume)
    assert_stack(read_stack(tmp_path / "g.zarr"), volumes)


def test_one_tiff_an_energy_with_imagej_voxels(tmp_path, volumes):
    for energy, volume in zip(ENERGIES, volumes, strict=True):
        info = {"spacing": 0.05, "unit": "micron", "axes": "ZYX"}
        tifffile.imwrite(
            tmp_path / f"v_{energy}eV.tif",
            volume,
            imagej=True,
            resolution=(25, 25),
            metadata=info,
            photometric="minisblack",
        )
    assert identify(tmp_path) == ("stack", "tiff-stack")
    assert_stack(read_stack(tmp_path), volumes, voxel_size=[50, 40, 40])
    assert_stack(read_stack(sorted(tmp_path.iterdir())[1:]), volumes[1:], ENERGIES[1:], [50, 40, 40])
    with pytest.raises(ReadError, match="voxel size"):
        read_stack(tmp_path, voxel_size=60)


def test_one_tiff_of_all_energies_and_a_list_of_them(tmp_path, volumes):
    tifffile.imwrite(tmp_path / "all.tif", volumes, photometric="minisblack")
    (tmp_path / "energies.txt").write_text("6.54\n6.55\n6.56\n")
    assert_stack(read_stack(tmp_path / "all.tif", energies=tmp_path / "energies.txt"), volumes)
    assert_stack(read_stack(tmp_path), volumes)


def test_folders_of_slices_are_volumes(tmp_path, volumes):
    for i, volume in enumerate(volumes):
        folder = tmp_path / f"recon_fly_scan_id_{100 + i}"
        folder.mkdir()
        for z, image in enumerate(volume):
            tifffile.imwrite(folder / f"recon_fly_scan_id_{100 + i}_{z:05d}.tiff", image, photometric="minisblack")
    assert identify(tmp_path) == ("stack", "tiff-stack")
    assert_stack(read_stack(tmp_path, energies=ENERGIES), volumes)


def test_pyxas_and_txm_sandbox_hdf5(tmp_path, volumes):
    for i, (energy, volume) in enumerate(zip(ENERGIES, volumes, strict=True)):
        with h5py.File(tmp_path / f"recon_scan_{9 - i}_bin1.h5", "w") as file:
            file["img"], file["X_eng"], file["scan_id"] = volume, energy / 1e3, 9 - i
    assert identify(tmp_path) == ("stack", "hdf5-stack")
    assert_stack(read_stack(tmp_path), volumes)
    with h5py.File(tmp_path / "sandbox.h5", "w") as file:
        file["registration_results/reg_results/registered_xanes3D"] = volumes
        file["registration_results/reg_results/eng_list"] = ENERGIES
    assert_stack(read_stack(tmp_path / "sandbox.h5"), volumes)
    with pytest.raises(ReadError, match="read_stack"):
        read_scan(tmp_path / "sandbox.h5")


@pytest.mark.parametrize("name", ["X_eng", "XEng"])
def test_aligned_pyxas_volumes_of_all_energies_are_one_file(tmp_path, volumes, name):
    with h5py.File(tmp_path / "ali_recon_37021.h5", "w") as file:
        file["img"], file[name], file["rot_cen"] = volumes[::-1], np.array(ENERGIES[::-1]) / 1e3, 640.0
    assert identify(tmp_path) == ("stack", "hdf5-stack")
    stack = read_stack(tmp_path)
    assert_stack(stack, volumes)
    np.testing.assert_array_equal(np.asarray(stack.data[1, 2]), volumes[1, 2])


def test_volumes_that_were_never_written_are_not_zeros(tmp_path, volumes):
    with h5py.File(tmp_path / "ali_recon_1.h5", "w") as file:
        img = file.create_dataset("img", volumes.shape, np.float32, chunks=(1, 4, 5, 6))
        img[:2] = volumes[:2]
        file["X_eng"] = ENERGIES
    with pytest.raises(ReadError, match=r"ali_recon_1\.h5: /img.*never written"):
        read_stack(tmp_path)


def test_what_does_not_fit_is_named(tmp_path, volumes, data_folder):
    for energy, volume in zip(ENERGIES, volumes, strict=True):
        tifffile.imwrite(
            tmp_path / f"v_{energy}eV.tif", volume[:3] if energy == 6550 else volume, photometric="minisblack"
        )
    with pytest.raises(ReadError, match=r"v_6550\.0eV"):
        read_stack(tmp_path)
    with pytest.raises(ReadError, match="nowhere"):
        read_stack(tmp_path / "nowhere")
    with pytest.raises(ReadError, match="read_scan"):
        read_stack(data_folder / "scan_tiny")
    stack = read_stack(tmp_path / "v_6540.0eV.tif")
    (tmp_path / "v_6540.0eV.tif").unlink()
    with pytest.raises(ReadError, match=r"v_6540\.0eV"):
        stack.data.compute()


def test_a_real_volume_needs_its_energy(data_folder):
    with pytest.raises(ReadError, match="energ"):
        read_stack(data_folder / "volumes" / "electrode.tiff")
    assert read_stack(data_folder / "volumes" / "electrode.tiff", energies=[6700]).shape == (256, 256, 256)
