import { Alert, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { type Refusal, toAdminister, useKnown } from "~/api/rights";

type Props = { to?: typeof toAdminister; children: ReactNode };

/** What only some may see or do: everybody else is told so, without asking the hub for what it would refuse. */
export function Permitted({ to = toAdminister, children }: Props) {
  const refusal = useKnown(to);
  if (refusal === undefined) return null;
  return refusal === null ? children : <Refused why={refusal} />;
}

export function Refused({ why }: { why: NonNullable<Refusal> }) {
  return (
    <Alert role="alert" color="yellow" icon={<IconLock />} title="You may not see or do this" my="sm">
      <Text size="sm">{why}</Text>
    </Alert>
  );
}
