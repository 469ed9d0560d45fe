import { Badge, Group, SegmentedControl, Stack } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Refusal } from "~/api/rights";
import { ActIcon } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { useShown } from "~/parts/listed";
import { More } from "~/parts/more";
import { useUrl } from "~/parts/use-url";
import { Words } from "~/parts/words";
import { MemoryEntry } from "./memory-entry";
import { type MemoryPlace, type MemorySought, memory } from "./memory-queries";
import { WriteMemory } from "./write-memory";

type Props = { place: MemoryPlace; sought: MemorySought; toWrite: Refusal };

/** A memory: written to above, searched, the latest first; it goes on by itself as others write. */
export function MemoryPart({ place, sought, toWrite }: Props) {
  const url = useUrl();
  const found = useShown(useInfiniteQuery(memory(place, sought)));
  return (
    <Stack gap="sm">
      <WriteMemory place={place} toWrite={toWrite} />
      <Group gap="xs">
        <Words
          label="Search the memory"
          value={sought.q}
          onChange={(q) => url({ q, shown: undefined })}
          w={{ base: "100%", xs: 240 }}
        />
        <SegmentedControl
          aria-label="Which entries"
          value={sought.kind ?? "all"}
          onChange={(kind) => url({ kind: kind === "all" ? undefined : kind, shown: undefined })}
          data={[
            { value: "all", label: "All" },
            { value: "kept", label: "Kept" },
            { value: "chat", label: "Said" },
          ]}
        />
        {sought.tag === undefined ? null : (
          <Badge
            tt="none"
            color="gray"
            size="lg"
            rightSection={
              <ActIcon
                label={`Show other tags than ${sought.tag}`}
                size="xs"
                onAct={() => url({ tag: undefined, shown: undefined })}
              >
                <IconX size={11} />
              </ActIcon>
            }
          >
            {sought.tag}
          </Badge>
        )}
      </Group>
      <Answer query={found}>
        {({ items: entries }) => {
          if (entries.length === 0) {
            return (
              <Empty title={sought.q || sought.tag || sought.kind ? "Nothing fits" : "Nothing is remembered yet"}>
                What agents and people write here is found again by all who work on the board.
              </Empty>
            );
          }
          return (
            <Stack gap="xs" component="ol" m={0} p={0} style={{ listStyle: "none" }} aria-label="Memory">
              {entries.map((entry) => (
                <MemoryEntry
                  key={entry.id}
                  entry={entry}
                  place={place}
                  toWrite={toWrite}
                  isEditing={entry.id === sought.entry}
                />
              ))}
            </Stack>
          );
        }}
      </Answer>
      <More of={found}>Show earlier ones</More>
    </Stack>
  );
}
