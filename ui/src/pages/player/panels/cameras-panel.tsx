import { Box, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { ask, asProblem } from "~/api/client";
import { clock } from "~/format/time";
import { rounded } from "../model/times";
import { useCalmCursor, usePlaying } from "../playing";
import { PanelFrame } from "./frame";

// More pictures a second than this nobody sees, and a hub on a small machine cannot cut out.
const EVERY_MS = 120;

export function CamerasPanel({ topics }: { topics: string[] }) {
  return (
    <PanelFrame name="cameras" title={topics.length === 1 ? "Camera" : "Cameras"}>
      <Stack gap="xs">
        {topics.map((topic) => (
          <Camera key={topic} topic={topic} />
        ))}
      </Stack>
    </PanelFrame>
  );
}

type Shown = { url: string; timeS: number };

/** The last image at the cursor. One is asked for at a time: while it comes, the cursor may move on. */
function Camera({ topic }: { topic: string }) {
  const cursor = useCalmCursor(EVERY_MS);
  const { shown, problem } = useFrame(topic, cursor);
  return (
    <Box component="figure" m={0}>
      {shown === null ? null : (
        <img
          src={shown.url}
          alt={`${topic} at ${clock(shown.timeS)}`}
          style={{ width: "100%", display: "block", borderRadius: 3, background: "#000" }}
        />
      )}
      <Text component="figcaption" size="xs" c="dimmed" pt={2}>
        {topic}
        {shown === null ? null : ` · ${clock(shown.timeS)}`}
        {problem === null ? null : ` · ${problem}`}
      </Text>
    </Box>
  );
}

function useFrame(topic: string, cursor: number): { shown: Shown | null; problem: string | null } {
  const { recording } = usePlaying();
  const [shown, setShown] = useState<Shown | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const wanted = useRef(cursor);
  wanted.current = cursor;
  const isAsking = useRef(false);
  const isGone = useRef(false);

  useEffect(() => {
    const look = async () => {
      if (isAsking.current) return;
      isAsking.current = true;
      let asked: number | null = null;
      while (asked !== wanted.current && !isGone.current) {
        asked = wanted.current;
        await load(asked);
      }
      isAsking.current = false;
    };
    const load = async (at: number) => {
      // A camera's first image comes a little after the recording begins: better that one than a black place.
      const query = new URLSearchParams({ topic, t: String(rounded(at + 1e-6)), or_first: "true" });
      try {
        const answer = await ask(`/api/sessions/${encodeURIComponent(recording.session_id)}/frames?${query}`);
        const url = URL.createObjectURL(await answer.blob());
        const timeS = Number(answer.headers.get("x-time") ?? at);
        if (isGone.current) URL.revokeObjectURL(url);
        else setShown({ url, timeS });
        setProblem(null);
      } catch (error) {
        setProblem(asProblem(error).detail);
      }
    };
    void cursor;
    void look();
  }, [topic, cursor, recording.session_id]);

  useEffect(() => {
    const url = shown?.url;
    return () => {
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [shown]);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  return { shown, problem };
}
