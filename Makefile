# Each of these does all its own set-up: a virtual environment in .venv, and as root the few system libraries Qt needs.
PYTHON ?= python3
BIN := .venv/bin
XVFB := xvfb-run -a -s "-screen 0 1280x1024x24 +extension GLX +render -noreset"

.PHONY: demo test docs tour bench bench-reconstruction bench-spectra bench-viewer system clean help

help:
	@echo "make demo    the whole chain on a simulated scan, then napari where there is a display"
	@echo "make test    lint, types, import walls and tests"
	@echo "make docs    the documentation, in docs/_build/html"
	@echo "make tour    the pictures of docs/tutorial.md"
	@echo "make bench   the benchmarks"
	@echo "make bench-reconstruction   what docs/reconstruction_benchmark.md shows"
	@echo "make bench-spectra   what docs/spectra_benchmark.md shows"
	@echo "make bench-viewer   what docs/viewer_benchmark.md shows"

.venv/ready: pyproject.toml hatch_build.py
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[all,test]'
	touch $@

# The demo runs without the libraries (no window then); the tests need them.
demo: .venv/ready
	@sh tools/system-libraries.sh 0
	$(BIN)/spectrotomo demo --output demo_project

system:
	sh tools/system-libraries.sh

test: .venv/ready system
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(XVFB) $(BIN)/python -m pytest -n 3 --dist loadfile

.venv/docs-ready: .venv/ready
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@

docs: .venv/docs-ready
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

tour: .venv/ready system
	$(XVFB) $(BIN)/python docs/tour.py /tmp/scans

.venv/bench-ready: .venv/ready
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	touch $@

bench: .venv/bench-ready
	$(BIN)/python -m pytest benchmarks --benchmark-columns=min,median,rounds

bench-reconstruction: .venv/bench-ready
	$(BIN)/spectrotomo benchmark reconstruction --output docs/benchmark
	SPECTROTOMO_TABLES=docs/benchmark $(BIN)/python -m pytest benchmarks/test_memory.py -q -s

bench-spectra: .venv/bench-ready
	$(BIN)/spectrotomo benchmark spectra --output docs/benchmark

bench-viewer: .venv/bench-ready system
	$(XVFB) $(BIN)/python benchmarks/viewer.py --output docs/benchmark

clean:
	rm -rf .venv demo_project docs/_build
