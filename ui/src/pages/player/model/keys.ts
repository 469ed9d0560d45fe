import type { Player } from "./player";

/** What a key does on the page of a recording, beside moving the cursor. */
export type Wish = "trigger" | "annotate" | "field" | "copy" | "cut" | "messages" | "help" | "previous" | "next";

const ZOOM = 2;

type Key = { key: string; shiftKey: boolean };

/** Carries a key out; what the player alone cannot do is answered as a wish. Null for a key without a meaning. */
export function pressed(player: Player, { key, shiftKey }: Key): Wish | "done" | null {
  const wish = WISHES.get(key);
  if (wish !== undefined && !(shiftKey && key.startsWith("Arrow"))) return wish;
  const act = ACTS.get(shiftKey && key.startsWith("Arrow") ? `Shift ${key}` : key);
  if (act === undefined) return null;
  act(player);
  return "done";
}

const WISHES = new Map<string, Wish>([
  ["ArrowLeft", "previous"],
  ["ArrowRight", "next"],
  ["t", "trigger"],
  ["a", "annotate"],
  ["f", "field"],
  ["c", "copy"],
  ["x", "cut"],
  ["m", "messages"],
  ["?", "help"],
]);

const ACTS = new Map<string, (player: Player) => void>([
  [" ", (player) => player.toggle()],
  ["k", (player) => player.toggle()],
  ["Shift ArrowLeft", (player) => player.seek(player.state.cursor - 1)],
  ["Shift ArrowRight", (player) => player.seek(player.state.cursor + 1)],
  ["Home", (player) => player.seek(0)],
  ["End", (player) => player.seek(player.state.durationS)],
  ["+", (player) => player.zoom(ZOOM)],
  ["=", (player) => player.zoom(ZOOM)],
  ["-", (player) => player.zoom(1 / ZOOM)],
  ["0", (player) => player.showAll()],
  ["<", (player) => player.shift(-1)],
  [">", (player) => player.shift(1)],
  ["[", (player) => player.selectFrom("from")],
  ["]", (player) => player.selectFrom("to")],
  ["Escape", (player) => player.unselect()],
]);

export const SHORTCUTS: [string, string][] = [
  ["Space", "Play or pause"],
  ["← →", "To the previous or next message"],
  ["Shift ← →", "A second back or forward"],
  ["Home End", "To the beginning or the end"],
  ["< >", "Slower or faster"],
  ["t", "To the trigger"],
  ["+ −", "Zoom in or out at the cursor"],
  ["0", "Show all of it"],
  ["[ ]", "Begin or end a selection at the cursor"],
  ["Shift drag", "Select a span"],
  ["Escape", "Select nothing"],
  ["f", "Plot a field"],
  ["a", "Note something at the cursor or the selection"],
  ["m", "Look into the messages at the cursor"],
  ["c", "Copy a link to this moment"],
  ["x", "Cut out the selection, or what is shown"],
];
