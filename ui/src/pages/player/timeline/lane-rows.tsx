import { Tooltip } from "@mantine/core";
import type { Lane, Mark } from "../model/lanes";
import { toX } from "../model/window";
import { usePlayer, usePlaying } from "../playing";
import { useScrub } from "./gestures";
import { useStack } from "./stack";
import classes from "./timeline.module.css";

type Props = { lanes: Lane[]; onAnnotation?: (id: number) => void };

/** What is known of the recording beside its messages, each kind in a lane of its own. */
export function LaneRows({ lanes, onAnnotation }: Props) {
  const { player } = usePlaying();
  const { element } = useStack();
  const scrub = useScrub(element, player);
  return lanes.map((lane) => (
    <div key={lane.key} className={classes.row}>
      <div className={classes.label} title={lane.title}>
        {lane.title}
      </div>
      <div className={classes.area} data-scrub {...scrub}>
        {lane.rows.map((marks, number) => (
          <div key={number} className={classes.lane}>
            {marks.map((mark) => (
              <LaneMark key={mark.key} mark={mark} lane={lane.title} onAnnotation={onAnnotation} />
            ))}
          </div>
        ))}
      </div>
    </div>
  ));
}

function LaneMark({ mark, lane, onAnnotation }: { mark: Mark; lane: string } & Pick<Props, "onAnnotation">) {
  const { player } = usePlaying();
  const { width } = useStack();
  const view = usePlayer((state) => state.view);
  const from = toX(view, width, mark.from);
  const to = mark.to === null ? null : toX(view, width, mark.to);
  if ((to ?? from) < -10 || from > width + 10) return null;
  const left = to === null ? from : Math.max(from, 0);
  const open = () => {
    player.seek(mark.from);
    if (mark.annotation !== undefined) onAnnotation?.(mark.annotation);
  };
  const shape = to === null ? `${classes.mark} ${classes.moment}` : classes.mark;
  return (
    <Tooltip label={mark.title} maw={420} multiline>
      <button
        type="button"
        className={`${shape} ${classes[mark.tone]}`}
        style={{ left, width: to === null ? undefined : Math.max(Math.min(to, width) - left, 3) }}
        aria-label={`${lane}: ${mark.title}`}
        onClick={open}
      >
        {to !== null && to - left > 60 ? mark.title : null}
      </button>
    </Tooltip>
  );
}
