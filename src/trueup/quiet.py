"""Silence around an author's code, which may print what is nobody's business."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout


@contextmanager
def quiet() -> Iterator[None]:
    """
    Drop what is printed and warned of meanwhile: it may hold a row, a setting or a secret.

    It is the whole process that is silent, so nobody else may have something to say then.
    """
    with (
        warnings.catch_warnings(),
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
