"""Reports of tests and of coverage, as tools write them and as somebody writes them who means harm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pilothouse.hub.lab.domain.reports import MAX_REPORT_BYTES, ReportUnusable, added, read_report
from pilothouse.wire.lab import LabCoverage, LabSummary, LabTests

REPORTS = Path(__file__).with_name("reports")
COBERTURA = b'<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'
TESTS = """
import unittest
class Rover(unittest.TestCase):
    def test_goes(self): pass
    def test_stops(self): self.fail("it does not")
    @unittest.skip("no arm")
    def test_grips(self): pass
"""


@pytest.mark.parametrize("name", ["coverage.xml", "coverage.json"])
def test_what_coverage_py_writes_is_understood(name: str) -> None:
    """Written by coverage.py 7.17 of a program of nine lines, one of which never ran."""
    found = read_report(name, (REPORTS / name).read_bytes())

    assert isinstance(found, LabCoverage)
    assert (found.lines_covered, found.lines_valid) == (8, 9)
    assert found.line_rate == pytest.approx(8 / 9, abs=1e-4)


def test_what_pytest_writes_is_understood(tmp_path: Path) -> None:
    (tmp_path / "test_rover.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, "--junitxml"]
    subprocess.run([*command, tmp_path / "junit.xml", tmp_path], check=False, capture_output=True, cwd=tmp_path)

    found = read_report("junit.xml", (tmp_path / "junit.xml").read_bytes())

    assert isinstance(found, LabTests)
    assert (found.tests, found.failures, found.errors, found.skipped) == (3, 1, 0, 1)
    assert found.failed == ["test_rover.Rover::test_stops"]


def test_a_document_type_that_stands_elsewhere_is_not_fetched_and_harms_nobody() -> None:
    found = read_report("c.xml", COBERTURA + b'<coverage line-rate="0.5" lines-covered="1" lines-valid="2"/>')

    assert found == LabCoverage(line_rate=0.5, lines_covered=1, lines_valid=2)


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("a.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>', "entities"),
        ("a.xml", b'<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><testsuite/>', "entities"),
        ("a.xml", b"<testsuite><testcase>", "no element found"),
        ("a.xml", b"<testsuite>\xff\xfe</testsuite>", "not well-formed"),
        ("a.xml", b"<testsuite>" + b"<a/>" * 500_001 + b"</testsuite>", "too many"),
        ("a.xml", b"<testsuite>" + b"<a>" * 600_000, "too many"),
        ("a.xml", b"<testsuite>" + b" " * MAX_REPORT_BYTES, "too large"),
        ("a.json", b'{"meta": {}, "totals": ' + b"[" * 200_000, "a.json"),
        ("a.json", b'{"meta": {}}', "totals"),
        ("a.json", b'{"meta": {}, "totals": {"covered_lines": ' + b"9" * 10_000 + b"}}", "a.json"),
    ],
    ids=["entity", "outside", "cut", "bytes", "many", "deep", "large", "deep json", "no totals", "long number"],
)
def test_what_somebody_writes_who_means_harm_is_not_read(path: str, content: bytes, why: str) -> None:
    with pytest.raises(ReportUnusable, match=why):
        read_report(path, content)


@pytest.mark.parametrize("said", ["nan", "inf", "-1", "1e400", "0x10", "many", "", "1" * 400])
def test_numbers_that_are_none_count_nothing(said: str) -> None:
    content = f'<coverage line-rate="{said}" lines-covered="{said}" lines-valid="{said}"/>'.encode()
    totals = f'{{"meta": {{}}, "totals": {{"covered_lines": "{said}", "num_statements": "{said}"}}}}'.encode()

    assert read_report("c.xml", content) == read_report("c.json", totals) == LabCoverage(line_rate=0)


def test_what_is_no_report_is_left_alone() -> None:
    for path, content in (("a.xml", b"<svg/>"), ("a.json", b'{"totals": {}}'), ("a.json", b"[]"), ("a.xml", b"")):
        assert read_report(path, content) is None


def test_reports_of_several_suites_count_together_and_the_last_coverage_counts() -> None:
    summary = LabSummary()
    for report in (
        LabTests(tests=2, failures=1, failed=["a"]), LabTests(tests=3, errors=1, failed=["b"]),
        LabCoverage(line_rate=0.1), LabCoverage(line_rate=0.9),
    ):  # fmt: skip
        summary = added(summary, report)

    assert summary.tests is not None
    assert summary.coverage is not None
    assert (summary.tests.tests, summary.tests.failures, summary.tests.errors) == (5, 1, 1)
    assert (summary.tests.failed, summary.coverage.line_rate) == (["a", "b"], 0.9)
