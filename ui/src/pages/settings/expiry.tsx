import { Select, Text } from "@mantine/core";
import type { Model } from "~/api/client";
import { Moment } from "~/parts/moment";

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

/** When a token that was just made ends: what made it may end sooner than what was asked for. */
export function Ends({ token }: { token: Model<"MadeToken"> | null }) {
  if (token === null) return null;
  return (
    <Text size="sm" mt="sm">
      {token.expires_at ? (
        <>
          It ends <Moment at={token.expires_at} form="both" />, which is not later than what it was made with: this
          sign-in, or a token.
        </>
      ) : (
        "It ends when it is revoked."
      )}
    </Text>
  );
}
