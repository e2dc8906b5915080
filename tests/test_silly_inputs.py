"""Whatever is handed to a public function, it answers with a sentence that says what is wrong, never with a bare error."""

import dask.array as da
import numpy as np
import pytest
import tifffile

import napari_spectrotomo as st
from napari_spectrotomo.io import ReadParameters
from napari_spectrotomo.preprocess import leave_out
from napari_spectrotomo.register import mask_overlap
from napari_spectrotomo.segment import load_labels, load_masks

ENERGIES = [6500.0, 6600.0]
VIEWS = [np.full((3, 4, 5), 2, np.uint16)] * 2
FLATS = [np.full((2, 4, 5), 9, np.uint16)] * 2
GRID = np.arange(6450.0, 6750.0, 5.0)
MU = 0.5 + np.arctan((GRID - 6550) / 3) / np.pi


def scan(**change):
    return st.Scan.from_arrays(**{"projections": VIEWS, "energies": ENERGIES, "angles": [0.0, 60.0, 120.0]} | change)


def stack(shape=(2, 3, 4, 5), energies=ENERGIES, voxel_size=None):
    return st.EnergyStack.from_arrays(np.zeros(shape, np.float32), energies, voxel_size)


@pytest.fixture(scope="module")
def ball():
    z, y, x = np.mgrid[:12, :14, :16]
    return ((z - 6) / 4) ** 2 + ((y - 7) / 5) ** 2 + ((x - 8) / 6) ** 2 < 1


@pytest.fixture(scope="module")
def registered(ball):
    return st.register(np.stack([ball, ball]), transform="translation", energies=ENERGIES, voxel_size=30.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"flats": FLATS[:1]}, "1 sets of flats do not fit 2 energies"),
        ({"darks": FLATS * 2}, "4 sets of darks do not fit 2 energies"),
        ({"flats": 5}, "list with one array an energy; found 5"),
        ({"flats": np.ones((2, 2, 4, 4))}, "flats have 4 x 4 pixels"),
        ({"flats": FLATS, "flat_positions": [[0, 3]]}, "1 sets of flat positions"),
        ({"flats": FLATS, "flat_positions": [[0, 3], [0]]}, "one position for every flat"),
        ({"flats": FLATS, "flat_positions": [[0, 3], [0, 0.5]]}, "whole number"),
        ({"flats": FLATS, "flat_positions": 4}, "found 4"),
        ({"projections": [["a", "b"]] * 2}, "projections must be numbers"),
        ({"projections": [[[1, 2], [3]]] * 2}, "different lengths"),
        ({"projections": None}, "None"),
        ({"energies": ["a", "b"]}, "energies must be numbers"),
        ({"energies": None}, "energies must be numbers"),
        ({"energies": [6.5, 6.6]}, "look like keV"),
        ({"energies": []}, "one energy or more"),
        ({"angles": 3.0}, "1 angles for 3 projections"),
        ({"angles": "0, 60, 120"}, "angles must be numbers"),
        ({"angles": None}, "angles must be numbers"),
        ({"angles": [[0, 60, 120]]}, "1 lists of angles"),
        ({"pixel_size": "30 nm"}, "pixel sizes must be numbers"),
        ({"pixel_size": [30.0] * 3}, "3 pixel sizes do not fit"),
        ({"exposure": "long"}, "exposures must be numbers"),
        ({"metadata": "mine"}, "Metadata are a dict"),
    ],
)
def test_a_scan_of_arrays_that_cannot_be_is_refused(change, words):
    with pytest.raises(st.DataError, match=words):
        scan(**change)


def test_a_scan_takes_lists_one_array_for_all_and_lazy_arrays():
    made = scan(
        projections=[v.tolist() for v in VIEWS],
        flats=np.stack(FLATS),
        darks=[da.from_array(f) for f in FLATS],
        energies=np.array(ENERGIES, np.float32),
        flat_positions=[[0, 3], [0, 3]],
        pixel_size=np.float32(30),
    )
    np.testing.assert_array_equal(made.projections[1].compute(), VIEWS[1])
    assert made.flats[0].shape == (2, 4, 5)
    assert st.Scan.from_arrays([VIEWS[0][0].tolist()], 6500, 12.0).angles[0].tolist() == [12.0]


