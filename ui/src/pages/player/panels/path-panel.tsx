import { Select, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type MouseEvent, useMemo } from "react";
import { figure } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { boxOf, nearestTime, type Path, pathOf, placeAt, scaleOf } from "../model/path";
import type { Tile } from "../model/refine";
import type { PoseFields } from "../model/suited";
import { usePlayer, usePlaying } from "../playing";
import { seriesQuery } from "../queries";
import { usePlace } from "../use-place";
import { PanelFrame } from "./frame";
import classes from "./panels.module.css";

const POINTS = 2_000;
const ASPECT = 4 / 3;
const WIDTH = 400;

/** The way seen from above. */
export function PathPanel({ found }: { found: PoseFields[] }) {
  const { recording, player } = usePlaying();
  const { search, choose } = usePlace();
  const pose = found.find((one) => one.topic === search.pose) ?? found[0];
  const tile: Tile = { start: 0, end: player.state.durationS, points: POINTS, isWhole: true };
  const fields = pose === undefined ? [] : [pose.x, pose.y];
  const query = useQuery({ ...seriesQuery(recording, fields, tile), placeholderData: keepPreviousData });
  const select = (
    <Select
      data={found.map((one) => one.topic)}
      value={pose?.topic ?? null}
      onChange={(topic) => choose({ pose: topic ?? undefined })}
      allowDeselect={false}
      aria-label="Topic of the path"
      size="xs"
      variant="unstyled"
    />
  );
  return (
    <PanelFrame name="path" title="Path" actions={found.length > 1 ? select : null}>
      <Answer query={query}>
        {({ series: [x, y] }) =>
          x === undefined || y === undefined || pose === undefined ? null : (
            <PathPicture key={pose.topic} path={pathOf(x, y)} pose={pose} />
          )
        }
      </Answer>
    </PanelFrame>
  );
}

function PathPicture({ path, pose }: { path: Path; pose: PoseFields }) {
  const { player } = usePlaying();
  // Degrees of longitude are shorter than those of latitude, the more the further from the equator.
  const narrow = pose.isGlobe ? Math.cos(((path.ys[0] ?? 0) * Math.PI) / 180) || 1 : 1;
  const drawn = useMemo(() => ({ ...path, xs: path.xs.map((x) => x * narrow) }), [path, narrow]);
  const box = useMemo(() => boxOf(drawn, ASPECT), [drawn]);
  const scale = WIDTH / box.width;
  const toX = (x: number) => (x - box.left) * scale;
  const toY = (y: number) => (box.bottom + box.height - y) * scale;
  const line = drawn.xs.map((x, index) => `${toX(x).toFixed(1)},${toY(drawn.ys[index] ?? 0).toFixed(1)}`).join(" ");
  const go = (event: MouseEvent<SVGSVGElement>) => {
    const rect = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - rect.left) / rect.width) * box.width + box.left;
    const y = box.bottom + box.height - ((event.clientY - rect.top) / rect.height) * box.height;
    const at = nearestTime(drawn, x, y);
    if (at !== null) player.seek(at);
  };
  const length = scaleOf(box.width);
  if (path.times.length === 0) return <Text size="sm">No place in this recording is a number.</Text>;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the timeline is the keyboard's way to the same times
    <svg viewBox={`0 0 ${WIDTH} ${WIDTH / ASPECT}`} className={classes.path} role="img" onClick={go}>
      <title>{`Path of ${pose.topic} from above`}</title>
      <polyline points={line} className={classes.way} />
      <Here path={drawn} toX={toX} toY={toY} />
      <g className={classes.scale} transform={`translate(10 ${WIDTH / ASPECT - 10})`}>
        <path d={`M0 -4 V0 H${length * scale} V-4`} />
        <text x={length * scale + 6} y={1}>
          {figure(length, 3)} {pose.isGlobe ? "°" : "m"}
        </text>
      </g>
    </svg>
  );
}

type HereProps = { path: Path; toX: (x: number) => number; toY: (y: number) => number };

/** Where it is at the cursor, and the way until there. */
function Here({ path, toX, toY }: HereProps) {
  const cursor = usePlayer((state) => state.cursor);
  const place = placeAt(path, cursor);
  if (place === null) return null;
  const until = path.times.findIndex((at) => at > cursor);
  const past = path.xs.slice(0, until < 0 ? path.xs.length : until);
  const points = past.map((x, index) => `${toX(x).toFixed(1)},${toY(path.ys[index] ?? 0).toFixed(1)}`);
  points.push(`${toX(place.x).toFixed(1)},${toY(place.y).toFixed(1)}`);
  return (
    <>
      <polyline points={points.join(" ")} className={classes.gone} />
      <circle cx={toX(place.x)} cy={toY(place.y)} r={5} className={classes.here} />
      <text x={WIDTH - 10} y={16} textAnchor="end" className={classes.place}>
        {figure(place.x)}, {figure(place.y)}
      </text>
    </>
  );
}
