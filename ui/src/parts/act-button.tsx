import { ActionIcon, type ActionIconProps, Button, type ButtonProps, Tooltip } from "@mantine/core";
import type { MouseEvent, ReactNode } from "react";
import type { Refusal } from "~/api/rights";
import { PageButton } from "./link";

type Acts = {
  /** Why this cannot be done; null when it can. */
  refusal?: Refusal;
  onAct?: () => void;
  /** Shown beside it when it can be pressed, such as its key. */
  hint?: string;
  type?: "button" | "submit";
};

/** A button that says why it cannot be pressed, also to whoever comes by keyboard. */
export function ActButton({ refusal = null, hint, onAct, ...button }: ButtonProps & Acts & { children: ReactNode }) {
  const said = refusal ?? hint;
  return (
    <Tooltip label={said} disabled={said === undefined} multiline maw={320}>
      <Button {...button} {...held(refusal, onAct)} />
    </Tooltip>
  );
}

/** The same where it leads to another page. */
export function ActLink({
  refusal,
  to,
  search,
  ...button
}: ButtonProps & { refusal: Refusal; to: string; search?: object; children: ReactNode }) {
  if (refusal !== null) return <ActButton refusal={refusal} {...button} />;
  return <PageButton to={to} search={(search ?? {}) as never} {...button} />;
}

export function ActIcon({
  refusal = null,
  onAct,
  label,
  ...icon
}: ActionIconProps & Acts & { children: ReactNode; label: string }) {
  return (
    <Tooltip label={refusal ?? label} multiline maw={320}>
      <ActionIcon aria-label={label} {...icon} {...held(refusal, onAct)} />
    </Tooltip>
  );
}

// A disabled button gets neither focus nor a tooltip: nobody would learn why.
function held(refusal: Refusal, onAct?: () => void) {
  if (refusal === null) return { onClick: onAct };
  return {
    "data-disabled": true,
    "aria-disabled": true,
    onClick: (event: MouseEvent) => event.preventDefault(),
  };
}
