import { expect, test } from "vitest";
import { Player } from "./player";

test("playing goes at its speed and pauses at the end", () => {
  const player = new Player(10, { cursor: 8 });
  player.setSpeed(2);
  player.play();
  player.advance(0.5);
  expect(player.state.cursor).toBe(9);
  player.advance(2);
  expect(player.state).toMatchObject({ cursor: 10, isPlaying: false });
});

test("playing at the end begins again", () => {
  const player = new Player(10, { cursor: 10 });
  player.play();
  expect(player.state).toMatchObject({ cursor: 0, isPlaying: true });
});

test("nothing moves while it is paused", () => {
  const player = new Player(10, { cursor: 3 });
  player.advance(5);
  expect(player.state.cursor).toBe(3);
});

test("speeds end at a quarter and at sixteen", () => {
  const player = new Player(10);
  for (let press = 0; press < 9; press += 1) player.shift(1);
  expect(player.state.speed).toBe(16);
  for (let press = 0; press < 9; press += 1) player.shift(-1);
  expect(player.state.speed).toBe(0.25);
});

test("the window turns its page when playing leaves it", () => {
  const player = new Player(100, { cursor: 19, view: { from: 10, to: 20 } });
  player.play();
  player.advance(2);
  expect(player.state.view.from).toBeCloseTo(20);
  expect(player.state.cursor).toBe(21);
});

test("a selection is made from either end", () => {
  const player = new Player(100, { cursor: 40 });
  player.selectFrom("from");
  expect(player.state.selection).toEqual({ from: 40, to: 100 });
  player.seek(60);
  player.selectFrom("to");
  expect(player.state.selection).toEqual({ from: 40, to: 60 });
  player.seek(80);
  player.selectFrom("from");
  expect(player.state.selection).toEqual({ from: 80, to: 100 });
  player.select(5, 5);
  expect(player.state.selection).toBeNull();
});

test("listeners hear only of what changed", () => {
  const player = new Player(100);
  let heard = 0;
  const end = player.subscribe(() => {
    heard += 1;
  });
  player.seek(5);
  player.seek(5);
  player.showAll();
  end();
  player.seek(9);
  expect(heard).toBe(1);
});