@pytest.mark.parametrize("indices", [[9], [-3], [0.5], ["a"], None])
def test_energies_that_are_not_there_are_not_selected(indices):
    with pytest.raises(st.DataError, match=r"There is no energy|must be numbers"):
        scan().select(indices)


@pytest.mark.parametrize(
    ("volumes", "energies", "size", "words"),
    [
        ([], [], None, "one volume or more"),
        (np.zeros((2, 3, 4, 5)), ENERGIES, (30.0, 30.0), "voxel size is one positive number"),
        (np.zeros((2, 3, 4, 5)), ENERGIES, "30", "voxel sizes must be numbers"),
        (np.zeros((2, 3, 4, 5)), ENERGIES, -1, "positive"),
        (np.zeros((2, 3, 4, 5)), [6.5, 6.6], None, "look like keV"),
        (np.zeros((2, 3, 4, 5)), ["a", "b"], None, "energies must be numbers"),
        (None, ENERGIES, None, "volumes must be numbers"),
        (5.0, ENERGIES, None, "four axes"),
        (["a", "b"], ENERGIES, None, "volumes must be numbers"),
    ],
)
def test_a_stack_of_arrays_that_cannot_be_is_refused(volumes, energies, size, words):
    with pytest.raises(st.DataError, match=words):
        st.EnergyStack.from_arrays(volumes, energies, size)


def test_a_stack_takes_nested_lists():
    made = st.EnergyStack.from_arrays([[[[1.0, 2.0]]], [[[3.0, 4.0]]]], ENERGIES)
    assert made.data.compute()[1].tolist() == [[[3.0, 4.0]]]


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory):
    path = tmp_path_factory.mktemp("scan")
    st.write_scan(scan(flats=FLATS), path)
    tifffile.imwrite(path.parent / "open.tif", np.full((4, 5), 7, np.uint16))
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"path": None}, "named by its path"),
        ({"path": 5}, "named by its path"),
        ({"path": [None]}, "named by its path"),
        ({"angles": "no-such-file.txt"}, "no-such-file.txt"),
        ({"angles": "0"}, "no such file"),
        ({"pixel_size": "x"}, "pixel sizes must be numbers"),
        ({"pixel_size": [1.0, 2.0, 3.0]}, "pixel size is one positive number"),
        ({"energies": ["a"]}, "energies must be numbers"),
        ({"energies": [6.5, 6.6]}, "keV"),
        ({"flats": 5, "override": ["flats"]}, "flats"),
        ({"flats": ["a", 5], "override": ["flats"]}, "flats"),
        ({"darks": 5}, "darks"),
        ({"darks": [VIEWS[0]]}, "1 sets of darks"),
        ({"override": 5}, "override"),
        ({"override": "energy"}, "override"),
    ],
)
def test_what_read_scan_cannot_take_is_said(on_disk, change, words):
    with pytest.raises(st.SpectrotomoError, match=words):
        st.read_scan(**{"path": on_disk} | change)


def test_angles_come_from_a_text_file_too(on_disk, tmp_path):
    listing = tmp_path / "theta.txt"
    np.savetxt(listing, [1.0, 61.0, 121.0])
    found = st.read_scan(on_disk, angles=listing, override=["angles"])
    assert found.angles[1].tolist() == [1.0, 61.0, 121.0]
    assert str(listing) in found.metadata["files"]


def test_flats_are_named_in_the_recipe(on_disk):
    path = str(on_disk.parent / "open.tif")
    chosen = ReadParameters(flats=path, override=("flats",))
    found = st.read_scan(on_disk, flats=chosen.flats, darks=chosen.darks, override=chosen.override)
    assert found.flats[0].compute().tolist() == np.full((1, 4, 5), 7).tolist()
    assert path in found.metadata["files"]


@pytest.mark.parametrize("path", [None, 5, [3]])
@pytest.mark.parametrize("function", [st.read_stack, st.read_references])
def test_what_names_no_file_is_refused(function, path):
    with pytest.raises(st.ReadError, match="named by its path"):
        function(path)


