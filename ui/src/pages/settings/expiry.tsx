import { Select } from "@mantine/core";

export const EXPIRIES = [
  { value: "7", label: "in a week" },
  { value: "90", label: "in 90 days" },
  { value: "365", label: "in a year" },
  { value: "never", label: "never" },
] as const;
export type Expiry = (typeof EXPIRIES)[number]["value"];

export function expiryAt(expiry: Expiry, now = Date.now()): string | undefined {
  return expiry === "never" ? undefined : new Date(now + Number(expiry) * 86_400_000).toISOString();
}

/** When something ends by itself. */
export function ExpirySelect({ value, onChange }: { value: Expiry; onChange: (value: Expiry) => void }) {
  return (
    <Select
      label="It ends"
      w={130}
      allowDeselect={false}
      data={[...EXPIRIES]}
      value={value}
      onChange={(chosen) => onChange((chosen ?? "90") as Expiry)}
    />
  );
}
