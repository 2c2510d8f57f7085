"""Paragraphs of a Markdown page."""

import textwrap

__all__ = ["bullet", "paragraph"]


def paragraph(text: str, indent: str = "") -> str:
    """Wrap a paragraph of the page."""
    return textwrap.fill(text, 120, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False) + "\n" * (
        not indent
    )


def bullet(text: str) -> str:
    return paragraph("- " + text, "  ")
