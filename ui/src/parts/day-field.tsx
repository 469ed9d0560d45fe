import { TextInput, type TextInputProps } from "@mantine/core";

type Props = Omit<TextInputProps, "value" | "onChange"> & {
  /** As the URL has it: `2026-03-02`. */
  value: string | undefined;
  onChange: (day: string | undefined) => void;
};

/** A day of the viewer's calendar. */
export function DayField({ value, onChange, ...look }: Props) {
  return (
    <TextInput
      type="date"
      w={132}
      {...look}
      value={value ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}