def test_only_a_scan_is_written_into_a_folder(tmp_path):
    with pytest.raises(st.DataError, match="write_scan takes Scan"):
        st.write_scan(stack(), tmp_path)
    with pytest.raises(st.ReadError, match="named by its path"):
        st.write_scan(scan(), None)
    with pytest.raises(st.ParameterError, match="written as"):
        st.write_scan(scan(), tmp_path, format=["fxi"])


@pytest.mark.parametrize("exclude", [5, "x", [1, 2], [None]])
def test_exclusions_that_are_none_are_refused(exclude):
    for function in (st.correct, leave_out):
        with pytest.raises(st.ParameterError, match="exclude"):
            function(scan(flats=FLATS), exclude)


def test_a_simulation_takes_its_own_parameters_only():
    with pytest.raises(st.ParameterError, match="simulate_scan takes SimulateParameters"):
        st.simulate_scan(5)


def test_stages_of_projections_refuse_a_stack():
    for function in (st.correct, st.find_center, st.reconstruct):
        with pytest.raises(st.DataError, match="takes Scan, not EnergyStack"):
            function(stack())


@pytest.mark.parametrize("center", [["a"], "left", None, [[1.0], [2.0]]])
def test_a_rotation_axis_that_is_no_number_is_refused(center):
    with pytest.raises(st.ParameterError, match=r"center|rotation axes"):
        st.reconstruct(scan(kind="optical_density"), center=center)


@pytest.mark.parametrize("fixed", [None, "x", 2])
def test_a_fixed_energy_that_is_not_there_is_refused(fixed):
    turn = scan(projections=[np.ones((8, 4, 5))] * 2, angles=np.arange(8) * 22.5, kind="optical_density")
    with pytest.raises(st.ReconstructionError, match="to be the fixed one"):
        st.reconstruct(turn, center=2.0, fixed=fixed)


@pytest.mark.parametrize(
    "change", [{"region": [1, 2]}, {"region": "ab"}, {"region": [(0, 1), (2,)]}, {"stack": ["a"]}, {"stack": None}]
)
def test_what_binarize_cannot_take_is_said(change):
    with pytest.raises(st.SpectrotomoError, match=r"region|volumes must be numbers"):
        st.binarize(**{"stack": stack()} | change)


def test_binarize_takes_lists(ball):
    grey = np.where(ball, 5.0, 1.0)
    assert np.array_equal(st.binarize([grey.tolist()], sigma=0)[0].compute(), ball)


def test_own_labels_are_read_and_not_passed_over(ball, tmp_path):
    labels = np.where(ball, 7, 0).astype(np.uint16)
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    assert np.array_equal(st.label_particles(ball, labels=str(tmp_path / "labels.tif")), labels)
    with pytest.raises(st.ReadError, match="no file of labels"):
        st.label_particles(ball, labels=str(tmp_path / "nope.tif"))


@pytest.mark.parametrize("path", [None, 5, ["own.tif"]])
def test_own_shapes_are_named_by_a_path(path):
    for function in (load_labels, load_masks):
        with pytest.raises(st.ReadError, match="named by its path"):
            function(path, (3, 4, 5))


