import { Anchor, type AnchorProps, Button, type ButtonProps } from "@mantine/core";
import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type Rest<Props> = Omit<Props, "href"> & { ref?: Ref<HTMLAnchorElement> };
type Html = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "color" | "style">;

const RoutedAnchor = createLink(function PlainAnchor(props: Rest<AnchorProps> & Html) {
  return <Anchor {...props} />;
});
const RoutedButton = createLink(function PlainButton(props: Rest<ButtonProps> & Html) {
  return <Button component="a" {...props} />;
});

/** A link to a page of this UI, with `to`, `params` and `search` checked. */
export const PageLink: LinkComponent<typeof RoutedAnchor> = (props) => <RoutedAnchor {...props} />;

/** The same as a button. */
export const PageButton: LinkComponent<typeof RoutedButton> = (props) => <RoutedButton {...props} />;
