import { expect, test } from "vitest";
import { PLAIN, plainOf, spansOf, styleAfter } from "./sgr";

const ESC = "\x1b";

test("a line without colours is one plain span", () => {
  expect(spansOf("hello")).toEqual({ spans: [{ text: "hello", style: PLAIN }], style: PLAIN });
  expect(spansOf("").spans).toEqual([]);
});

test("colours and weights become spans, and go on in the next line", () => {
  const { spans, style } = spansOf(`a${ESC}[1;31mb${ESC}[0mc${ESC}[92md`);
  expect(spans).toEqual([
    { text: "a", style: {} },
    { text: "b", style: { bold: true, colour: 1 } },
    { text: "c", style: {} },
    { text: "d", style: { colour: 10 } },
  ]);
  expect(spansOf("e", style).spans).toEqual([{ text: "e", style: { colour: 10 } }]);
  expect(styleAfter(`x${ESC}[4my`, PLAIN)).toEqual({ underline: true });
});

test("colours of 256 and of 24 bits are understood, with semicolons or colons", () => {
  expect(styleAfter(`${ESC}[38;5;196;48;5;238m`, PLAIN)).toEqual({ colour: "#ff0000", ground: "#444444" });
  expect(styleAfter(`${ESC}[38;2;1;2;300m`, PLAIN)).toEqual({ colour: "#0102ff" });
  expect(styleAfter(`${ESC}[38:5:3m`, PLAIN)).toEqual({ colour: 3 });
  expect(styleAfter(`${ESC}[39m`, { colour: 3, bold: true })).toEqual({ bold: true, colour: undefined });
});

test("what moves cursors, names windows or makes links is left out", () => {
  expect(plainOf(`${ESC}[2K${ESC}[1Ga${ESC}]0;title\x07b${ESC}]8;;http://x${ESC}\\c${ESC}(Bd`)).toBe("abcd");
  expect(plainOf("a\x07b\x00c\u202ed")).toBe("abcd");
});

test("a line that rewrote itself shows what stood there last", () => {
  expect(plainOf("10 %\r50 %\r100 %\r")).toBe("100 %");
  expect(plainOf(`${ESC}[31m1\r${ESC}[32m2`)).toBe("2");
  expect(plainOf(`${ESC}[31mold ${ESC}[32mone\rnew`)).toBe("new");
});

test("markup stays text", () => {
  expect(plainOf("<img src=x onerror=alert(1)>")).toBe("<img src=x onerror=alert(1)>");
});

test("broken sequences neither hang nor throw", () => {
  for (const line of [`${ESC}[`, `${ESC}[38;5m`, `${ESC}[999;;;;m x`, `${ESC}]0;never ends`, `${ESC}${ESC}[m`]) {
    expect(() => spansOf(line)).not.toThrow();
  }
});
