/** JUnit reports as tables; whatever a report holds becomes text. */

export type Outcome = "passed" | "failed" | "error" | "skipped";

export type TestCase = {
  suite: string;
  name: string;
  outcome: Outcome;
  seconds: number | null;
  message: string;
  details: string;
};

const BAD: Record<Outcome, number> = { error: 0, failed: 1, skipped: 2, passed: 3 };

/** The cases of a report, what failed first; null where it is none. */
export function junitCases(xml: string): TestCase[] | null {
  const document = new DOMParser().parseFromString(xml, "application/xml");
  if (document.querySelector("parsererror") !== null) return null;
  const root = document.documentElement?.localName;
  if (root !== "testsuites" && root !== "testsuite") return null;
  const cases = [...document.querySelectorAll("testcase")].map(caseOf);
  return cases.sort((one, other) => BAD[one.outcome] - BAD[other.outcome]);
}

function caseOf(element: Element): TestCase {
  const outcomes: [string, Outcome][] = [
    ["error", "error"],
    ["failure", "failed"],
    ["skipped", "skipped"],
  ];
  const found = outcomes
    .map(([tag, outcome]) => ({ child: childOf(element, tag), outcome }))
    .find(({ child }) => child !== undefined);
  const seconds = Number.parseFloat(element.getAttribute("time") ?? "");
  return {
    suite: element.getAttribute("classname") ?? element.parentElement?.getAttribute("name") ?? "",
    name: element.getAttribute("name") ?? "",
    outcome: found?.outcome ?? "passed",
    seconds: Number.isFinite(seconds) ? seconds : null,
    message: found?.child?.getAttribute("message") ?? "",
    details: (found?.child?.textContent ?? "").trim(),
  };
}

function childOf(element: Element, tag: string): Element | undefined {
  return [...element.children].find((child) => child.localName === tag);
}

export function isBad({ outcome }: TestCase): boolean {
  return outcome === "failed" || outcome === "error";
}

export function totalsOf(cases: readonly TestCase[]): Record<Outcome, number> {
  const totals: Record<Outcome, number> = { passed: 0, failed: 0, error: 0, skipped: 0 };
  for (const { outcome } of cases) totals[outcome] += 1;
  return totals;
}
