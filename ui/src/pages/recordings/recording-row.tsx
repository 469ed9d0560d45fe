import { Skeleton } from "@mantine/core";
import { IconAlertTriangle, IconMessage, IconPin } from "@tabler/icons-react";
import { type MouseEvent, memo, type ReactNode } from "react";
import { bytes, plural } from "~/format/numbers";
import { absolute, clock, utc } from "~/format/time";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { useNow } from "~/parts/moment";
import type { Recording } from "./queries";
import styles from "./recordings.module.css";

type Props = {
  index: number;
  start: number;
  recording: Recording | undefined;
  isChosen: boolean;
  isCurrent: boolean;
  onCurrent: (index: number) => void;
  onChoose: (recording: Recording, index: number, isRange: boolean) => void;
};

/** A row is drawn anew only when something of it changed: while somebody scrolls, dozens come and go each second. */
export const Row = memo(function Row({ index, start, recording, isChosen, isCurrent, onCurrent, onChoose }: Props) {
  return (
    <div
      role="row"
      tabIndex={isCurrent ? 0 : -1}
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      className={`${styles.row} ${styles.line}`}
      style={{ transform: `translateY(${start}px)` }}
      onFocus={() => onCurrent(index)}
    >
      {recording === undefined ? (
        <span role="gridcell" style={{ gridColumn: "1 / -1" }}>
          <Skeleton height={12} width={`${40 + ((index * 7) % 40)}%`} />
        </span>
      ) : (
        <Cells
          recording={recording}
          isChosen={isChosen}
          onChoose={(event) => onChoose(recording, index, event.shiftKey)}
        />
      )}
    </div>
  );
});

type CellsProps = { recording: Recording; isChosen: boolean; onChoose: (event: MouseEvent) => void };

function Cells({ recording: one, isChosen, onChoose }: CellsProps) {
  const at = one.ended_at ?? one.started_at ?? one.announced_at ?? null;
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Space on the row does the same */}
      <span role="gridcell" className={styles.tick} onClick={onChoose}>
        <input
          type="checkbox"
          className={styles.box}
          checked={isChosen}
          readOnly
          tabIndex={-1}
          aria-label={`Choose ${one.session_id}`}
        />
      </span>
      <span role="gridcell" className={`${styles.when} ${styles.quiet}`}>
        {at === null ? "no time" : <Time at={at} />}
        <span className={styles.beside}>{one.robot_id}</span>
      </span>
      <span role="gridcell" className={styles.roomy}>
        {one.robot_id}
      </span>
      <span role="gridcell" className={styles.title}>
        <PageLink
          to="/recordings/$recordingId"
          params={{ recordingId: one.session_id }}
          search={{}}
          inherit
          tabIndex={-1}
        >
          {one.label || one.session_id}
        </PageLink>
      </span>
      <span role="gridcell" className={`${styles.wide} ${styles.quiet}`}>
        {one.trigger?.rule ?? one.reason ?? ""}
      </span>
      <span role="gridcell" className={`${styles.roomy} ${styles.end}`}>
        {one.duration_s > 0 ? clock(one.duration_s, 1) : "–"}
      </span>
      <span role="gridcell" className={`${styles.size} ${styles.end}`}>
        {bytes(one.size_bytes)}
      </span>
      <span role="gridcell" className={styles.marks}>
        <Marks recording={one} />
      </span>
    </>
  );
}

// Hundreds of rows pass while somebody scrolls: what shows UTC here is the browser's own, and costs nothing.
function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={utc(at)}>
      {absolute(at, useNow())}
    </time>
  );
}

const STATES: Record<string, string> = {
  announced: "The robot has told of it; its bytes have not come yet",
  indexing: "Its bytes are here, and are being read",
};

function Marks({ recording: one }: { recording: Recording }) {
  const lost = Object.values(one.drops ?? {}).reduce((sum, count) => sum + count, 0);
  return (
    <span className={styles.small}>
      {one.state === "ok" ? null : <Mark of={one.state} title={one.damage ?? STATES[one.state]} />}
      {lost > 0 ? (
        <Small label={`Partial: ${plural(lost, "message")} were lost on the robot`}>
          <IconAlertTriangle size={14} color="var(--mantine-color-yellow-text)" />
        </Small>
      ) : null}
      {one.pinned_at === null || one.pinned_at === undefined ? null : (
        <Small label={`Pinned by ${one.pinned_by ?? "somebody"}: ${one.pin_reason ?? ""}`}>
          <IconPin size={14} />
        </Small>
      )}
      {(one.annotation_count ?? 0) > 0 ? (
        <Small label={plural(one.annotation_count ?? 0, "annotation")}>
          <IconMessage size={14} />
        </Small>
      ) : null}
      {one.incident_id === null || one.incident_id === undefined ? null : (
        <PageLink
          to="/incidents/$incidentId"
          params={{ incidentId: one.incident_id }}
          search={{}}
          fz="xs"
          tabIndex={-1}
        >
          incident
        </PageLink>
      )}
    </span>
  );
}

function Small({ label, children }: { label: string; children: ReactNode }) {
  return (
    <span role="img" aria-label={label} title={label} className={styles.small}>
      {children}
    </span>
  );
}
