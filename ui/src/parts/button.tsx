import type { ComponentProps, MouseEvent } from "react";

type Props = ComponentProps<"button"> & { "data-loading"?: boolean };

const refuse = (event: MouseEvent) => event.preventDefault();

/**
 * What buttons are made of. One that is busy keeps the focus, which a disabled one would lose: whoever pressed it by
 * keyboard goes on from there. To press it again, or Enter in a field of its form, does nothing meanwhile.
 */
export function PlainButton({ type = "button", disabled, onClick, ...button }: Props) {
  if (button["data-loading"] !== true) return <button type={type} disabled={disabled} onClick={onClick} {...button} />;
  return <button type={type} aria-disabled onClick={refuse} {...button} />;
}
