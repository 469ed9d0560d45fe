import { Box, Text } from "@mantine/core";
import { toldIn } from "~/format/fenced";

/** A text as it was written; what came from outside stands apart, and says from where. */
export function Told({ text }: { text: string }) {
  return toldIn(text).map((part, place) =>
    part.source === undefined ? (
      <Box key={place}>{part.text}</Box>
    ) : (
      <Box
        key={place}
        component="blockquote"
        m={0}
        my={6}
        pl="sm"
        style={{ borderLeft: "2px solid var(--mantine-color-default-border)" }}
      >
        <Text size="xs" c="dimmed">
          from {part.source}
        </Text>
        {part.text}
      </Box>
    ),
  );
}
