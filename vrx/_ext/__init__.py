"""Compiled kernels: they compute, and check sizes only; the modules of vrx ask and answer. They import none of vrx."""
