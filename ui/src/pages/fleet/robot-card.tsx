import { Text, Tooltip } from "@mantine/core";
import { bytes, count, plural } from "~/format/numbers";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import classes from "./fleet.module.css";
import { type GuardWord, groupOf, LITTLE_DISK_BYTES, type Robot, topicsOf } from "./robots";

/** One robot in two lines: when it was heard, what it hears, what waits, what room is left, what its guard did. */
export function RobotCard({ robot, guard }: { robot: Robot; guard: GuardWord | undefined }) {
  const { robot_id: robotId, heartbeat } = robot;
  const topics = topicsOf(robot);
  const depth = heartbeat?.outbox_depth ?? 0;
  const disk = heartbeat?.disk_free_bytes;
  return (
    <article className={classes.card} data-health={groupOf(robot)} aria-label={robot.name ?? robotId}>
      <div className={classes.line}>
        <PageLink
          to="/robots/$robotId"
          params={{ robotId }}
          className={classes.name}
          c="inherit"
          title={[robot.name, robotId, robot.site, ...(robot.tags ?? [])].filter(Boolean).join(", ")}
        >
          {robot.name ?? robotId}
        </PageLink>
        <PageLink to="/robots/$robotId/live" params={{ robotId }} inherit aria-label={`${robotId}, live`}>
          live
        </PageLink>
      </div>
      <div className={classes.line}>
        <Text span inherit truncate c="dimmed">
          {robot.last_seen_at ? <Moment at={robot.last_seen_at} /> : "no heartbeat"}
          {robot.site ? ` · ${robot.site}` : ""}
        </Text>
        {guard === undefined || guard.rejected + guard.clamped === 0 ? null : (
          <Tooltip label={`In the last hour: ${count(guard.rejected)} rejected, ${count(guard.clamped)} clamped`}>
            <span>
              <Mark of={guard.worst_risk_level === "NORMAL" ? "clamp" : guard.worst_risk_level} />
            </span>
          </Tooltip>
        )}
      </div>
      {heartbeat ? (
        <div className={classes.facts}>
          <span
            className={topics.quiet > 0 ? classes.trouble : undefined}
            title={`${plural(topics.all, "topic")}, ${topics.quiet} without messages`}
          >
            {topics.quiet > 0 ? `${topics.quiet} of ${topics.all} quiet` : plural(topics.all, "topic")}
          </span>
          {depth === 0 ? null : (
            <span className={classes.trouble} title="Recordings waiting for delivery">
              {count(depth)} waiting
            </span>
          )}
          {disk === null || disk === undefined ? null : (
            <span className={disk < LITTLE_DISK_BYTES ? classes.trouble : undefined} title="Free on its disk">
              {bytes(disk)} free
            </span>
          )}
          {robot.versions?.pilothouse ? <span title="Version">{robot.versions.pilothouse}</span> : null}
        </div>
      ) : null}
    </article>
  );
}
