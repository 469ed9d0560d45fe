import { TextInput, type TextInputProps } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useWords } from "./use-words";

type Props = Omit<TextInputProps, "value" | "onChange" | "aria-label"> & {
  label: string;
  /** What the URL has. */
  value: string | undefined;
  onChange: (words: string | undefined) => void;
};

/** The field above a list that narrows it to what holds these words. */
export function Words({ label, value, onChange, ...look }: Props) {
  const [typed, type] = useWords(value, onChange);
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={14} />}
      maxLength={200}
      {...look}
      label={undefined}
      value={typed}
      onChange={(event) => type(event.currentTarget.value)}
    />
  );
}
