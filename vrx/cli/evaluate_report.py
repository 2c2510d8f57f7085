"""The report of ``vrx evaluate``: one HTML file that needs nothing beside it."""

import base64
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from vrx.cli import evaluate_notes, evaluate_table, pictures, storing

if TYPE_CHECKING:
    from vrx.evaluation import Comparison

__all__ = ["html"]

STYLE = """
:root { color-scheme: light dark; --ink: #1c1d20; --dim: #5d6168; --line: #d9dbdf; --page: #fff; --best: #e7f0ff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e4e6; --dim: #a0a4ab; --line: #3a3d43; --page: #17181b; --best: #1f3350; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); margin: 0 auto;
  max-width: 66rem; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p, li { overflow-wrap: anywhere; }
.dim, figcaption, li { color: var(--dim); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; font-size: .9rem; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
td.best { background: var(--best); font-weight: 600; }
figure { margin: 1.2rem 0; }
figure img { width: 100%; height: auto; }
pre { border: 1px solid var(--line); padding: .7rem; overflow-x: auto; border-radius: 4px; }
"""


def html(found: "Comparison", notes: Sequence[str], panels: "Sequence[pictures.Panel]", title: str) -> str:
    """The whole page: table, footnotes, pictures, notes, and how to come by the same figures."""
    first, second = evaluate_table.head(found, title)
    command = storing.command()
    seen = "".join(f"<li>{escape(name)} {escape(version)}</li>" for name, version in evaluate_table.versions().items())
    task = found.task
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}: models compared</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{escape(title)}: models compared</h1>
<p>{escape(first)}<br>{escape(second)}</p>
<div class="wide">{_table(found)}</div>
<ul>{_items([line.replace("* best", "shaded: best") for line in evaluate_notes.footnotes(found)])}</ul>
<h2>Pictures</h2>
{"".join(map(_figure, panels))}
<h2>Notes</h2>
<ul>{_items(notes)}</ul>
<h2>How to come by these figures</h2>
<pre>{escape(command)}</pre>
<p class="dim">{len(task.dates):,} rows from {task.dates[0]} to {task.dates[-1]}; seed {found.seed} of networks and
bootstrap; networks keep their bits on one machine, one torch and one thread count.</p>
<ul>{seen}</ul>
</body>
</html>
"""


def _table(found: "Comparison") -> str:
    names, rows = evaluate_table.cells(found)
    top = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>"
        + "".join(f'<td class="best">{escape(text)}</td>' if best else f"<td>{escape(text)}</td>" for text, best in row)
        + "</tr>\n"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead>\n<tbody>{body}</tbody></table>"


def _items(lines: Sequence[str]) -> str:
    return "".join(f"<li>{escape(line)}</li>\n" for line in lines)


def _figure(panel: "pictures.Panel") -> str:
    """A picture for a light page and one for a dark page; the browser shows the one that fits."""
    light, dark = (
        f"data:image/png;base64,{base64.b64encode(pictures.png(panel, dark=dark)).decode()}" for dark in (False, True)
    )
    return (
        f'<figure><picture><source srcset="{dark}" media="(prefers-color-scheme: dark)">'
        f'<img src="{light}" alt="{escape(panel.title, quote=True)}"></picture>'
        f"<figcaption>{escape(panel.title)}</figcaption></figure>\n"
    )
