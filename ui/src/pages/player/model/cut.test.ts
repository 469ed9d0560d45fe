import { expect, test } from "vitest";
import { cutHref, openedAt } from "./cut";

test("a cut names its span and its topics", () => {
  expect(cutHref("a b", { from: 1.23456789, to: 2 }, [])).toBe("/api/sessions/a%20b/cut?start=1.234568&end=2");
  expect(cutHref("a", { from: 0, to: 2 }, ["/x", "/y z"])).toBe(
    "/api/sessions/a/cut?start=0&end=2&topics=%2Fx%2C%2Fy+z",
  );
});

test("a viewer starts at the cursor, with the file's address as it was", () => {
  const file = "https://hub.example/api/links/abc/rec.mcap";
  const address = `https://app.foxglove.dev/~/view?ds=remote-file&ds.url=${encodeURIComponent(file)}&time=2026-01-01T00%3A00%3A00Z`;
  const opened = new URL(openedAt(address, "2026-11-22T10:04:22.187360Z"));
  expect(opened.searchParams.get("ds.url")).toBe(file);
  expect(opened.searchParams.get("time")).toBe("2026-11-22T10:04:22.187360Z");
  expect(opened.pathname).toBe("/~/view");
});