def test_unknown_voxels_of_own_masks_are_background(ball, tmp_path):
    own = np.where(ball, 1, np.nan).astype(np.float32)
    tifffile.imwrite(tmp_path / "own.tif", own)
    masks = st.binarize(np.zeros((2, *ball.shape)), masks=str(tmp_path / "own.tif"))
    assert np.array_equal(masks.compute(), np.stack([ball, ball]))
    assert np.array_equal(st.label_particles(own) > 0, ball)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda b: st.register_pair(b, b, spacing="x"), "spacings must be numbers"),
        (lambda b: st.register_pair(b, b, spacing=[1, 2]), "spacing is one positive number"),
        (lambda b: st.register_pair(b, None), "moving mask must be numbers"),
        (lambda b: st.register_pair(b, b[0]), "2 or 3 axes"),
        (lambda b: st.register([b, b], energies=["a", "b"]), "energies must be numbers"),
        (lambda b: st.register([b, b], energies=[6500.0]), "1 energies do not fit"),
        (lambda b: st.register([b, b], voxel_size=(1, 2)), "voxel size"),
        (lambda b: st.register(None), "must be numbers"),
        (lambda b: st.register(3.0), "four axes"),
        (lambda b: mask_overlap(b, b[0]), "2 or 3 axes"),
        (lambda b: mask_overlap(b, b, np.eye(3)), "4 x 4 matrix"),
        (lambda b: mask_overlap(b, b, "x"), "matrix must be numbers"),
        (lambda b: st.load_registration(None), "cannot be read"),
    ],
)
def test_what_registration_cannot_take_is_said(ball, function, words):
    with pytest.raises(st.RegistrationError, match=words):
        function(ball)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (np.zeros((2, 12, 14, 16)), "applied to an EnergyStack, not to ndarray"),
        (stack((2, 12, 14, 17)), "shape"),
        (stack((3, 12, 14, 16), [6500, 6600, 6700]), "3 energies"),
        (stack((2, 12, 14, 16), [6500, 6601]), "another scan's"),
        (stack((2, 12, 14, 16), voxel_size=60.0), "another grid"),
    ],
)
def test_a_registration_is_applied_to_its_own_stack_only(registered, other, words):
    with pytest.raises(st.RegistrationError, match=words):
        registered.apply(other)


def test_a_registration_that_cannot_be_written_leaves_nothing(registered, tmp_path):
    with pytest.raises(st.RegistrationError, match="cannot be written"):
        registered.save(tmp_path / "nowhere" / "registration.json")
    registered.save(tmp_path / "registration.json")
    assert [p.name for p in tmp_path.iterdir()] == ["registration.json"]


@pytest.mark.parametrize("window", [5, "ab", [1, 2, 3], [None, 1], (np.nan, 5)])
@pytest.mark.parametrize("name", ["pre", "post"])
@pytest.mark.parametrize("function", [st.normalize_spectra, st.edge_energy_of])
def test_a_window_that_is_none_is_refused(function, name, window):
    with pytest.raises(st.ParameterError, match=name):
        function(GRID, MU, **{name: window})


@pytest.mark.parametrize("change", [{"nnorm": 9}, {"nnorm": -1}, {"nnorm": "x"}, {"e0": "x"}, {"e0": -5.0}])
def test_what_normalisation_cannot_do_is_refused(change):
    with pytest.raises(st.ParameterError, match=f"normalize_spectra.{next(iter(change))}"):
        st.normalize_spectra(GRID, MU, **change)


@pytest.mark.parametrize(
    ("energies", "mu", "words"),
    [(["a"] * len(GRID), MU, "energies must be numbers"), (GRID, ["a"] * len(GRID), "spectra must be numbers")],
)
def test_spectra_that_are_no_numbers_are_refused(energies, mu, words):
    for function in (st.normalize_spectra, st.edge_energy_of):
        with pytest.raises(st.DataError, match=words):
            function(energies, mu)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda: st.canny_contours(np.zeros((4, 4)), sigma=None), "smoothing"),
        (lambda: st.canny_contours("abc"), "pixels must be numbers"),
        (lambda: st.squared_difference(None), "volumes must be numbers"),
        (lambda: st.squared_difference(stack(), fixed="x"), "index"),
        (lambda: st.particle_statistics(None, np.ones((3, 4, 5), int)), "EdgeMap"),
        (lambda: st.roi_spectrum(None, np.ones((3, 4, 5))), "volumes must be numbers"),
        (lambda: st.roi_spectrum(stack(), None), "mask must be numbers"),
        (lambda: st.roi_spectrum(stack(), np.full((3, 4, 5), np.nan)), "holds no voxel"),
        (lambda: st.edge_energy(np.zeros((9, 3, 4, 5))), "takes EnergyStack, not ndarray"),
    ],
)
def test_what_is_judged_must_be_there(function, words):
    with pytest.raises(st.DataError, match=words):
        function()
