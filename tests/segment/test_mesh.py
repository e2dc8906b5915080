"""Meshes, read back by the formats' own definitions."""

import numpy as np
import pytest

import napari_spectrotomo as st

KINDS = {"float": "<f4", "uchar": "u1", "int": "<i4"}


def ball(**keywords):
    grid = np.indices((16, 18, 20)).astype(float) - np.array([8, 9, 10])[:, None, None, None]
    body = np.sum(grid**2, axis=0) < 36
    return st.particle_surface(body, values=6550.0 + grid[2], voxel_size=(20.0, 10.0, 10.0), **keywords)


def red_to_blue(share):
    return np.stack([1 - share, np.zeros_like(share), share, np.ones_like(share)], axis=1)


def read_ply(path):
    header, _, body = path.read_bytes().partition(b"end_header\n")
    lines = header.decode("ascii").splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    counts = {w[1]: int(w[2]) for w in map(str.split, lines) if w[0] == "element"}
    columns = [(w[2], KINDS[w[1]]) for w in map(str.split, lines) if w[0] == "property" and w[1] != "list"]
    vertices = np.frombuffer(body, columns, counts["vertex"])
    faces = np.frombuffer(body, [("n", "u1"), ("at", "<i4", 3)], counts["face"], vertices.nbytes)
    assert len(body) == vertices.nbytes + faces.nbytes
    return vertices, faces


def test_a_ply_holds_the_surface_its_edge_energies_and_their_colours(tmp_path):
    surface = ball()
    vertices, faces = read_ply(
        st.write_mesh(surface, tmp_path / "p.ply", colormap=red_to_blue, limits=(6545, 6555), unit="µm")
    )
    for axis, k in zip("xyz", (2, 1, 0), strict=True):
        assert vertices[axis] == pytest.approx(surface.vertices[:, k] / 1000)
    assert np.array_equal(vertices["edge_energy"], surface.values)
    assert np.array_equal(faces["at"], surface.faces)
    assert np.all(faces["n"] == 3)
    blue = np.round(255 * np.clip((surface.values - 6545) / 10, 0, 1))
    assert np.abs(vertices["blue"].astype(float) - blue).max() <= 1
    assert np.all(vertices["green"] == 0)


def test_a_corner_without_a_value_is_grey_and_its_value_unknown(tmp_path):
    surface = ball()
    surface.values[0] = np.nan
    vertices, _ = read_ply(st.write_mesh(surface, tmp_path / "p.ply", colormap=red_to_blue))
    assert vertices[["red", "green", "blue"]][0].tolist() == (150, 150, 150)
    assert np.isnan(vertices["edge_energy"][0])


def test_an_stl_has_normals_that_point_outward_and_colours_in_15_bits(tmp_path):
    path = st.write_mesh(ball(), tmp_path / "p.stl", colormap=red_to_blue, limits=(6550, 6550.1))
    raw = path.read_bytes()
    n = int.from_bytes(raw[80:84], "little")
    assert len(raw) == 84 + 50 * n
    assert not raw.startswith(b"solid")  # or it would be taken for text
    table = np.frombuffer(raw, [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("color", "<u2")], n, 84)
    assert np.all(table["color"] >> 15)
    outward = table["corners"].mean(axis=1) - np.array([100.0, 90.0, 160.0])
    assert np.mean(np.einsum("ij,ij->i", table["normal"], outward) > 0) > 0.99
    right = table["color"][outward[:, 0] > 20] & 31
    left = table["color"][outward[:, 0] < -20] >> 10 & 31
    assert right.min() == left.min() == 31


def test_a_surface_without_a_map_is_written_without_colours(tmp_path):
    bare = st.particle_surface(np.ones((3, 3, 3), bool))
    vertices, _ = read_ply(st.write_mesh(bare, tmp_path / "p.ply", unit="voxel"))
    assert vertices.dtype.names == ("x", "y", "z")
    with pytest.raises(st.DataError, match="no values"):
        st.write_mesh(bare, tmp_path / "q.ply", colormap=red_to_blue)
    assert not (tmp_path / "q.ply").exists()


@pytest.mark.parametrize(
    ("name", "keywords", "words"), [("p.obj", {}, "ply or .stl"), ("p.ply", {"unit": "mm"}, "'mm'")]
)
def test_another_kind_of_mesh_is_refused_in_words(tmp_path, name, keywords, words):
    with pytest.raises(st.ParameterError, match=words):
        st.write_mesh(ball(), tmp_path / name, **keywords)


def test_a_mesh_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(st.SpectrotomoError, match="cannot be written"):
        st.write_mesh(ball(), tmp_path / "nowhere" / "p.ply")
