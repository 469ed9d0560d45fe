import { expect, test } from "vitest";
import { browserOf } from "./browser";

test("browsers are called as people call them", () => {
  const chrome =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";
  expect(browserOf(chrome)).toBe("Chrome 150 on Linux");
  expect(browserOf(`${chrome} Edg/150.0`)).toBe("Edge 150 on Linux");
  const safari = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/19.1 Safari/605";
  expect(browserOf(safari)).toBe("Safari 19 on macOS");
  expect(browserOf("curl/8.9")).toBe("curl/8.9");
});
