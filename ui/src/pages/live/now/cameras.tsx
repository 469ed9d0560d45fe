import { Box, SimpleGrid, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import { count } from "~/format/numbers";
import { span } from "~/format/time";
import { Panel } from "~/parts/panel";
import { useLive, usePainter } from "../feed/feed-context";
import type { LiveState } from "../feed/live-state";
import { FramePainter } from "./frame-painter";

/** The robot's cameras. */
export function Cameras() {
  const state = useLive();
  const names = [...state.cameras.keys()].sort();
  return (
    <Panel title="Cameras">
      {names.length === 0 ? (
        <Text size="sm" c="dimmed">
          No frame has come.
        </Text>
      ) : (
        <SimpleGrid cols={names.length === 1 ? 1 : 2} spacing="xs">
          {names.map((name) => (
            <CameraView key={name} name={name} state={state} />
          ))}
        </SimpleGrid>
      )}
    </Panel>
  );
}

function CameraView({ name, state }: { name: string; state: LiveState }) {
  const image = useRef<HTMLImageElement>(null);
  const painter = useRef<FramePainter | null>(null);
  useEffect(() => {
    if (image.current === null) return;
    const made = new FramePainter(image.current);
    painter.current = made;
    return () => {
      painter.current = null;
      made.end();
    };
  }, []);
  usePainter(({ cameras }) => {
    const camera = cameras.get(name);
    if (camera !== undefined) painter.current?.paint(camera.jpeg);
  });
  const camera = state.cameras.get(name);
  const age = camera === undefined ? 0 : (performance.now() - camera.heardMs) / 1_000;
  return (
    <Box component="figure" m={0}>
      <img
        ref={image}
        alt={`Camera ${name}`}
        style={{ width: "100%", aspectRatio: "4 / 3", objectFit: "contain", background: "#000", display: "block" }}
      />
      <Text component="figcaption" size="xs" c="dimmed">
        {name} · {camera === undefined ? "" : `${count(camera.frames)} frames`}
        {age > 2 ? `, the last ${span(age)} ago` : ""}
      </Text>
    </Box>
  );
}
