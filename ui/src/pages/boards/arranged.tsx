import { Table } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Refusal } from "~/api/rights";
import { ActButton, ActIcon } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import type { Listed } from "~/parts/listed";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";

type Props<One> = {
  title: string;
  /** What the things of the list are, such as `tag`. */
  what: string;
  query: Listed<One>;
  refusal: Refusal;
  add: () => void;
  /** Said while there is none. */
  none: { title: string; says: ReactNode };
  row: (one: One) => ReactNode;
  label?: string;
  /** What is opened beside or over the list. */
  children: (items: One[]) => ReactNode;
};

/** Things that are arranged by hand: their list, a way to another one, and what is said while there is none. */
export function Arranged<One>({ title, what, query, refusal, add, none, row, label, children }: Props<One>) {
  return (
    <Panel
      title={title}
      flush
      actions={
        <ActButton variant="default" refusal={refusal} leftSection={<IconPlus size={14} />} onAct={add}>
          New {what}
        </ActButton>
      }
    >
      <Answer query={query}>
        {({ items }) => (
          <>
            {items.length === 0 ? (
              <Empty title={none.title}>{none.says}</Empty>
            ) : (
              <Table highlightOnHover layout="fixed" aria-label={label ?? title}>
                <Table.Tbody>{items.map(row)}</Table.Tbody>
              </Table>
            )}
            <More of={query} />
            {children(items)}
          </>
        )}
      </Answer>
    </Panel>
  );
}

/** Opens the form of one of them. */
export function EditIcon({ label, refusal, onAct }: { label: string; refusal: Refusal; onAct: () => void }) {
  return (
    <ActIcon label={label} refusal={refusal} onAct={onAct}>
      <IconPencil size={14} />
    </ActIcon>
  );
}
