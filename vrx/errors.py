"""The errors of vrx.

Every error that vrx raises on purpose is a :class:`VrxError`; its message is one line that says what is wrong,
where, and what cures it. The command line prints that line and exits with the class's ``exit_code``::

    VrxError              1   anything that vrx refuses
    ├── InputError        2   the series or an argument is wrong (also a ValueError)
    ├── ModelFileError    3   the model file is damaged, forged or not a vrx model (also a ValueError)
    ├── MissingExtraError 1   an optional package is needed; the message names the install (also an ImportError)
    └── TrainingError     1   training cannot start, continue or converge
"""

import importlib
from types import ModuleType

__all__ = ["InputError", "MissingExtraError", "ModelFileError", "TrainingError", "VrxError", "require"]


class VrxError(Exception):
    """Anything that vrx refuses."""

    exit_code = 1


class InputError(VrxError, ValueError):
    """The series or an argument is wrong; the message names the row, the column, the value and the cure."""

    exit_code = 2


class ModelFileError(VrxError, ValueError):
    """The model file is damaged, forged or not a vrx model."""

    exit_code = 3


class MissingExtraError(VrxError, ImportError):
    """An optional package is needed; the message names the install."""


class TrainingError(VrxError):
    """Training cannot start, continue or converge."""


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """Import an optional package, or say which extra of vrx brings it.

    Parameters
    ----------
    module
        The module to import, such as ``"matplotlib.pyplot"``.
    extra
        The extra of vrx that installs it, such as ``"research"``.
    purpose
        What it is needed for, as the start of a sentence: ``"a plot"``.

    Raises
    ------
    MissingExtraError
        The package is not installed. A package that is installed but broken raises its own error.

    Examples
    --------
    >>> require("math", "research", "a square root").sqrt(4.0)
    2.0
    >>> require("no_such_package", "research", "a plot")
    Traceback (most recent call last):
    ...
    vrx.errors.MissingExtraError: a plot needs no_such_package: pip install "vrx[research]"
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        raise MissingExtraError(f'{purpose} needs {top}: pip install "vrx[{extra}]"') from None
