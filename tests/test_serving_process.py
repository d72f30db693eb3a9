"""The service as a process, with a trained model."""

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
import torch
from served import response

from asynclab.serving.torch_model import WIDTH, TorchModel, sample, train

PATH = "/v1/models/digits:predict"
SECONDS = 120.0  # more than any start takes; no test depends on it


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a trained version v1, and how good it is."""
    folder = tmp_path_factory.mktemp("models")
    return folder, train(folder, "v1")


def test_the_model_is_trained_on_generated_data_and_tells_the_classes_apart(trained):
    folder, right = trained
    rows, classes = sample(500, torch.Generator().manual_seed(7))
    results = TorchModel.load(folder, "v1").predict(rows.tolist())

    told = [result["class"] for result in results]
    assert right > 0.9
    assert sum(one == other for one, other in zip(told, classes.tolist(), strict=True)) > 450


@pytest.mark.parametrize("version", ["v2", "", ".", "../v1", "v1.pt", "a/b"])
def test_a_version_that_is_not_there_is_a_key_error(trained, version):
    with pytest.raises(KeyError):
        TorchModel.load(trained[0], version)


def test_a_file_that_holds_code_is_refused_before_any_of_it_runs(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "was here"),)

    torch.save(Evil(), tmp_path / "v1.pt")
    with pytest.raises(pickle.UnpicklingError):
        TorchModel.load(tmp_path, "v1")
    assert not (tmp_path / "was here").exists()


@contextmanager
def process(*options):
    """The service's process, its port, and what it says at its end."""
    command = [sys.executable, "-m", "asynclab.serving", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started, json.loads(started.stdout.readline())["port"]
        finally:
            started.kill()


async def ask(port, row):
    body = json.dumps({"row": row})
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    status, _, said = await response(reader)
    writer.close()
    return status, json.loads(said)


def test_the_process_serves_the_trained_model_and_a_sigterm_ends_it(trained):
    with process("--models", str(trained[0]), "--budget", "60") as (started, port):
        status, said = asyncio.run(ask(port, [0.0] * WIDTH))
        started.send_signal(signal.SIGTERM)
        drained = json.loads(started.stdout.readline())

        assert (status, said["model_version"], set(said["result"])) == (200, "v1", {"class", "probability"})
        assert drained == {"answered": 0, "cut": 0}
        assert started.wait(SECONDS) == 0


def test_what_was_accepted_before_a_sigterm_is_answered():
    async def ask_and_end(started, port):
        asked = [asyncio.create_task(ask(port, [float(row)] * WIDTH)) for row in range(40)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        started.send_signal(signal.SIGTERM)
        return await asyncio.gather(*asked, return_exceptions=True)

    with process("--budget", "60") as (started, port):
        answers = asyncio.run(ask_and_end(started, port))
        drained = json.loads(started.stdout.readline())
        assert started.wait(SECONDS) == 0

    assert drained["cut"] == 0
    statuses = [answer[0] for answer in answers if isinstance(answer, tuple)]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 1 + drained["answered"]
