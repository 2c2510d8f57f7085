"""Compiles the kernels of vrx._ext; everything else about the package stands in pyproject.toml."""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

# VRX_BOUNDS_CHECK=1 builds the kernels with bounds checks, for hunting a crash or for a paranoid test run.
CHECKED = os.environ.get("VRX_BOUNDS_CHECK") == "1"

DIRECTIVES = {
    "language_level": "3",
    "boundscheck": CHECKED,
    "wraparound": CHECKED,
    "initializedcheck": CHECKED,
    "cdivision": True,
    "embedsignature": True,
    "freethreading_compatible": True,
}

# Wheels must run on any machine of the architecture, and NaN must stay NaN: neither -march=native nor -ffast-math.
# On arm64 gcc and clang would fuse multiplications with additions, which round once, not twice: the bits of a result
# would then depend on the machine. Since nothing here catches floating-point traps, the compiler may vectorise a choice
# between two results. Without the debugging symbols that Python's own flags ask for, a kernel has a fifth of the size.
FLAGS = ["/O2"] if os.name == "nt" else ["-O3", "-ffp-contract=off", "-fno-trapping-math", "-g0"]


def kernel(pyx: Path) -> Extension:
    """One extension module; `depends` is what brings the .pyx into the sdist."""
    sources = [pyx.as_posix(), *(pxd.as_posix() for pxd in sorted(pyx.parent.glob("*.pxd")))]
    return Extension(f"vrx._ext.{pyx.stem}", [pyx.as_posix()], depends=sources, extra_compile_args=FLAGS)


setup(
    ext_modules=cythonize(
        [kernel(pyx) for pyx in sorted(Path("vrx/_ext").glob("*.pyx"))],
        build_dir="build",
        compiler_directives=DIRECTIVES,
        force=CHECKED,
    )
)
