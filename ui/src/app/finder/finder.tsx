import { Group, Kbd, Modal, ScrollArea, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useAdminister } from "~/api/rights";
import { useWords } from "~/parts/use-words";
import { PLACES } from "../places";
import classes from "./finder.module.css";
import { ACTIONS, type Found, matching } from "./found";
import { searching } from "./search";

const PAGES: Found[] = PLACES.map(({ to, title }) => ({ id: to, kind: "Page", title, to }));
const PATIENCE_MS = 150;

type Props = { words: string; onWords: (words: string | undefined) => void; close: () => void };

/** A line of text, and below it what it could mean: arrows choose, Enter goes there. */
export default function Finder({ words, onWords, close }: Props) {
  const navigate = useNavigate();
  const [typed, type] = useWords(words, onWords);
  const [chosen, setChosen] = useState(0);
  const [asked] = useDebouncedValue(typed.trim(), PATIENCE_MS);
  const { data, isFetching } = useQuery({ ...searching(asked), placeholderData: keepPreviousData });
  const mayAll = useAdminister() === null;
  const actions = ACTIONS.filter(({ isForAdmins }) => mayAll || !isForAdmins);
  const lines = [...(asked.length > 1 ? (data ?? []) : []), ...matching([...PAGES, ...actions], typed)];
  const list = useId();
  const go = (line: Found | undefined) => {
    if (line === undefined) return;
    // Whoever goes elsewhere leaves the palette behind: Back leads to the page below it.
    void navigate({ href: line.to, replace: true });
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen((before) => (before + step + lines.length) % Math.max(1, lines.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(lines[chosen]);
    }
  };
  return (
    <Modal
      opened
      onClose={close}
      withCloseButton={false}
      padding={0}
      size="lg"
      yOffset="12vh"
      centered={false}
      title={null}
      attributes={{ content: { "aria-label": "Find anything" } }}
    >
      {/* For Escape, where it lies above something else. */}
      <button type="button" hidden data-close onClick={close} />
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        className={classes.input}
        leftSection={<IconSearch size={18} />}
        placeholder="A robot, recording, incident, task or action"
        aria-label="Find anything"
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={lines[chosen] === undefined ? undefined : `${list}-${chosen}`}
        value={typed}
        onChange={(event) => {
          type(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={press}
      />
      <ScrollArea.Autosize mah="56vh">
        <div role="listbox" id={list} aria-label="What was found" aria-busy={isFetching}>
          {lines.map((line, index) => (
            <Line
              key={`${line.kind} ${line.id}`}
              id={`${list}-${index}`}
              line={line}
              active={index === chosen}
              go={() => go(line)}
            />
          ))}
        </div>
        {lines.length === 0 && !isFetching ? (
          <Text size="sm" c="dimmed" p="md">
            Nothing here is called that.
          </Text>
        ) : null}
      </ScrollArea.Autosize>
      <Group gap="xs" className={classes.foot}>
        <Kbd size="xs">↑</Kbd>
        <Kbd size="xs">↓</Kbd> choose <Kbd size="xs">Enter</Kbd> go <Kbd size="xs">Esc</Kbd> close
      </Group>
    </Modal>
  );
}

function Line({ id, line, active, go }: { id: string; line: Found; active: boolean; go: () => void }) {
  const element = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (active) element.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <UnstyledButton
      ref={element}
      id={id}
      role="option"
      aria-selected={active}
      tabIndex={-1}
      className={classes.line}
      onClick={go}
    >
      <span className={classes.kind}>{line.kind}</span>
      <span className={classes.title}>{line.title}</span>
      {line.detail === undefined ? null : <span className={classes.detail}>{line.detail}</span>}
    </UnstyledButton>
  );
}
