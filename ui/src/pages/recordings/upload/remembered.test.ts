import { expect, test } from "vitest";
import { forget, recall, remember, remembered } from "./remembered";

function store(kept: Record<string, string> = {}) {
  return {
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => {
      kept[key] = value;
    },
  };
}

const flight = {
  name: "flight.mcap",
  size: 10,
  modified: 5,
  sessionId: "flight",
  sha256: "ab",
  where: "/api/uploads/u1",
};

test("a file that is chosen again is recognized, one that was changed is not", () => {
  const kept = store();
  remember(flight, kept);
  expect(recall({ name: "flight.mcap", size: 10, lastModified: 5 }, kept)).toEqual(flight);
  expect(recall({ name: "flight.mcap", size: 10, lastModified: 6 }, kept)).toBeUndefined();
});

test("the same file is remembered once, and forgotten when it is there", () => {
  const kept = store();
  remember(flight, kept);
  remember({ ...flight, where: "/api/uploads/u2" }, kept);
  expect(remembered(kept)).toHaveLength(1);
  forget({ where: "/api/uploads/u2" }, kept);
  expect(remembered(kept)).toEqual([]);
});

test("nonsense in the browser's store is nothing", () => {
  expect(remembered(store({ "pilothouse:uploads": "{" }))).toEqual([]);
  const elsewhere = JSON.stringify([{ ...flight, where: "https://evil.example/api/uploads/u1" }, 7, null]);
  expect(remembered(store({ "pilothouse:uploads": elsewhere }))).toEqual([]);
});
