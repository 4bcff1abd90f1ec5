"""A survey of an image set as a table, and as a plot of its sizes and formats."""

from __future__ import annotations

import os
from collections import Counter

from matplotlib.figure import Figure
from rich.table import Table

from fastseq.doctor.survey import Survey
from fastseq.errors import BadSample
from fastseq.status import Status, describe

_IN_COMMAND = {"strict=False": "--lenient", 'strict="whole"': "leaving out --strict", "strict=True": "--strict"}
_MAX_BARS = 12  # formats and statuses; the rest share one bar


def status_table(found: Survey) -> Table:
    """Return a rich table of the statuses found, the most frequent first. It names options of `fastseq check`."""
    table = Table("status", "files", "what it is", "what to do")
    table.columns[1].justify = "right"
    counts = Counter((sample.status, _remedy(sample)) for sample in found.log)
    table.add_row("good", f"{found.samples - len(found.log):,}", "", "")
    for (status, remedy), count in counts.most_common():
        table.add_row(status.name, f"{count:,}", describe(status), remedy)
    return table


def _remedy(sample: BadSample) -> str:
    text = sample.remedy
    for setting, option in _IN_COMMAND.items():
        text = text.replace(setting, option)
    return text


def save_plot(found: Survey, path: str | os.PathLike[str]) -> None:
    """Save a PNG that shows each image's size as a point, and the number of files per format and status.

    Raises:
        OSError: if the file cannot be written.
    """
    figure = Figure(figsize=(11, 5), layout="tight")
    sizes, bars = figure.subplots(1, 2)
    if found.sizes:
        widths, heights = zip(*found.sizes, strict=True)
        sizes.scatter(widths, heights, s=9, alpha=0.35, linewidths=0)
        sizes.set(xscale="log", yscale="log")
    sizes.set(xlabel="width, pixels", ylabel="height, pixels", title=f"{len(found.sizes):,} image sizes")
    counts = Counter(found.formats)
    counts.update(bad.status.name for bad in found.bad)
    shown = counts.most_common(_MAX_BARS)
    shown += [("others", counts.total() - sum(n for _, n in shown))] * (len(counts) > _MAX_BARS)
    statuses = set(Status.__members__)
    names = [name for name, _ in shown]
    drawn = bars.barh(names, [n for _, n in shown], color=["tab:red" if n in statuses else "tab:blue" for n in names])
    bars.bar_label(drawn, padding=3, fmt="{:,.0f}")
    bars.invert_yaxis()
    bars.set(xscale="symlog", title="formats (blue) and bad files (red)")
    bars.margins(x=0.2)
    figure.savefig(path, format="png")
