import { Alert } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useWhoAmI } from "~/api/session";
import { useStreamState } from "~/streams/live";

const PATIENCE_MS = 3_000;

/** Says that the page is not current any more; it comes back by itself. */
export function LostNotice() {
  const state = useStreamState();
  const { online } = useNetwork();
  const me = useWhoAmI();
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (state !== "lost") {
      setLost(false);
      return;
    }
    const timer = setTimeout(() => setLost(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [state]);
  if (online && (!lost || me === null || me === undefined)) return null;
  return (
    <Alert color="yellow" icon={<IconPlugConnectedX />} radius={0} py="xs" role="status">
      {online ? "The hub does not answer" : "This browser is offline"}: what you see is as it last was. It is asked
      again by itself.
    </Alert>
  );
}
