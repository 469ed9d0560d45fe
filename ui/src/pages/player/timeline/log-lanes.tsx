import { useQuery } from "@tanstack/react-query";
import { Fragment, useMemo } from "react";
import { worstPerColumn } from "../model/log-columns";
import { type LogTopic, logTopics } from "../model/suited";
import { usePlayer, usePlaying } from "../playing";
import { useTile } from "../plots/use-tile";
import { fieldsQuery, seriesQuery } from "../queries";
import { useScrub } from "./gestures";
import { useStack } from "./stack";
import classes from "./timeline.module.css";

const NONE: LogTopic[] = [];

/** Where something was logged, and how bad it was; one lane for each topic of logs. */
export function LogLanes() {
  const { recording } = usePlaying();
  const tree = useQuery(fieldsQuery(recording)).data;
  const topics = useMemo(() => (tree === undefined ? NONE : logTopics(tree)), [tree]);
  return topics.map((topic) => (
    <Fragment key={topic.topic}>
      <LogLane topic={topic} title={topics.length === 1 ? "Log" : topic.topic} />
    </Fragment>
  ));
}

function LogLane({ topic, title }: { topic: LogTopic; title: string }) {
  const { recording, player } = usePlaying();
  const { element, width } = useStack();
  const view = usePlayer((state) => state.view);
  const scrub = useScrub(element, player);
  const series = useQuery(seriesQuery(recording, [topic.field], useTile())).data?.series[0];
  const columns = useMemo(
    () => (series === undefined ? [] : worstPerColumn(series, topic.scale, view, width)),
    [series, topic.scale, view, width],
  );
  const drawn = new Map<string, string>();
  for (const { x, level } of columns) drawn.set(level, `${drawn.get(level) ?? ""}M${x} 2V16`);
  return (
    <div className={classes.row}>
      <div className={classes.label} title={topic.topic}>
        {title}
      </div>
      <div className={`${classes.area} ${classes.lane}`} data-scrub {...scrub}>
        <svg width={width} height={18} role="img" aria-label={`Levels logged on ${topic.topic}`} display="block">
          {[...drawn].map(([level, path]) => (
            <path key={level} d={path} className={classes[`log-${level}`]} />
          ))}
        </svg>
      </div>
    </div>
  );
}
