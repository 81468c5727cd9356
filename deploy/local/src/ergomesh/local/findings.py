"""What ``ergomesh doctor`` found, and how it is shown (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one part."""

    part: str
    ok: bool
    detail: str
    """What was found, in plain words."""
    advice: str = ""
    """What to do about it; empty when nothing has to be done."""


def all_well(findings: Sequence[Finding]) -> bool:
    """Whether every part works."""
    return all(finding.ok for finding in findings)


def findings_table(findings: Sequence[Finding]) -> Table:
    """Return a row for each part: ✓ or ✗, what was found, what to do."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark = Text("✓", style="green") if finding.ok else Text("✗", style="red")
        text = Text(finding.detail)
        if finding.advice:
            text.append(f"\n→ {finding.advice}", style="yellow")
        table.add_row(mark, finding.part, text)
    return table


def verdict(findings: Sequence[Finding]) -> str:
    """Return the last line."""
    wrong = [finding.part for finding in findings if not finding.ok]
    if not wrong:
        return "Everything works."
    return f"{len(wrong)} of {len(findings)} parts do not work: {', '.join(wrong)}."
