"""Our own solver as a program: the same bits on any threads, stopped at once, small, indifferent to how arrays lie."""

import os
import subprocess
import sys
import threading
import tracemalloc

import dask
import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.errors import Aborted
from napari_spectrotomo.register import mask_overlap, register_pair


@pytest.fixture(scope="module")
def pair(body, moved, motion):
    """A fixed and a moving mask."""
    return body > 0.4, moved(body, motion("affine", body.shape, 0))


def record(found):
    return found.matrix.tobytes(), found.uncertainty, found.mse_after, found.iterations


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_the_result_does_not_depend_on_the_number_of_threads(pair, salted, noise):
    fixed, moving = pair[0], salted(pair[1], noise)
    found = []
    for threads in (1, 2, 5, 5):
        with dask.config.set(num_workers=threads):
            found.append(record(register_pair(fixed, moving)))
    assert found[1:] == found[:-1]


TWO_AT_ONCE = """
import sys, threading
import numpy as np
from napari_spectrotomo.register import register_pair

masks = np.load(sys.argv[1])
alone = register_pair(masks["fixed"], masks["moving"]).matrix
found = {}
start = threading.Barrier(2)

def work(name, kind):
    start.wait()
    found[name] = [register_pair(masks["fixed"], masks["moving"], kind).matrix for _ in range(3)]

threads = [threading.Thread(target=work, args=(name, "affine")) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == 2
assert all(np.array_equal(matrix, alone) for matrices in found.values() for matrix in matrices)
"""


def test_two_threads_may_register_at_once_under_the_workqueue_layer(pair, tmp_path):
    np.savez(tmp_path / "masks.npz", fixed=pair[0], moving=pair[1])
    done = subprocess.run(
        [sys.executable, "-c", TWO_AT_ONCE, str(tmp_path / "masks.npz")],
        env=os.environ | {"NUMBA_THREADING_LAYER": "workqueue"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_every_level_is_reported_up_to_the_last(pair):
    said = []
    register_pair(*pair, progress=said.append)
    assert [report.done for report in said] == list(range(1, len(said) + 1))
    assert {report.total for report in said} == {len(said)}
    assert len(said) >= 3
    assert all(report.message and report.stage == "register" for report in said)


def test_an_abort_after_the_first_level_keeps_what_was_reached(pair, motion, error):
    abort, said = threading.Event(), []

    def stop(report):
        said.append(report)
        abort.set()

    found = register_pair(*pair, progress=stop, abort=abort)
    assert found.status == "aborted"
    assert len(said) == 1
    assert found.iterations > 0
    truth = motion("affine", pair[0].shape, 0)
    assert error(found.matrix, truth, pair[0]) < 0.5 * error(np.eye(4), truth, pair[0])


def test_an_abort_set_before_stops_at_once(pair):
    abort, said = threading.Event(), []
    abort.set()
    found = register_pair(*pair, progress=said.append, abort=abort)
    assert (found.status, found.iterations, said) == ("aborted", 0, [])


def test_it_takes_less_memory_than_three_float32_volumes(body, moved, motion):
    large = ndi.zoom(body, 128 / 48, order=1)
    fixed, moving = large > 0.4, moved(large, motion("affine", large.shape, 0))
    register_pair(fixed, moving)
    tracemalloc.start()
    try:
        register_pair(fixed, moving)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * 4 * large.size


def test_how_an_array_lies_in_memory_does_not_matter(pair):
    fixed, moving = pair
    expected = record(register_pair(fixed, moving))
    still = fixed.copy()
    still.flags.writeable = False
    strided = np.repeat(moving, 2, axis=2)[:, :, ::2]
    for one, other in (
        (still, moving),
        (np.asfortranarray(fixed), strided),
        (fixed[::-1].copy()[::-1], moving.astype(np.uint8) * np.uint8(255)),
        (fixed.astype(np.int32), moving.astype(np.float32)),
    ):
        assert record(register_pair(one, other)) == expected
    assert np.array_equal(still, fixed)


def compared(fixed, moving, matrix):
    """Compare two masks as the definition says, by scipy."""
    padded = np.pad(moving.astype(float), 1)
    shift = matrix.copy()
    shift[:-1, -1] += 1
    there = ndi.affine_transform(padded, shift, output_shape=fixed.shape, order=1, mode="constant")
    hard = there >= 0.5
    total = hard.sum() + fixed.sum()
    return np.mean((there - fixed) ** 2), 2 * (hard & fixed).sum() / total if total else 1.0


@pytest.mark.parametrize("axes", [3, 2])
@pytest.mark.parametrize("kind", ["translation", "rigid", "affine"])
def test_mse_and_dice_are_what_scipy_gives(body, picture, motion, axes, kind):
    mask = (body if axes == 3 else picture) > 0.4
    cut = mask[5:, : mask.shape[1] // 2 + 4]
    for seed in range(3):
        matrix = motion(kind, mask.shape, seed, shift=9)
        for fixed, moving in ((mask, mask), (mask, cut), (cut, mask)):
            mse, dice = compared(fixed, moving, matrix)
            for one, other in ((fixed, moving), (fixed.astype(np.uint8), moving * np.uint8(255))):
                found = mask_overlap(one, other, matrix)
                assert found.mse == pytest.approx(mse, rel=1e-9)
                assert found.dice == pytest.approx(dice, abs=2e-4)


def test_masks_of_two_shapes_are_compared_where_they_lie(body):
    mask = body > 0.4
    assert mask_overlap(mask, mask[:30, :, :20]) == pytest.approx(compared(mask, mask[:30, :, :20], np.eye(4)))
    assert mask_overlap(mask, mask) == (0, 1)


def test_the_comparison_of_two_masks_can_be_stopped_too():
    stop = threading.Event()
    stop.set()
    mask = np.zeros((12, 12, 12), bool)
    mask[4:8, 4:8, 4:8] = True
    shift = np.eye(4)
    shift[0, 3] = 0.5
    with pytest.raises(Aborted):
        mask_overlap(mask, mask, shift, abort=stop)
