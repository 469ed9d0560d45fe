import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Model } from "~/api/client";
import { figure } from "~/format/numbers";
import { usePlayer, usePlaying } from "../playing";
import { useStack } from "../timeline/stack";
import { colourOf, joined, valueRange } from "./drawn";

type Props = { fields: string[]; found: Model<"Series">[]; thresholds: number[]; height: number; group: string };

// A drag shorter than this is a click.
const CLICK_PX = 4;
const INK = {
  light: { text: "#495057", grid: "#e9ecef", limit: "#e03131" },
  dark: { text: "#b8b8b8", grid: "#3b3b3b", limit: "#ff6b6b" },
};

/** Lines over the shown window: a click looks at a time, a drag zooms everything, with Shift it selects a span. */
export function PlotCanvas({ fields, found, thresholds, height, group }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { player } = usePlaying();
  const { width, gutter, edge } = useStack();
  const scheme = useComputedColorScheme("light");
  const view = usePlayer((state) => state.view);
  const names = fields.join(",");
  const limits = thresholds.join(",");
  const columns = useMemo(() => joined(names.split(","), found), [names, found]);
  const fullWidth = Math.round(width + gutter + edge);

  // biome-ignore lint/correctness/useExhaustiveDependencies: size, data and window are given to the living plot below
  useEffect(() => {
    if (host.current === null) return;
    const drawn = optionsOf({
      names: names.split(","),
      limits: numbersOf(limits),
      scheme,
      gutter,
      edge,
      height,
      group,
    });
    const onSelect = selecting(player.show.bind(player), player.select.bind(player), player.seek.bind(player));
    const made = new uPlot(
      { ...drawn, width: Math.max(fullWidth, 50), hooks: { ...drawn.hooks, ...onSelect.hooks } },
      [[]],
      host.current,
    );
    onSelect.listen(made);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [names, limits, scheme, gutter, edge, height, group, player]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot made anew needs its data and window again
  useEffect(() => {
    const made = plot.current;
    if (made === null) return;
    made.batch(() => {
      made.setData(columns as uPlot.AlignedData, false);
      made.setScale("x", { min: view.from, max: view.to });
    });
  }, [columns, view, names, limits, scheme, gutter, edge, height]);

  useEffect(() => {
    plot.current?.setSize({ width: Math.max(fullWidth, 50), height });
  }, [fullWidth, height]);

  return <div ref={host} role="img" aria-label={described(fields, found)} style={{ height }} />;
}

function numbersOf(text: string): number[] {
  return text === "" ? [] : text.split(",").map(Number);
}

function described(fields: string[], found: Model<"Series">[]): string {
  return fields
    .map((field) => {
      const series = found.find((one) => one.field === field);
      return series === undefined ? field : `${field} from ${figure(series.lowest)} to ${figure(series.highest)}`;
    })
    .join("; ");
}

type Look = {
  names: string[];
  limits: number[];
  scheme: "light" | "dark";
  gutter: number;
  edge: number;
  height: number;
  group: string;
};

function optionsOf({ names, limits, scheme, gutter, edge, height, group }: Look): uPlot.Options {
  const ink = INK[scheme];
  const font = "11px system-ui, sans-serif";
  const grid = { stroke: ink.grid, width: 1 };
  return {
    width: 100,
    height,
    // Above, half a line of text: a number at the very top is not cut.
    padding: [7, edge, 4, 0],
    legend: { show: false },
    cursor: {
      sync: { key: group, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
    },
    scales: {
      x: { time: false, auto: false },
      y: { range: (_plot, low, high) => valueRange(low, high, limits) },
    },
    axes: [
      { show: false, size: 0, grid },
      {
        stroke: ink.text,
        font,
        size: gutter,
        gap: 4,
        grid,
        ticks: { show: false },
        space: 26,
        values: (_plot, splits) => splits.map((value) => figure(Math.abs(value) < 1e-12 ? 0 : value, 4)),
      },
    ],
    series: [
      {},
      ...names.map((label, index) => ({ label, stroke: colourOf(scheme, index), width: 1.4, points: { size: 4 } })),
    ],
    hooks: { draw: [(plot) => drawLimits(plot, limits, ink.limit)] },
  };
}

/** The values that a trigger's rule compares with. */
function drawLimits(plot: uPlot, limits: number[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([6, 4]);
  ctx.lineWidth = 1;
  for (const limit of limits) {
    const y = Math.round(plot.valToPos(limit, "y", true)) + 0.5;
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

type Show = (view: { from: number; to: number }) => void;

function selecting(show: Show, select: (from: number, to: number) => void, seek: (at: number) => void) {
  let isShifted = false;
  const setSelect = (plot: uPlot) => {
    const { left, width } = plot.select;
    if (width < CLICK_PX) return;
    const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    if (isShifted) select(from, to);
    else show({ from, to });
  };
  const listen = (plot: uPlot) => {
    let downX = 0;
    plot.over.addEventListener("mousedown", (event) => {
      isShifted = event.shiftKey;
      downX = event.clientX;
    });
    plot.over.addEventListener("click", (event) => {
      if (Math.abs(event.clientX - downX) >= CLICK_PX) return;
      seek(plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, "x"));
    });
  };
  return { hooks: { setSelect: [setSelect] }, listen };
}
