import type { ReactNode } from "react";
import { Page } from "~/parts/page";
import { type Section, Sections } from "~/parts/sections";

const SECTIONS: Section[] = [
  { to: "/lab", title: "Sessions" },
  { to: "/lab/batches", title: "Batches" },
  { to: "/lab/repositories", title: "Repositories" },
  { to: "/lab/sandbox", title: "Sandbox" },
];

type Props = { title?: string; actions?: ReactNode; children: ReactNode };

/** One of the lists of the lab, with the ways to the others. */
export function LabFrame({ title = "Lab", actions, children }: Props) {
  return (
    <Page title={title} actions={actions}>
      <Sections label="Parts of the lab" sections={SECTIONS} />
      {children}
    </Page>
  );
}
