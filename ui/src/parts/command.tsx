import { ActionIcon, Box, Code, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";

/** Something to copy, such as a command for a terminal or a secret that is shown once. */
export function Command({ text, label = "Copy" }: { text: string; label?: string }) {
  return (
    <Box pos="relative">
      <Code block pr={40} ta="left" tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>
        {text}
      </Code>
      <Box pos="absolute" top={4} right={4}>
        <Copy text={text} label={label} />
      </Box>
    </Box>
  );
}

export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  return (
    <CopyButton value={text} timeout={2_000}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : label}>
          <ActionIcon aria-label={label} onClick={copy}>
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}
