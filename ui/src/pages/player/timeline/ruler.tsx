import type { KeyboardEvent } from "react";
import { clock } from "~/format/time";
import { steppedTo } from "../model/player";
import { isWhole, lengthOf, ticks, toX } from "../model/window";
import { usePlayer, usePlaying } from "../playing";
import { useBrush, useScrub } from "./gestures";
import { useStack } from "./stack";
import classes from "./timeline.module.css";

/** All of the recording, and which part of it is below. */
export function Overview() {
  const { player } = usePlaying();
  const view = usePlayer((state) => state.view);
  const durationS = usePlayer((state) => state.durationS);
  const drag = useBrush(player);
  const share = (at: number) => `${(at / Math.max(durationS, 1e-9)) * 100}%`;
  const all = isWhole(view, durationS);
  return (
    <div className={classes.row}>
      <div className={classes.label} />
      <div className={`${classes.area} ${classes.overview}`} data-scrub {...drag}>
        <div
          className={all ? `${classes.brush} ${classes.whole}` : classes.brush}
          style={{ left: share(view.from), width: share(lengthOf(view)) }}
        />
      </div>
    </div>
  );
}

/** The times; dragging in it scrubs. */
export function Ruler() {
  const { player } = usePlaying();
  const { element, width } = useStack();
  const view = usePlayer((state) => state.view);
  const scrub = useScrub(element, player);
  const { at, digits } = ticks(view, width);
  return (
    <div className={classes.row}>
      <div className={classes.label} />
      <Scrubber>
        <div className={`${classes.area} ${classes.ruler}`} style={{ marginRight: 0 }} data-scrub {...scrub}>
          {at.map((time) => (
            <div
              key={time}
              className={tickClass(toX(view, width, time), width)}
              style={{ left: toX(view, width, time) }}
            >
              <span>{clock(time, digits)}</span>
            </div>
          ))}
        </div>
      </Scrubber>
    </div>
  );
}

// A label that would be cut off stands beside its tick instead of below it.
const LABEL_HALF_PX = 26;

function tickClass(x: number, width: number): string {
  if (x < LABEL_HALF_PX) return `${classes.tick} ${classes.first}`;
  return x > width - LABEL_HALF_PX ? `${classes.tick} ${classes.last}` : `${classes.tick}`;
}

/** The cursor as a slider, for the keyboard and for who cannot see it. */
function Scrubber({ children }: { children: React.ReactNode }) {
  const { player } = usePlaying();
  const cursor = usePlayer((state) => Math.round(state.cursor * 1e3) / 1e3);
  const durationS = usePlayer((state) => state.durationS);
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const at = steppedTo(event.key, player.state);
    if (at === null) return;
    event.preventDefault();
    event.stopPropagation();
    player.seek(at);
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label="Time"
      aria-valuemin={0}
      aria-valuemax={Math.round(durationS * 1e3) / 1e3}
      aria-valuenow={cursor}
      aria-valuetext={clock(cursor)}
      onKeyDown={press}
      style={{ flex: 1, minWidth: 0, marginRight: "var(--edge)" }}
    >
      {children}
    </div>
  );
}
