"""The demo's scan from projections to report; the stages' seconds stand in its run.json."""

import json

import pytest

from napari_spectrotomo import run, write_scan


@pytest.mark.benchmark(group="the whole chain")
def test_demo_scan(benchmark, simulated, tmp_path):
    scan = tmp_path / "scan"
    scan.mkdir()
    write_scan(simulated[0], scan, format="fxi")
    benchmark.pedantic(run, (scan, tmp_path / "project"), rounds=1)
    stages = json.loads((tmp_path / "project" / "run.json").read_text())["stages"]
    benchmark.extra_info.update({name: stage["seconds"] for name, stage in stages.items()})
    print({name: stage["seconds"] for name, stage in stages.items()})
