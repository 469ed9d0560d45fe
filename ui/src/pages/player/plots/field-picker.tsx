import { Modal, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import type { Model } from "~/api/client";
import { count } from "~/format/numbers";
import { useWords } from "~/parts/use-words";
import { type Field, fieldsOf, searched } from "../model/fields";
import classes from "./plots.module.css";

type Props = {
  tree: Model<"FieldTree">;
  plotted: string[];
  /** What is searched, as the URL has it. */
  words: string | undefined;
  onWords: (words: string | undefined) => void;
  onPick: (field: string) => void;
  onClose: () => void;
};

/** Every number of the recording, found by a few letters; Enter plots the one that is marked, at first the first. */
export function FieldPicker({ tree, plotted, words, onWords, onPick, onClose }: Props) {
  const [typed, type] = useWords(words, onWords);
  const [marked, setMarked] = useState(0);
  const list = useId();
  const fields = useMemo(() => fieldsOf(tree), [tree]);
  const found = useMemo(() => searched(fields, typed), [fields, typed]);
  const unreadable = tree.topics.filter((topic) => topic.problem != null);
  const move = (by: number) => setMarked((now) => Math.min(Math.max(now + by, 0), found.length - 1));
  const press = (event: KeyboardEvent) => {
    const field = found[marked];
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && field !== undefined) onPick(field.name);
    else return;
    event.preventDefault();
  };
  return (
    <Modal opened onClose={onClose} title="Plot a field" size="lg" yOffset="10vh" centered={false}>
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={found.length === 0 ? undefined : `${list}-${marked}`}
        placeholder="Search topics and fields, such as: speed"
        aria-label="Search fields"
        leftSection={<IconSearch size={15} />}
        value={typed}
        onKeyDown={press}
        onChange={(event) => {
          type(event.currentTarget.value);
          setMarked(0);
        }}
      />
      <div id={list} role="listbox" aria-label="Fields" className={classes.found}>
        {found.map((field, index) => (
          <Option
            key={field.name}
            id={`${list}-${index}`}
            field={field}
            isMarked={index === marked}
            isPlotted={plotted.includes(field.name)}
            onPick={onPick}
          />
        ))}
      </div>
      <Text size="xs" c="dimmed" mt="xs" role="status">
        {found.length === 0 ? "No field of this name holds numbers. " : null}
        {count(fields.length)} fields of {count(tree.topics.length)} topics.
        {unreadable.map((topic) => ` ${topic.topic}: ${topic.problem}`)}
      </Text>
    </Modal>
  );
}

type OptionProps = {
  id: string;
  field: Field;
  isMarked: boolean;
  isPlotted: boolean;
  onPick: (field: string) => void;
};

function Option({ id, field, isMarked, isPlotted, onPick }: OptionProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isMarked) element.current?.scrollIntoView({ block: "nearest" });
  }, [isMarked]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the search field's, which keeps the focus
    // biome-ignore lint/a11y/useFocusableInteractive: the same
    <div
      ref={element}
      id={id}
      role="option"
      aria-selected={isMarked}
      className={classes.option}
      onClick={() => onPick(field.name)}
    >
      <span className={classes.topic}>{field.topic}</span>
      <strong>{field.name.slice(field.topic.length)}</strong>
      {isPlotted ? <span className={classes.topic}> plotted</span> : null}
    </div>
  );
}
