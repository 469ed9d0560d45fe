import { expect, test } from "vitest";
import { FramePainter } from "./frame-painter";

function painting() {
  const open = new Set<string>();
  let made = 0;
  const urls = {
    createObjectURL: () => {
      made += 1;
      open.add(`blob:${made}`);
      return `blob:${made}`;
    },
    revokeObjectURL: (url: string) => void open.delete(url),
  };
  const image = { src: "", onload: null as (() => void) | null, onerror: null as (() => void) | null };
  const painter = new FramePainter(image as unknown as HTMLImageElement, urls);
  return { painter, image, open, made: () => made };
}

const jpeg = (number: number) => new Uint8Array([255, 216, number]);

test("a frame's URL is revoked as soon as it is decoded", () => {
  const { painter, image, open } = painting();
  painter.paint(jpeg(1));
  expect(open.size).toBe(1);
  image.onload?.();
  expect(open.size).toBe(0);
});

test("frames that come while one is decoded give way to the newest", () => {
  const { painter, image, open, made } = painting();
  for (const number of [1, 2, 3, 4]) painter.paint(jpeg(number));
  expect(made()).toBe(1);
  image.onload?.();
  expect([made(), open.size, image.src]).toEqual([2, 1, "blob:2"]);
});

test("a frame that is shown is not shown again, and a broken one stops nothing", () => {
  const { painter, image, made } = painting();
  const one = jpeg(1);
  painter.paint(one);
  image.onerror?.();
  painter.paint(one);
  painter.paint(jpeg(2));
  expect(made()).toBe(2);
});

test("a camera that is shown no more leaves no URL", () => {
  const { painter, open } = painting();
  painter.paint(jpeg(1));
  painter.paint(jpeg(2));
  painter.end();
  expect(open.size).toBe(0);
});
