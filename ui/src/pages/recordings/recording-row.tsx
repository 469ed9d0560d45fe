import { Checkbox, Group, Skeleton, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconMessage, IconPin } from "@tabler/icons-react";
import type { MouseEvent } from "react";
import { bytes, plural } from "~/format/numbers";
import { clock } from "~/format/time";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import type { Recording } from "./queries";
import styles from "./recordings.module.css";

type Props = {
  index: number;
  start: number;
  recording: Recording | undefined;
  isChosen: boolean;
  isCurrent: boolean;
  onCurrent: (index: number) => void;
  onChoose: (event: MouseEvent) => void;
};

export function Row({ index, start, recording, isChosen, isCurrent, onCurrent, onChoose }: Props) {
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
        <Cells recording={recording} isChosen={isChosen} onChoose={onChoose} />
      )}
    </div>
  );
}

type CellsProps = { recording: Recording; isChosen: boolean; onChoose: (event: MouseEvent) => void };

function Cells({ recording: one, isChosen, onChoose }: CellsProps) {
  const at = one.ended_at ?? one.started_at ?? one.announced_at ?? null;
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Space on the row does the same */}
      <span role="gridcell" className={styles.tick} onClick={onChoose}>
        <Checkbox
          checked={isChosen}
          readOnly
          tabIndex={-1}
          aria-label={`Choose ${one.session_id}`}
          style={{ pointerEvents: "none" }}
        />
      </span>
      <span role="gridcell" className={`${styles.when} ${styles.quiet}`}>
        {at === null ? "no time" : <Moment at={at} form="absolute" />}
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

const STATES: Record<string, string> = {
  announced: "The robot has told of it; its bytes have not come yet",
  indexing: "Its bytes are here, and are being read",
  recovering: "What is readable of it is being saved",
};

function Marks({ recording: one }: { recording: Recording }) {
  const lost = Object.values(one.drops ?? {}).reduce((sum, count) => sum + count, 0);
  return (
    <Group gap={6} wrap="nowrap">
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
    </Group>
  );
}

function Small({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Tooltip label={label}>
      <span role="img" aria-label={label} style={{ display: "inline-flex" }}>
        {children}
      </span>
    </Tooltip>
  );
}
