import type { ReactNode } from "react";
import { toAdminister, useKnown } from "~/api/rights";
import { Page } from "~/parts/page";
import { type Section, Sections } from "~/parts/sections";

const SECTIONS: (Section & { isForAdmins?: true })[] = [
  { to: "/settings", title: "Me" },
  { to: "/settings/tokens", title: "API tokens", isForAdmins: true },
  { to: "/settings/members", title: "Members" },
  { to: "/settings/notifications", title: "Notifications" },
  { to: "/settings/storage", title: "Storage", isForAdmins: true },
  { to: "/settings/audit", title: "Audit log", isForAdmins: true },
  { to: "/settings/system", title: "System" },
];

type Props = { title: string; actions?: ReactNode; children: ReactNode };

/** One page of the settings, with the ways to the others that somebody may see. */
export function SettingsFrame({ title, actions, children }: Props) {
  const mayAll = useKnown(toAdminister) === null;
  return (
    <Page title={title} actions={actions}>
      <Sections label="Parts of the settings" sections={SECTIONS.filter(({ isForAdmins }) => mayAll || !isForAdmins)} />
      {children}
    </Page>
  );
}
