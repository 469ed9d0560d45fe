import { useNavigate, useRouter } from "@tanstack/react-router";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef } from "react";
import { trailOf } from "~/parts/trail";
import type { Step } from "~/parts/use-url";
import { type DialogName, type PlayerSearch, placeOf, samePlace, selectionOf, viewOf } from "./model/place";
import type { Player } from "./model/player";

export type Place = {
  search: PlayerSearch;
  /** Writes into the URL what was chosen. */
  choose: (part: PlayerSearch) => void;
  /** Opens a dialog, or closes whichever is open. */
  open: (dialog: DialogName | undefined, into?: number) => void;
  /** The whole address of what is seen now. */
  href: (part: PlayerSearch) => string;
};

const PlaceContext = createContext<Place | null>(null);

export function usePlace(): Place {
  const place = useContext(PlaceContext);
  if (place === null) throw new Error("not within a PlaceInUrl");
  return place;
}

// Browsers refuse to be told a new address a hundred times a second.
const SETTLED_MS = 250;

/** Tells when the player has come to rest at a place: while it plays, or somebody drags, that changes all the time. */
export function useSettled(player: Player, tell: () => void): void {
  const latest = useRef(tell);
  latest.current = tell;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = player.subscribe(() => {
      clearTimeout(timer);
      if (!player.state.isPlaying) timer = setTimeout(() => latest.current(), SETTLED_MS);
    });
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [player]);
}
const ROUTE = "/recordings/$recordingId";

type Props = { sessionId: string; player: Player; search: PlayerSearch; children: ReactNode };

/** Keeps the URL and the player at the same place: whoever changes one finds it in the other. */
export function PlaceInUrl({ sessionId, player, search, children }: Props) {
  const navigate = useNavigate();
  const router = useRouter();
  const written = useRef<PlayerSearch>(search);
  const latest = useRef(search);
  latest.current = search;

  const go = useCallback(
    (next: PlayerSearch, step?: Step) => {
      const shown = { to: ROUTE, params: { recordingId: sessionId }, search: next } as const;
      if (step === "closes" && trailOf(router.history).wentBackTo(router.buildLocation(shown).href)) return;
      written.current = next;
      latest.current = next;
      void navigate({ ...shown, replace: step !== "opens", resetScroll: false });
    },
    [navigate, router, sessionId],
  );

  useSettled(player, () => {
    const next = { ...latest.current, ...placeOf(player.state) };
    if (!samePlace(next, latest.current)) go(next);
  });

  useEffect(() => {
    if (samePlace(search, written.current)) return;
    written.current = search;
    const view = viewOf(search);
    if (view === undefined) player.showAll();
    else player.show(view);
    const selection = selectionOf(search);
    if (selection === undefined) player.unselect();
    else player.select(selection.from, selection.to);
    player.setSpeed(search.speed ?? 1);
    if (search.t !== undefined) player.seek(search.t);
  }, [search, player]);

  const place = useMemo<Place>(
    () => ({
      search,
      choose: (part) => go({ ...latest.current, ...placeOf(player.state), ...part }),
      open: (open, into) => {
        const here = { ...latest.current, ...placeOf(player.state) };
        // Whoever goes back finds the page as it was when they opened it.
        if (open !== undefined && !samePlace(here, latest.current)) {
          go(here);
          // Else what follows at once would take its place.
          router.history.flush();
        }
        go({ ...here, open, into, find: undefined, cut: undefined }, open === undefined ? "closes" : "opens");
      },
      href: (part) => {
        const shown = { ...latest.current, ...part, ...placeOf(player.state) };
        const { href } = router.buildLocation({ to: ROUTE, params: { recordingId: sessionId }, search: shown });
        return new URL(href, window.location.origin).href;
      },
    }),
    [search, go, player, router, sessionId],
  );
  return <PlaceContext value={place}>{children}</PlaceContext>;
}
