"""`python -m tests.unit.search.files`: write what `sweepd check` says of each file beside it, and
the table of docs/sweep-files.md. Read the changes before you commit them."""

from pathlib import Path

import yaml

from sweepd.domain.errors import BadInput
from sweepd.domain.sweeps import count_text, expected_runs
from sweepd.search.grammar.early_terminate import TYPES
from sweepd.services.sweeps import edits, specs

HERE = Path(__file__).parent
DOCS = Path(__file__).parents[4] / "docs" / "sweep-files.md"


def judge(path: Path) -> dict[str, object]:
    """The outcome of one file: refused with its problems, or its warnings and number of runs."""
    text = path.read_text()
    try:
        spec = specs.parse(text)
    except BadInput as error:
        # A rule that is new changes no file here.
        told = str(error).replace(", ".join(TYPES), ", ".join(TYPES[:3]))
        return {"refused": told}
    n_runs = expected_runs(edits.count_configs(spec, text), spec.run_cap)
    return {
        "runs": "no end" if n_runs is None else count_text(n_runs),
        "kinds": {parameter.name: parameter.kind for parameter in spec.space.parameters},
        "warnings": list(spec.warnings),
    }


def table() -> str:
    """A line for each file: whether it runs, and how many warnings its user reads."""
    lines = ["| file | outcome | warnings |", "|---|---|---|"]
    for path in sorted(HERE.glob("*.yaml")):
        found = yaml.safe_load(path.with_suffix(".expected").read_text())
        outcome = "refused" if "refused" in found else f"runs: {found['runs']}"
        lines.append(f"| {path.stem} | {outcome} | {len(found.get('warnings', []))} |")
    return "\n".join(lines) + "\n"


HEAD = """# What is said of a sweep file

Each file of [tests/unit/search/files](../tests/unit/search/files) is read in the tests, and what
`sweepd check` says of it stands beside it as `.expected`: the problems for which it is refused, or
how many runs it makes and its warnings. One warning stands for all that is odd about one parameter,
and one for all unknown keys; what is understood without doubt has none. The table is written by
`python -m tests.unit.search.files`.

"""

if __name__ == "__main__":
    for file in sorted(HERE.glob("*.yaml")):
        said = yaml.safe_dump(judge(file), sort_keys=False, width=10_000, allow_unicode=True)
        file.with_suffix(".expected").write_text(said)
    DOCS.write_text(HEAD + table())
