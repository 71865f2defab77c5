"""What a person sees and says: the proposal as a table, the question, and the account of every row afterwards."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable

import duckdb

from .proposal import Proposal, is_of_use, links, sheet_names
from .reading import UnreadableError
from .recognise import Column
from .seeds import PERSONAL, figures, names_of, targets
from .write import Written

_SHOWN = 8
QUESTION = (
    "Take this? y, n, a change such as 7=events.delivered (7=- for nothing), or ? for what a column can be: "
)


def proposal_lines(proposal: Proposal) -> list[str]:
    """The sheets, and every column with what it is taken for, how surely and why."""
    lines = [f"{proposal.path.name}:"]
    for read in proposal.sheets:
        if read.left_out:
            lines.append(f"  sheet {read.sheet.name}: not read: {read.left_out}")
    lines += [f"  {remark}" for remark in [*proposal.remarks, *links(proposal)]]
    number = 0
    for table in proposal.tables:
        header = proposal.sheets[table.sheets[0]].header
        assert header is not None
        at = f"{header.first}" if header.first == header.last else f"{header.first} to {header.last}"
        use = table.name if is_of_use(table) else "not used: no column is an order's number or a waybill"
        lines += ["", f"sheet {sheet_names(proposal, table)} ({use}), header in row {at}"]
        rows = [("#", "column", "is taken for", "sure", "why")]
        for column in table.columns:
            number += 1
            taken = column.taken
            said = taken.name if taken else "-" if not column.target else f"({column.target}?)"
            sure = f"{column.sureness:.0%}" if column.target else ""
            why = column.why + (f"; e.g. {column.values.examples[0]}" if _may_show(column) else "")
            rows.append((str(number), column.name, said, sure, why))
        lines += _aligned(rows)
    return lines


def ask(proposal: Proposal, answer: Callable[[str], str], say: Callable[[str], object]) -> bool:
    """Asks until the proposal is taken or not; changes are made on the way."""
    while True:
        said = answer(QUESTION).strip()
        if said.lower() in ("y", "yes", "是", "n", "no", "否"):
            return said.lower() in ("y", "yes", "是")
        if said == "?":
            for target in targets().values():
                say(f"  {target.name:<34} {target.title}")
        elif "=" in said:
            try:
                proposal.change(said)
            except UnreadableError as error:
                say(str(error))
            else:
                say("\n".join(proposal_lines(proposal)))


def missing_lines(proposal: Proposal) -> list[str]:
    """Why nothing can be counted, and what was seen instead."""
    lines = ["This workbook cannot be counted yet. It lacks:"]
    for what in proposal.missing():
        target = next((target for target in targets().values() if target.title in what), None)
        named = f": a column such as {' or '.join(names_of(target.name))}" if target else ""
        lines.append(f"  {what}{named}")
    unsure = [
        f"{column.name} may be {column.target} ({column.sureness:.0%})"
        for _, column in proposal.columns
        if column.target and not column.taken
    ]
    if unsure:
        lines.append("  not sure enough to be taken unasked: " + "; ".join(unsure))
    for table in proposal.tables:
        seen = ", ".join(table.names[:12])
        lines.append(f"  sheet {sheet_names(proposal, table)} has the columns {seen}")
    lines.append("Rename a header, or say which column it is: make import FILE=… SET='7=orders.placed_at'")
    return lines


def account_lines(written: Written, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Where every row of the workbook went, from the published file's own account of its loads."""
    lines = ["Every row of the workbook:"]
    proposal = written.understood.proposal
    loads = connection.execute(
        """
        select table_name, sum(rows_read), sum(rows_accepted), sum(rows_quarantined), sum(rows_duplicate)
        from meta.loads where run_id = (select run_id from meta.run) group by table_name
        """
    ).fetchall()
    by_table = {row[0]: tuple(map(int, row[1:])) for row in loads}
    for table in written.understood.tables:
        sheets = {proposal.sheets[number].sheet.name for number in table.sheets}
        left = [row for row in written.left_out if row.sheet in sheets]
        read, accepted, quarantined, duplicate = by_table.get(table.name, (0, 0, 0, 0))
        total = sum(proposal.sheets[number].sheet.height for number in table.sheets)
        lines.append(
            f"  {', '.join(sorted(sheets))}: {total:,} rows = {accepted:,} accepted + {quarantined:,} quarantined"
            f" + {duplicate:,} duplicate + {len(left):,} that are no data"
        )
        if total != read + len(left) or read != accepted + quarantined + duplicate:
            lines.append(f"    THIS DOES NOT ADD UP: {read:,} rows were read; please report it")
        for what, count in Counter(row.what for row in left).items():
            rows = [str(row.row) for row in left if row.what == what]
            lines.append(f"    {what}: {count:,}, row {_some(rows)}")
    refused = connection.execute(
        "select file, record, reason from meta.quarantine order by file, record limit $1", [_SHOWN + 1]
    ).fetchall()
    for file, record, reason in refused[:_SHOWN]:
        why = reason.removeprefix(f"Row {record}: ")
        lines.append(f"    quarantined: sheet {written.sheets.get(file, file)}, row {record}: {why}")
    if len(refused) > _SHOWN:
        lines.append("    … and more: make sql SQL='from meta.quarantine' with the PROFILE below")
    lines += [f"  {remark}" for remark in written.remarks]
    return lines


def figure_lines(written: Written, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What could be computed, what could not, and which column would unlock it."""
    can, cannot = [], []
    for figure in figures():
        lacking = [need for need in figure.needs if not written.understood.has(*need)]
        if not lacking:
            can.append(figure.name)
            continue
        wanted = "; ".join(
            f"{' or '.join(targets()[target].title for target in need[:3])} (as {' / '.join(names_of(need[0]))})"
            for need in lacking
        )
        cannot.append(
            f"  {figure.name}: needs {wanted}" + (f". Without it: {figure.without}" if figure.without else "")
        )
    lines = ["Computed: " + ", ".join(can) + "."]
    lines += ["Not computed, and the column that would unlock it:", *cannot] if cannot else []
    row = connection.execute(
        """
        select count(*), median(days), quantile_cont(days, 0.9)
        from (
            select date_diff('minute', placed_at, signed_at) / 1440.0 as days from marts.fct_orders
            where signed_at is not null
        )
        """
    ).fetchone()
    if row and row[0]:
        exact = " (days without times: whole days)" if written.understood.are_all_days else ""
        lines.append(
            f"From order to signature: half of {row[0]:,} signed orders within {row[1]:.1f} days,"
            f" nine in ten within {row[2]:.1f}{exact}."
        )
    return lines


def _may_show(column: Column) -> bool:
    return bool(column.values.examples) and not (column.taken and column.taken.name == PERSONAL)


def _some(items: list[str]) -> str:
    return ", ".join(items[:_SHOWN]) + (
        f" and {len(items) - _SHOWN:,} more (left_out.csv)" if len(items) > _SHOWN else ""
    )


def _aligned(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows as columns; a Chinese character is two wide."""
    rows = list(rows)
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)][:-1]
    return [
        "  "
        + "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False))
        + f"  {row[-1]}"
        for row in rows
    ]


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in cell)
