import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Model } from "~/api/client";
import type { Player, PlayerState } from "./model/player";

/** One recording that is being looked at. */
export type Playing = {
  recording: Model<"Recording">;
  /** The moment its times are counted from, Unix nanoseconds. */
  startNs: bigint;
  player: Player;
};

const PlayingContext = createContext<Playing | null>(null);

export function PlayingProvider({ value, children }: { value: Playing; children: ReactNode }) {
  return <PlayingContext value={value}>{children}</PlayingContext>;
}

export function usePlaying(): Playing {
  const playing = useContext(PlayingContext);
  if (playing === null) throw new Error("not within a PlayingProvider");
  return playing;
}

/** A part of the player's state; what asks for little is drawn again seldom. */
export function usePlayer<Part>(select: (state: PlayerState) => Part): Part {
  const { player } = usePlaying();
  return useSyncExternalStore(player.subscribe, () => select(player.state));
}

/** The cursor at most once per `everyMs`, and always where it came to rest: for what must be asked of the hub. */
export function useCalmCursor(everyMs: number): number {
  const { player } = usePlaying();
  const [calm, setCalm] = useState(player.state.cursor);
  const last = useRef(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const follow = () => {
      timer ??= setTimeout(
        () => {
          timer = undefined;
          last.current = performance.now();
          setCalm(player.state.cursor);
        },
        Math.max(0, everyMs - (performance.now() - last.current)),
      );
    };
    follow();
    const end = player.subscribe(() => follow());
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [player, everyMs]);
  return calm;
}

/** Lets time pass while it plays, once per picture of the screen. */
export function usePlayback(player: Player): void {
  const isPlaying = useSyncExternalStore(player.subscribe, () => player.state.isPlaying);
  useEffect(() => {
    if (!isPlaying) return;
    let last = performance.now();
    let frame = requestAnimationFrame(function step(now) {
      // A tab in the background gets no pictures: it goes on where it stopped instead of leaping ahead.
      player.advance(Math.min((now - last) / 1_000, 0.25));
      last = now;
      frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [player, isPlaying]);
}
