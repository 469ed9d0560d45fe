import { useDebouncedValue } from "@mantine/hooks";
import { useMemo } from "react";
import { type Tile, tileFor } from "../model/refine";
import { usePlayer } from "../playing";
import { useStack } from "../timeline/stack";

const SETTLED_MS = 120;

/** The window to ask for, once zooming has come to rest. */
export function useTile(): Tile {
  const { width } = useStack();
  const view = usePlayer((state) => state.view);
  const durationS = usePlayer((state) => state.durationS);
  const tile = useMemo(() => tileFor(view, durationS, width), [view, durationS, width]);
  const [settled] = useDebouncedValue(JSON.stringify(tile), SETTLED_MS);
  return useMemo(() => JSON.parse(settled) as Tile, [settled]);
}
