import { figure } from "~/format/numbers";
import { drawn } from "./drawn";
import type { Firing } from "./queries";

const WIDTH = 120;
const HEIGHT = 34;

/** What the rule measured around its firing: the curve, its threshold, and when it fired. */
export function Curve({ firing }: { firing: Firing }) {
  const { curve = [], fired } = firing;
  const shape = drawn(curve, fired.threshold ?? null, fired.fired_at_ns, WIDTH, HEIGHT);
  if (shape === null) return null;
  const { line, firedX, thresholdY, lowest, highest } = shape;
  return (
    <svg
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={`Measured from ${figure(lowest)} to ${figure(highest)} around the firing`}
      style={{ flex: "none" }}
    >
      <line x1={firedX} x2={firedX} y1={0} y2={HEIGHT} stroke="var(--mantine-color-error)" />
      {thresholdY === null ? null : (
        <line
          x1={0}
          x2={WIDTH}
          y1={thresholdY}
          y2={thresholdY}
          stroke="var(--mantine-color-dimmed)"
          strokeDasharray="3 3"
        />
      )}
      <path d={line} fill="none" stroke="var(--mantine-primary-color-filled)" strokeWidth={1.4} />
    </svg>
  );
}
