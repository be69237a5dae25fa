"""The runner's side of archspec's process protocol.

A runner is called as ``python runner.py FOLDER``. The folder holds ``request.json`` and
``tensors.safetensors``; the runner writes ``response.json`` and one ``<task>.safetensors`` per
task there, and a line of JSON on standard output as each task begins and ends. What a request
and a response hold is described in :mod:`archspec_runner.protocol`.
"""

from .protocol import Mismatch, Request, Task, load_class
from .recorder import Recorder
from .serve import Computed, Session, serve
from .trace import traced

__all__ = [
    "Computed",
    "Mismatch",
    "Recorder",
    "Request",
    "Session",
    "Task",
    "load_class",
    "serve",
    "traced",
]
