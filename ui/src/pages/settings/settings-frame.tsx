import type { ReactNode } from "react";
import { Page } from "~/parts/page";
import { type Section, Sections } from "~/parts/sections";

const SECTIONS: Section[] = [
  { to: "/settings", title: "Me" },
  { to: "/settings/tokens", title: "API tokens" },
  { to: "/settings/members", title: "Members" },
  { to: "/settings/notifications", title: "Notifications" },
  { to: "/settings/storage", title: "Storage" },
  { to: "/settings/audit", title: "Audit log" },
  { to: "/settings/system", title: "System" },
];

type Props = { title: string; actions?: ReactNode; children: ReactNode };

/** One page of the settings, with the ways to the others. */
export function SettingsFrame({ title, actions, children }: Props) {
  return (
    <Page title={title} actions={actions}>
      <Sections label="Parts of the settings" sections={SECTIONS} />
      {children}
    </Page>
  );
}
