import { ActionIcon, Group, Loader, Text, Tooltip, useComputedColorScheme } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { asProblem, type Model } from "~/api/client";
import { figure } from "~/format/numbers";
import { usePlayer, usePlaying } from "../playing";
import { seriesQuery } from "../queries";
import { colourOf, valueAt } from "./drawn";
import { PlotCanvas } from "./plot-canvas";
import classes from "./plots.module.css";
import { useTile } from "./use-tile";

type Props = {
  fields: string[];
  height: number;
  group: string;
  /** Takes one field out; absent where plots are only looked at. */
  onRemove?: (field: string) => void;
  /** Asks for a field to be drawn into this plot. */
  onAdd?: () => void;
};

const NONE: Model<"Series">[] = [];

/** One or several fields over time. */
export function Plot({ fields, height, group, onRemove, onAdd }: Props) {
  const { recording } = usePlaying();
  const query = useQuery(seriesQuery(recording, fields, useTile()));
  const found = query.data?.series ?? NONE;
  const { trigger } = recording;
  const measured = trigger?.topic == null ? null : `${trigger.topic}.${trigger.field ?? ""}`;
  const isMeasured = measured !== null && fields.includes(measured);
  const thresholds = isMeasured && trigger?.threshold != null ? [trigger.threshold] : [];
  return (
    <section className={classes.plot} aria-label={`Plot of ${fields.join(", ")}`}>
      <Group gap="sm" px={8} wrap="wrap" className={classes.head}>
        {fields.map((field, index) => (
          <FieldValue key={field} field={field} index={index} found={found} onRemove={onRemove} />
        ))}
        {thresholds.length === 0 ? null : (
          <Text size="xs" className={classes.limit}>
            threshold {figure(thresholds[0])}
          </Text>
        )}
        {query.isFetching ? <Loader size={12} role="img" aria-label="Loading" /> : null}
        {onAdd === undefined ? null : (
          <Tooltip label="Draw another field into this plot">
            <ActionIcon size="xs" onClick={onAdd} aria-label={`Add a field to the plot of ${fields.join(", ")}`}>
              +
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
      {query.isError && query.data === undefined ? (
        <Text size="sm" px={8} py="xs" role="alert">
          {asProblem(query.error).detail}
        </Text>
      ) : (
        <PlotCanvas fields={fields} found={found} thresholds={thresholds} height={height} group={group} />
      )}
    </section>
  );
}

type ValueProps = { field: string; index: number; found: Model<"Series">[]; onRemove?: (field: string) => void };

/** A field's name and what it is at the cursor. */
function FieldValue({ field, index, found, onRemove }: ValueProps) {
  const scheme = useComputedColorScheme("light");
  const series = found.find((one) => one.field === field);
  const cursor = usePlayer((state) => state.cursor);
  const at = series === undefined ? null : valueAt(series, cursor);
  return (
    <Group gap={5} wrap="nowrap" miw={0}>
      <span className={classes.dot} style={{ background: colourOf(scheme, index) }} />
      <Text size="xs" truncate title={field}>
        {field}
      </Text>
      <Tooltip label={at?.isExact === false ? "Near the cursor: zoom in for every message" : "At the cursor"}>
        <Text size="xs" ff="monospace" fw={600} className={classes.value} data-testid={`value ${field}`}>
          {at === null ? "–" : `${at.isExact ? "" : "≈ "}${figure(at.value)}`}
        </Text>
      </Tooltip>
      {onRemove === undefined ? null : (
        <ActionIcon size="xs" onClick={() => onRemove(field)} aria-label={`Remove ${field}`}>
          <IconX size={12} />
        </ActionIcon>
      )}
    </Group>
  );
}
