import { Box, Code, Image, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ask } from "~/api/client";
import { bytes as inBytes } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import type { LabArtifact } from "../queries";
import { junitCases } from "./junit";
import { JunitTable } from "./junit-table";
import { asText, imageType, kindOf, MOST_PREVIEW_BYTES } from "./preview";

export function artifactPath(artifact: LabArtifact): string {
  return `/sessions/${encodeURIComponent(artifact.session_id)}/artifacts/${encodeURIComponent(artifact.id)}`;
}

/** An artifact as what it is: a table of tests, an image, text, or something to download. */
export function ArtifactView({ artifact }: { artifact: LabArtifact }) {
  const kind = kindOf(artifact.path);
  const isShown = kind !== "other" && artifact.size_bytes <= MOST_PREVIEW_BYTES;
  const content = useQuery({
    queryKey: ["lab-artifact", artifact.session_id, artifact.id],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    enabled: isShown,
    queryFn: async ({ signal }) => new Uint8Array(await (await ask(artifactPath(artifact), { signal })).arrayBuffer()),
  });
  if (!isShown) {
    return (
      <Text size="sm" c="dimmed">
        {inBytes(artifact.size_bytes)} that cannot be shown here: download them.
      </Text>
    );
  }
  return (
    <Answer query={content}>
      {(bytes) =>
        kind === "image" ? (
          <Picture bytes={bytes} artifact={artifact} />
        ) : (
          <Words bytes={bytes} isXml={kind === "xml"} />
        )
      }
    </Answer>
  );
}

// An image of a guest is drawn, never opened as a page: an object URL in an <img> runs no scripts, not even in SVG.
function Picture({ bytes, artifact }: { bytes: Uint8Array; artifact: LabArtifact }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: imageType(artifact.path) }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, artifact.path]);
  if (url === undefined) return null;
  return (
    <Box style={{ overflow: "auto" }}>
      <Image src={url} alt={artifact.path} w="auto" maw="100%" mah="70vh" fit="contain" />
    </Box>
  );
}

function Words({ bytes, isXml }: { bytes: Uint8Array; isXml: boolean }) {
  const cases = isXml ? junitCases(new TextDecoder().decode(bytes)) : null;
  if (cases !== null) return <JunitTable cases={cases} />;
  const text = asText(bytes);
  if (text === null) {
    return (
      <Text size="sm" c="dimmed">
        {inBytes(bytes.length)} that are no text, or too much of it: download them.
      </Text>
    );
  }
  return (
    <Code block tabIndex={0} style={{ maxHeight: "70vh", overflow: "auto", whiteSpace: "pre-wrap" }}>
      {text}
    </Code>
  );
}
