import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Model } from "~/api/client";
import { figure } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import type { Tile } from "../model/refine";
import { chargeShare } from "../model/suited";
import { usePlayer, usePlaying } from "../playing";
import { valueAt } from "../plots/drawn";
import { seriesQuery } from "../queries";
import { PanelFrame } from "./frame";
import classes from "./panels.module.css";

const POINTS = 1_024;
const LOW = 0.3;
const EMPTY = 0.15;

/** How full the battery was at the cursor. */
export function BatteryPanel({ field }: { field: string }) {
  const { recording, player } = usePlaying();
  const tile: Tile = { start: 0, end: player.state.durationS, points: POINTS, isWhole: true };
  const query = useQuery(seriesQuery(recording, [field], tile));
  return (
    <PanelFrame name="battery" title="Battery">
      <Answer query={query}>
        {({ series: [series] }) => (series === undefined ? null : <Gauge field={field} series={series} />)}
      </Answer>
    </PanelFrame>
  );
}

function Gauge({ field, series }: { field: string; series: Model<"Series"> }) {
  const value = usePlayer((state) => valueAt(series, state.cursor)?.value ?? null);
  const share = value === null ? null : chargeShare(value, series.highest);
  const level = share === null || share > LOW ? "" : share > EMPTY ? classes.low : classes.empty;
  return (
    <div role="img" aria-label={share === null ? "Charge unknown" : `Charge ${Math.round(share * 100)} %`}>
      <div className={classes.charge}>
        <div className={level} style={{ width: `${(share ?? 0) * 100}%` }} />
      </div>
      <Group justify="space-between" pt={3}>
        <Text size="sm" fw={600}>
          {share === null ? "not told yet" : `${figure(share * 100, 3)} %`}
        </Text>
        <Text size="xs" c="dimmed">
          {field}
        </Text>
      </Group>
    </div>
  );
}
