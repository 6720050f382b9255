"""The rows of the report, and the two files that it becomes."""
import dataclasses
import json
import os


@dataclasses.dataclass
class Row:
    """One comparison. The ratio is ours / rival, whatever is better; the bar says which way."""
    row: str
    ours: float
    rival: float
    rival_name: str
    bar: str = ""      # ">= 0.90", "<= 1.15", or none: told for information
    unit: str = "/s"
    spread: float = 0  # the larger of the two, see rounds.spread
    note: str = ""
    ratio: float = 0
    meets: bool | None = None

    def __post_init__(self):
        self.ratio = self.ours / self.rival if self.rival else float(self.ours == 0)
        if self.bar:
            way, bound = self.bar.split()
            self.meets = self.ratio >= float(bound) if way == ">=" else self.ratio <= float(bound)


def number(amount):
    if amount >= 1000:
        return f"{amount:,.0f}"
    return f"{amount:.3g}"


def table(rows):
    lines = ["| row | ours | rival | | ratio | bar | meets | spread | |", "|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        meets = {None: "", True: "yes", False: "**no**"}[row.meets]
        lines.append(f"| {row.row} | {number(row.ours)} {row.unit} | {number(row.rival)} {row.unit} | {row.rival_name} "
                     f"| {row.ratio:.2f} | {row.bar} | {meets} | ±{row.spread:.0%} | {row.note} |")
    return "\n".join(lines)


def write(folder, rows, facts):
    os.makedirs(folder, exist_ok=True)
    missed = [row.row for row in rows if row.meets is False]
    with open(os.path.join(folder, "bench.json"), "w", encoding="utf-8") as file:
        json.dump([dataclasses.asdict(row) for row in rows], file, indent=1)
        file.write("\n")
    with open(os.path.join(folder, "bench.md"), "w", encoding="utf-8") as file:
        file.write("# Curfew, measured side by side\n\nEach row is medians of interleaved rounds and their ratio, ours to "
                   "the rival's. Spread is half of the rounds' range, the larger of the two sides'.\n\n")
        file.write(table(rows) + "\n\n")
        told = "; ".join(missed) if missed else "nothing"
        file.write(f"Below its bar: {told}.\n\n## Settings\n\n")
        for name, content in facts.items():
            file.write(f"- {name}: {content}\n")
