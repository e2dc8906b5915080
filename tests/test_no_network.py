"""Nothing listens and nothing is called: a scan is processed without a network."""

import os
import subprocess
import sys
from pathlib import Path

import napari_spectrotomo

CHAIN = """
import socket, sys

def trap(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto") or event == "socket.bind":
        raise SystemExit(f"{event} {args[1:]}")

def listen(self, *_):
    raise SystemExit("listen")

sys.addaudithook(trap)
socket.socket.listen = listen
import napari_spectrotomo as st

scan, _ = st.simulate_scan(rows=16, columns=24, n_angles=21, energies=(6480.0, 6510.0, 6530.0, 6548.0, 6554.0, 6620.0, 6710.0))
st.write_scan(scan, sys.argv[1] + "/scan", format="fxi")
project = st.run(sys.argv[1] + "/scan", sys.argv[1] + "/out", {"report": {"renderings": False}}, threads=1)
print(project.state("report"))
try:
    socket.socket().bind(("127.0.0.1", 0))
except SystemExit:
    print("and the trap works")
"""


def test_a_run_from_scan_to_report_needs_no_network_and_listens_nowhere(tmp_path):
    done = subprocess.run([sys.executable, "-c", CHAIN, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[-3:-1] == ["done", "and the trap works"], done.stderr[-2000:]


def test_no_module_opens_a_socket():
    package = Path(os.path.dirname(napari_spectrotomo.__file__))
    words = (
        "import socket",
        "http.server",
        "socketserver",
        "urllib.request",
        "import requests",
        "QTcpServer",
        "QLocalServer",
    )
    texts = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    assert not [(path.name, word) for path, text in texts.items() for word in words if word in text]
