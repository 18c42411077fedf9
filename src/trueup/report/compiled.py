"""Templates as Python made of them, kept in `__pycache__` as Python keeps modules."""

import sys
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, FileSystemBytecodeCache


class Compiled(FileSystemBytecodeCache):
    """
    Compiled templates of a folder: a third of a short run was spent to compile them again.

    Each is checked against the text of its template. Where nothing can be kept, as in a package
    that somebody else installed, it is compiled every time.
    """

    def __init__(self, folder: Path) -> None:
        kept = f"%s.jinja2-{jinja2.__version__}.{sys.implementation.cache_tag}"
        super().__init__(str(folder / "__pycache__"), kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one; a disk that refuses costs time and nothing else."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)
