import { Combobox, Modal, ScrollArea, Text, TextInput, useCombobox } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { Model } from "~/api/client";
import { count } from "~/format/numbers";
import { fieldsOf, searched } from "../model/fields";

type Props = { tree: Model<"FieldTree">; plotted: string[]; onPick: (field: string) => void; onClose: () => void };

/** Every number of the recording, found by a few letters; Enter plots the first. */
export function FieldPicker({ tree, plotted, onPick, onClose }: Props) {
  const [typed, setTyped] = useState("");
  const fields = useMemo(() => fieldsOf(tree), [tree]);
  const found = useMemo(() => searched(fields, typed), [fields, typed]);
  const unreadable = tree.topics.filter((topic) => topic.problem != null);
  const combobox = useCombobox({ opened: true });
  return (
    <Modal opened onClose={onClose} title="Plot a field" size="lg" yOffset="10vh" centered={false}>
      <Combobox store={combobox} onOptionSubmit={onPick}>
        <Combobox.EventsTarget>
          <TextInput
            data-autofocus
            placeholder="Search topics and fields, such as: speed"
            aria-label="Search fields"
            leftSection={<IconSearch size={15} />}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              combobox.updateSelectedOptionIndex();
              combobox.selectFirstOption();
            }}
          />
        </Combobox.EventsTarget>
        <ScrollArea.Autosize mah="50vh" mt="xs" type="auto">
          <Combobox.Options aria-label="Fields">
            {found.map((field) => (
              <Combobox.Option key={field.name} value={field.name} active={plotted.includes(field.name)}>
                <Text span size="sm" c="dimmed">
                  {field.topic}
                </Text>
                <Text span size="sm" fw={600}>
                  {field.name.slice(field.topic.length)}
                </Text>
              </Combobox.Option>
            ))}
            {found.length === 0 ? <Combobox.Empty>No field of this name holds numbers</Combobox.Empty> : null}
          </Combobox.Options>
        </ScrollArea.Autosize>
        <Text size="xs" c="dimmed" mt="xs">
          {count(fields.length)} fields of {count(tree.topics.length)} topics.
          {unreadable.map((topic) => ` ${topic.topic}: ${topic.problem}`)}
        </Text>
      </Combobox>
    </Modal>
  );
}
