import { Box, Button, Text } from "@mantine/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { plural } from "~/format/numbers";
import { type Estop, idle, stopRobot, TRY_S } from "./estop";
import classes from "./estop.module.css";
import type { LoopStatus } from "./feed/messages";
import { askGuard } from "./guard-requests";

/** Ctrl or ⌘ with a full stop, or the Pause key: also while something is typed, and above any dialog. */
export function isEstopKey(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">): boolean {
  return event.key === "Pause" || (event.key === "." && (event.ctrlKey || event.metaKey));
}

/**
 * The emergency stop. It hangs on nothing of the page: not on the stream, not on what was loaded, not on who may do what.
 */
export function EstopButton({ robotId, onStopped }: { robotId: string; onStopped: (status: LoopStatus) => void }) {
  const { estop, press, forget } = useEstop(robotId, onStopped);
  return (
    <Box className={`${classes.estop} live-estop`}>
      <Report estop={estop} forget={forget} />
      <button
        type="button"
        className={classes.button}
        onClick={press}
        aria-keyshortcuts="Control+. Meta+. Pause"
        title="Stops the robot at once, without asking. Ctrl+. or ⌘+. or Pause"
      >
        E-STOP
        <span className={classes.hint} aria-hidden>
          {estop.phase === "asking" ? "asking the guard …" : "Ctrl+. or Pause"}
        </span>
      </button>
    </Box>
  );
}

function useEstop(robotId: string, onStopped: (status: LoopStatus) => void) {
  const [estop, setEstop] = useState<Estop>(idle);
  const under = useRef<AbortController | null>(null);
  const heard = useRef(onStopped);
  heard.current = onStopped;
  const press = useCallback(() => {
    // Pressed again while one is under way: asked anew at once, whatever the one before waits for.
    under.current?.abort();
    const ending = new AbortController();
    under.current = ending;
    const asked = { method: "POST" as const, path: "/api/control/estop", timeout_s: TRY_S };
    const tell = (told: Estop) => {
      if (ending.signal.aborted) return;
      setEstop(told);
      if (told.phase === "confirmed") heard.current(told.confirmation.status);
    };
    void stopRobot((signal) => askGuard<LoopStatus>(robotId, asked, signal), tell, ending.signal);
  }, [robotId]);
  const forget = useCallback(() => {
    under.current?.abort();
    setEstop(idle);
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isEstopKey(event) || event.repeat) return;
      event.preventDefault();
      press();
    };
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, [press]);
  return { estop, press, forget };
}

function Report({ estop, forget }: { estop: Estop; forget: () => void }) {
  if (estop.phase === "idle") return null;
  const isLoud = estop.phase === "unconfirmed" || (estop.phase === "asking" && estop.problem !== null);
  return (
    <Box className={classes.report} data-loud={isLoud || undefined} role={isLoud ? "alert" : "status"}>
      <Words estop={estop} isLoud={isLoud} />
      <Button variant="default" mt="xs" onClick={forget}>
        {estop.phase === "asking" ? "Stop asking" : "Close"}
      </Button>
    </Box>
  );
}

function Words({ estop, isLoud }: { estop: Estop; isLoud: boolean }) {
  if (estop.phase === "idle") return null;
  if (estop.phase === "confirmed") return <Confirmed {...estop} />;
  if (!isLoud) return <Text size="sm">Asked at {seconds(estop.pressedAt)}. Waiting for the guard to confirm …</Text>;
  return (
    <>
      <Text fw={700}>Not confirmed: the robot may still move</Text>
      <Text size="sm">Use the stop at the robot. {estop.problem}</Text>
      <Text size="xs" mt={4}>
        Pressed at {seconds(estop.pressedAt)}, {plural(estop.tries, "try", "tries")}
        {estop.phase === "asking" ? "; asking again" : "; nothing is asked any more"}.
      </Text>
    </>
  );
}

function Confirmed({ pressedAt, confirmation }: Extract<Estop, { phase: "confirmed" }>) {
  const { emergency } = confirmation.status;
  if (emergency === null) return null;
  return (
    <>
      <Text fw={700}>Stopped: the guard confirms it</Text>
      <Text size="sm">
        In effect since <b>{seconds(new Date(emergency.timestamp * 1_000))}</b> by the robot's clock; everything that
        moves it has taken the stop.
      </Text>
      <Text size="xs" mt={4}>
        Pressed at {seconds(pressedAt)}, confirmed here {(confirmation.tookMs / 1_000).toFixed(2)} s later. First cause:{" "}
        {emergency.source}, {emergency.reason}.
      </Text>
    </>
  );
}

const format = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

function seconds(at: Date): string {
  return format.format(at);
}
