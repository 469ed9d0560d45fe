import { Badge } from "@mantine/core";

const WORDS: Record<string, string> = {
  isolated: "Commands see neither this machine's files nor its network, and cannot take more than they were given.",
  limited: "Some of what keeps commands apart does not work on this machine.",
  none: "Nothing keeps commands apart from this machine: run only what you trust.",
};

/** How far a machine keeps sessions apart. */
export function Level({ of }: { of: string }) {
  const color = of === "isolated" ? "gray" : of === "limited" ? "yellow" : "red";
  return (
    <Badge color={color} tt="none" title={WORDS[of]}>
      {of === "none" ? "no sandbox" : of}
    </Badge>
  );
}
