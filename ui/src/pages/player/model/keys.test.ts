import { expect, test } from "vitest";
import { pressed, SHORTCUTS } from "./keys";
import { Player } from "./player";

const press = (player: Player, key: string, shiftKey = false) => pressed(player, { key, shiftKey });

test("keys play, zoom and select", () => {
  const player = new Player(100, { cursor: 50 });
  expect(press(player, " ")).toBe("done");
  expect(player.state.isPlaying).toBe(true);
  press(player, "+");
  expect(player.state.view).toEqual({ from: 25, to: 75 });
  press(player, "0");
  press(player, "ArrowRight", true);
  press(player, "[");
  expect(player.state.selection).toEqual({ from: 51, to: 100 });
  press(player, "Escape");
  expect(player.state.selection).toBeNull();
});

test("what the player cannot do alone is a wish", () => {
  const player = new Player(100);
  expect(["ArrowLeft", "t", "a", "f", "c", "x", "m", "?"].map((key) => press(player, key))).toEqual([
    "previous",
    "trigger",
    "annotate",
    "field",
    "copy",
    "cut",
    "messages",
    "help",
  ]);
  expect(press(player, "q")).toBeNull();
});

test("every single key that is told of means something", () => {
  const keys = SHORTCUTS.flatMap(([keys]) => keys.split(" ")).filter((key) => key.length === 1 && !/[←→−]/.test(key));
  expect(keys.length).toBeGreaterThan(8);
  for (const key of keys) expect([key, press(new Player(10), key)]).not.toEqual([key, null]);
});
