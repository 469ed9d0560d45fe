import { TextInput } from "@mantine/core";

type Props = { value: string; onChange: (name: string) => void; maxLength?: number };

/** What something is called; the first field of the form that makes it. */
export function NameField({ value, onChange, maxLength = 200 }: Props) {
  return (
    <TextInput
      label="Name"
      required
      data-autofocus
      maxLength={maxLength}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
