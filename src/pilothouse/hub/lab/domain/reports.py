"""What JUnit and coverage reports say. They come from code that nobody vouches for, so nothing in them is expanded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from xml.parsers import expat

from pilothouse.kit.errors import Invalid
from pilothouse.wire.lab import LabCoverage, LabSummary, LabTests

MAX_REPORT_BYTES = 16 << 20
MAX_ELEMENTS = 500_000
SHOWN_FAILED = 50
SHOWN_PROBLEMS = 20
_MOST = 10**9
_COVERAGE_PY = re.compile(rb'\s*\{\s*"meta":\s*\{')


class ReportUnusable(Invalid):
    """{path} cannot be read as a report: {reason}"""


class _Reader:
    """Counts while it reads; keeps nothing else."""

    def __init__(self) -> None:
        self.root = ""
        self.tests = LabTests()
        self.coverage: LabCoverage | None = None
        self._counted = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
        self._time_s = 0.0
        self._failed: list[str] = []
        self._case = ""
        self._elements = 0
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._look_at_doctype
        self._parser.EntityDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start

    def read(self, content: bytes) -> None:
        self._parser.Parse(content, True)
        self.tests = LabTests(**self._counted, time_s=round(self._time_s, 3), failed=self._failed[:SHOWN_FAILED])

    def _refuse(self, *_declaration: object) -> None:
        raise ValueError("it declares entities or a document type of its own")

    def _look_at_doctype(self, _name: str, _system: str | None, _public: str | None, has_own: int) -> None:
        """One that stands elsewhere, as Cobertura's, is never fetched."""
        if has_own:
            self._refuse()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise ValueError("it has too many elements")
        self.root = self.root or name
        if self.root == "coverage" and name == "coverage":
            self.coverage = _coverage(attributes)
        elif name == "testcase":
            self._counted["tests"] += 1
            self._time_s += _number(attributes.get("time"))
            self._case = "::".join(part for part in (attributes.get("classname"), attributes.get("name")) if part)[:300]
        elif name in ("failure", "error"):
            self._counted["failures" if name == "failure" else "errors"] += 1
            if len(self._failed) < SHOWN_FAILED:
                self._failed.append(self._case)
        elif name == "skipped":
            self._counted["skipped"] += 1


def read_report(path: str, content: bytes) -> LabTests | LabCoverage | None:
    """What a file says if it is a report; None when it is something else. Raises ReportUnusable."""
    beginning = content[:4096]
    is_json = path.endswith(".json") and _COVERAGE_PY.match(beginning) is not None
    if not is_json and b"<testsuite" not in beginning and b"<coverage" not in beginning:
        return None
    if len(content) > MAX_REPORT_BYTES:
        raise ReportUnusable(path=path[:200], reason="it is too large")
    try:
        return _read_json(content) if is_json else _read_xml(content)
    except (expat.ExpatError, ValueError, RecursionError) as error:
        raise ReportUnusable(path=path[:200], reason=str(error)[:200]) from None


def _read_xml(content: bytes) -> LabTests | LabCoverage | None:
    reader = _Reader()
    reader.read(content)
    return reader.coverage if reader.root == "coverage" else reader.tests


def _read_json(content: bytes) -> LabCoverage:
    """What `coverage json` writes."""
    report = json.loads(content)
    totals = report.get("totals")
    if not isinstance(totals, dict):
        raise ValueError("it has no totals")
    covered, valid = (_number(str(totals.get(name))) for name in ("covered_lines", "num_statements"))
    rate = min(1.0, covered / valid) if valid else 0.0
    return LabCoverage(line_rate=round(rate, 4), lines_covered=int(covered), lines_valid=int(valid))


def added(summary: LabSummary, report: LabTests | LabCoverage) -> LabSummary:
    """A summary with one report more."""
    if isinstance(report, LabCoverage):
        return summary.model_copy(update={"coverage": report})
    before = summary.tests or LabTests()
    counted = {
        name: getattr(before, name) + getattr(report, name) for name in ("tests", "failures", "errors", "skipped")
    }
    failed = [*before.failed, *report.failed][:SHOWN_FAILED]
    tests = LabTests(**counted, time_s=round(before.time_s + report.time_s, 3), failed=failed)
    return summary.model_copy(update={"tests": tests})


def with_problems(summary: LabSummary, problems: Iterable[str]) -> LabSummary:
    found = [*dict.fromkeys([*summary.problems, *problems])][:SHOWN_PROBLEMS]
    return summary.model_copy(update={"problems": found})


def _coverage(attributes: dict[str, str]) -> LabCoverage:
    covered, valid = _number(attributes.get("lines-covered")), _number(attributes.get("lines-valid"))
    rate = _number(attributes.get("line-rate"))
    if valid and "line-rate" not in attributes:
        rate = covered / valid
    return LabCoverage(line_rate=min(1.0, rate), lines_covered=int(covered), lines_valid=int(valid))


def _number(text: str | None) -> float:
    """A finite number that is not negative; 0 for anything else."""
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return number if 0 <= number <= _MOST else 0.0
