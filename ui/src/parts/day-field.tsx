import { Text, TextInput, type TextInputProps } from "@mantine/core";

type Props = Omit<TextInputProps, "value" | "onChange"> & {
  /** Which end of a span of days it is; said in the field itself, where there is no room for a label. */
  end: "from" | "to";
  /** As the URL has it: `2026-03-02`. */
  value: string | undefined;
  onChange: (day: string | undefined) => void;
};

/** A day of the viewer's calendar. */
export function DayField({ end, value, onChange, ...look }: Props) {
  return (
    <TextInput
      type="date"
      w={168}
      aria-label={end === "from" ? "From this day" : "To this day"}
      leftSection={
        <Text span size="xs">
          {end}
        </Text>
      }
      leftSectionWidth={end === "from" ? 42 : 30}
      {...look}
      value={value ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}
