"""Rules tried on recordings: begun, left, found again, and what they found."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.visitors import PHONE, serious_findings
from tests.ui.conftest import Demo, Visit

pytestmark = pytest.mark.timeout(300)


def test_rules_are_tried_on_a_recording_and_each_firing_leads_to_its_moment(demo: Demo, visit: Visit) -> None:
    flight = demo.incident["session_ids"][0]
    visitor = visit()
    page = visitor.page(f"/recordings#{flight}")
    page.get_by_role("region", name="The chosen recordings").get_by_role("link", name="Try rules").click()
    expect(page.get_by_text(f"1 chosen recording: {flight}")).to_be_visible()
    rules = page.get_by_role("textbox", name="One in each line")
    rules.fill("{no rule")
    expect(page.get_by_text("This line is no JSON")).to_be_visible()
    rules.fill("/speed.data >")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("alert")).to_contain_text("rule_unusable")
    rules.fill("/speed.data > 9\n/speed.data > 500")
    page.get_by_role("button", name="Try them").click()

    # It goes on while another page is looked at, and is found again.
    expect(page.get_by_role("heading", level=1)).to_have_text("/speed.data > 9, /speed.data > 500")
    page.get_by_role("link", name="Backtests").click()
    row = page.get_by_role("row").filter(has_text="/speed.data > 500").first
    expect(row).to_contain_text("1 of 1 recording")
    expect(row).to_contain_text("1 firing")
    assert serious_findings(page) == []
    row.get_by_role("link").click()
    expect(page.get_by_role("img", name=re.compile("^Measured from"))).to_be_visible()
    expect(page.get_by_role("listitem")).to_contain_text(re.compile(r"9\.\d+ > 9"))
    assert serious_findings(page) == []

    page.get_by_role("listitem").locator("a time").click()
    expect(page.get_by_test_id("value /speed.data")).to_have_text(re.compile(r"^9\."))
    expect(page).to_have_url(re.compile(f"/recordings/{flight}"))
    visitor.complaints[:] = [one for one in visitor.complaints if "422" not in one]


def test_a_rule_that_fired_is_tried_again_from_a_phone(visit: Visit) -> None:
    visitor = visit(viewport=PHONE)
    page = visitor.page('/recordings/backtests/new?rule=["%2Fspeed.data %3E 8"]&label=nobody has this')
    expect(page.get_by_role("textbox", name="One in each line")).to_have_value("/speed.data > 8")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing_to_test")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
    visitor.complaints[:] = [one for one in visitor.complaints if "422" not in one]
