import { Badge } from "@mantine/core";

/** Red is danger, amber wants attention; everything else stays grey. */
const COLOURS: Record<string, string> = {
  critical: "red",
  CRITICAL: "red",
  EMERGENCY: "red",
  failed: "red",
  reject: "red",
  error: "red",
  damaged: "red",
  rejected: "red",
  stale: "yellow",
  high: "orange",
  urgent: "orange",
  ELEVATED: "yellow",
  warning: "yellow",
  medium: "yellow",
  clamp: "yellow",
  silent: "red",
  dead: "red",
  lost: "red",
  offline: "red",
  pending: "yellow",
  blocked: "yellow",
  expired: "yellow",
  cancelled: "gray",
  open: "accent",
  running: "accent",
  preparing: "accent",
  active: "accent",
  in_progress: "accent",
  review: "accent",
};

/** A state, severity or verdict as one small word; `open` and `running` carry the accent. */
export function Mark({ of, title }: { of: string; title?: string }) {
  return (
    <Badge color={COLOURS[of] ?? "gray"} title={title} tt="none" miw="max-content">
      {of.replaceAll("_", " ").toLowerCase()}
    </Badge>
  );
}
