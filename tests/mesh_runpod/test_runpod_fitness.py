"""What a worker checks: that it can compute, and that it got what was ordered."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import stamina
import torch
from typing_extensions import override

from ergomesh.mesh.backends.remote_fit import MisfitError, RemoteWorker
from ergomesh.mesh.backends.transfer import TransferError, download
from mesh_runpod.runpod_rig import MODELS

BODY = b"landmarks"
SHA256 = hashlib.sha256(BODY).hexdigest()


@contextmanager
def store_that_answers(*statuses: int) -> Iterator[tuple[str, list[str]]]:
    """Run a store that gives these answers in turn; yield its URL and what it heard."""
    left, heard = list(statuses), list[str]()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(left.pop(0))
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/landmarks", heard
        finally:
            server.shutdown()
            thread.join()


def test_a_worker_without_its_gpu_takes_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to use CUDA where there is none, it says so; on a CPU, or with one, not."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(MisfitError, match=r"no CUDA device.*\.$"):
        RemoteWorker(MODELS, "cuda").check()
    RemoteWorker(MODELS, "cpu").check()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    RemoteWorker(MODELS, "cuda").check()


def test_a_worker_without_a_body_says_where_it_looked(tmp_path: Path) -> None:
    """The models folder is named in the sentence."""
    with pytest.raises(MisfitError, match=str(tmp_path)):
        RemoteWorker(tmp_path, "cpu").check()


def test_what_was_ordered_is_what_is_fitted() -> None:
    """Other bytes, or a cut-off object, are refused, and not asked for again."""
    for sha256, size in ((SHA256, len(BODY) + 1), ("0" * 64, len(BODY))):
        with store_that_answers(200) as (url, heard):
            with pytest.raises(TransferError, match="not the ones"):
                download(url, sha256=sha256, size=size)
            assert len(heard) == 1


def test_trouble_of_the_store_is_waited_out() -> None:
    """Server errors are repeated until the object comes."""
    with (
        stamina.set_testing(True, attempts=3),
        store_that_answers(503, 500, 200) as (url, heard),
    ):
        assert download(url, sha256=SHA256, size=len(BODY)) == BODY
        assert len(heard) == 3


def test_a_url_that_has_run_out_is_told_at_once() -> None:
    """What the store refuses it will refuse again."""
    with store_that_answers(403) as (url, heard):
        with pytest.raises(TransferError, match="403"):
            download(url, sha256=SHA256, size=len(BODY))
        assert len(heard) == 1
