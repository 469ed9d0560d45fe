import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useOnBoard } from "../board/on-board";
import { type Choice, offered } from "../model/offered";
import { member, membersCalled } from "../model/queries";

const SETTLED_MS = 200;

type Props = Omit<SelectProps, "data" | "value" | "filter"> & { value: string | null; others?: Choice[] };

/** Who can be given a task: the agents of the board, and the members that are called as is typed. */
export function AssigneeSelect({ value, others = [], ...look }: Props) {
  const { snapshot } = useOnBoard();
  const organizationId = snapshot.board.organization_id;
  const known = [...others, ...snapshot.agents.map(({ id, name }) => ({ value: id, label: `${name} (agent)` }))];
  const isMember = value !== null && !known.some((one) => one.value === value);
  const chosen = useQuery({ ...member(organizationId, value ?? ""), enabled: isMember }).data;
  if (isMember && chosen !== undefined) known.push({ value: chosen.user_id, label: chosen.name });
  const [words, setWords] = useState("");
  // A field that holds a choice shows its name: that is no search.
  const sought = known.some(({ label }) => label === words) ? "" : words;
  const [asked] = useDebouncedValue(sought.trim(), SETTLED_MS);
  const people = useQuery(membersCalled(organizationId, asked)).data?.items ?? [];
  const found = people.map(({ user_id, name }) => ({ value: user_id, label: name }));
  return (
    <Select
      {...look}
      clearable
      searchable
      value={value}
      data={offered(known, found, sought)}
      // The hub has narrowed them already, also by what is not shown.
      filter={({ options }) => options}
      searchValue={words}
      onSearchChange={setWords}
      nothingFoundMessage="Nobody is called so"
    />
  );
}
