// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { junitCases, totalsOf } from "./junit";
import { asText, imageType, kindOf } from "./preview";

const REPORT = `<?xml version="1.0"?><testsuites><testsuite name="brake">
<testcase classname="test_brake" name="stops" time="0.31"/>
<testcase classname="test_brake" name="last &lt;b&gt;window" time="0.6"><failure message="9.4 &gt; 9">trace\nback</failure></testcase>
<testcase name="hot"><skipped message="no thermometer"/></testcase>
<testcase classname="x" name="broken"><error>boom</error></testcase>
</testsuite></testsuites>`;

test("a report becomes a table with what failed first", () => {
  const cases = junitCases(REPORT) ?? [];
  expect(cases.map(({ name, outcome }) => [name, outcome])).toEqual([
    ["broken", "error"],
    ["last <b>window", "failed"],
    ["hot", "skipped"],
    ["stops", "passed"],
  ]);
  expect(cases[1]).toMatchObject({ seconds: 0.6, message: "9.4 > 9", details: "trace\nback" });
  expect(cases[2]).toMatchObject({ suite: "brake", seconds: null });
  expect(totalsOf(cases)).toEqual({ passed: 1, failed: 1, error: 1, skipped: 1 });
});

test("a failure is found however late it stands in a report", () => {
  const passed = Array.from({ length: 6_000 }, (_, number) => `<testcase name="t${number}"/>`).join("");
  const cases = junitCases(`<testsuite>${passed}<testcase name="late"><failure/></testcase></testsuite>`) ?? [];
  expect(cases).toHaveLength(6_001);
  expect(cases[0]).toMatchObject({ name: "late", outcome: "failed" });
});

test("what is no report is none", () => {
  expect(junitCases("<coverage line-rate='1'/>")).toBeNull();
  expect(junitCases("<testsuites>")).toBeNull();
});

test("artifacts are shown by their names", () => {
  expect(["a.PNG", "r/junit.xml", "x.log", "core"].map(kindOf)).toEqual(["image", "xml", "text", "other"]);
  expect(imageType("plots/speed.jpeg")).toBe("image/jpeg");
});

test("bytes that are no text are not shown as text", () => {
  expect(asText(new TextEncoder().encode("grün\n"))).toBe("grün\n");
  expect(asText(new Uint8Array([255, 254]))).toBeNull();
  expect(asText(new Uint8Array([97, 0]))).toBeNull();
});
