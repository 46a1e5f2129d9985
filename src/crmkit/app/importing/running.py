"""One import from its first row to its last: blocks, batches, progress.

Law: block `n` of an import is stored as the batch `what/name/n`, and a batch is stored once; so an
import that broke off is run again, and goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping

from crmkit.app.progress import ticking

from .blocks import ImportedBlock
from .intake import Entered, Intake
from .outcome import Imported
from .source import Source


def bring_in(
    source: Source,
    intake: Intake,
    chosen: Mapping[str, str],
    *,
    of: str,
    batch: str,
    all_or_nothing: bool,
    progress: bool | None,
) -> Imported:
    """Bring every row of a source in.

    Args:
        source: Where the rows come from.
        intake: What takes them.
        chosen: For each field the source's column.
        of: What is brought in: orders and customers may go under one name.
        batch: The name of the import.
        all_or_nothing: Whether nothing is stored when any row is refused, and all of it in one
            block when none is.
        progress: Whether a bar is shown; None for where somebody can see it.
    """
    rows, since, number, name = 0, 0, 1, f"{of}/{batch}"
    rejected, entered = [], Entered()
    with ticking(of, source.unit, source.total, shown=progress) as tick:
        for chunk in source.chunks(chosen):
            rejected += intake.take(chunk)
            count = len(chunk.rows) + len(chunk.unread)
            rows, since = rows + count, since + count
            if since >= intake.block and not all_or_nothing:
                entered += _enter(intake, f"{name}/{number}", whole=False)
                since, number = 0, number + 1
            tick(chunk.done)
        if all_or_nothing and rejected:
            entered += intake.settle()
        else:
            entered += _enter(intake, f"{name}/{number}", whole=all_or_nothing)
    return Imported(
        batch=batch,
        rows=rows,
        records=entered.records,
        already=entered.already,
        withheld=intake.waiting,
        rejected=tuple(sorted((*rejected, *entered.rejected), key=lambda one: one.row)),
        ignored=tuple(name for name in source.names if name not in chosen.values()),
    )


def _enter(intake: Intake, id: str, *, whole: bool) -> Entered:
    if not intake.waiting:
        return Entered()
    block = ImportedBlock(id=id, rows=intake.waiting, digest=intake.digest())
    return intake.enter(block, whole=whole)
