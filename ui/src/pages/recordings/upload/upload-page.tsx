import { Box, Button, Code, FileButton, Stack, Text } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { type DragEvent, useRef, useState, useSyncExternalStore } from "react";
import { Command } from "~/parts/command";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { UploadRow } from "./upload-row";
import { uploads } from "./uploads";

/** Delivers recordings from this browser: checked from end to end, resumed where they were interrupted. */
export function UploadPage() {
  const all = uploads();
  const list = useSyncExternalStore(all.subscribe, all.snapshot);
  const [isOver, setOver] = useState(false);
  const again = useRef<() => void>(null);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    all.add(event.dataTransfer.files);
  };
  return (
    <Page title="Deliver recordings" up={{ to: "/recordings", title: "Recordings" }}>
      <Stack gap="md" maw={860}>
        <Box
          component="section"
          aria-label="Files"
          p="xl"
          ta="center"
          style={{
            border: `2px dashed var(${isOver ? "--mantine-primary-color-filled" : "--mantine-color-default-border"})`,
            borderRadius: 6,
          }}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <FileButton
            multiple
            accept=".mcap"
            onChange={(files) => {
              all.add(files);
              // Else the same file chosen again would be no change.
              again.current?.();
            }}
            resetRef={again}
            inputProps={{ "aria-label": "Recordings" }}
          >
            {(props) => (
              <Button {...props} size="sm" leftSection={<IconUpload size={16} />}>
                Choose files
              </Button>
            )}
          </FileButton>
          <Text size="sm" c="dimmed" mt="sm">
            or drop <Code>.mcap</Code> files here. Each is checked from end to end. One that is interrupted goes on
            where it was; other pages can be looked at meanwhile.
          </Text>
        </Box>
        {list.length === 0 ? null : (
          <Panel title="On their way" flush>
            <Box component="ul" m={0} p={0} style={{ listStyle: "none" }} aria-live="polite">
              {list.map((one) => (
                <UploadRow key={one.key} upload={one} />
              ))}
            </Box>
          </Panel>
        )}
        <Text size="sm" c="dimmed">
          From a machine without a browser:
        </Text>
        <Command text={`pilothouse recordings upload --url ${window.location.origin} flight.mcap`} />
      </Stack>
    </Page>
  );
}
