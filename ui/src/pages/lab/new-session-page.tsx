import { Button, Group, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Failure } from "~/parts/failure";
import { PageLink } from "~/parts/link";
import { useEverything } from "~/parts/listed";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { asNewSession, type Draft, EMPTY_DRAFT, type Mistakes } from "./form/draft";
import { SessionFields } from "./form/session-fields";
import { type LabRepository, repositoriesQuery } from "./queries";
import { NoRepositories } from "./repositories-page";

export type NewSessionSearch = {
  repository?: string;
  ref?: string;
  commit?: string;
  recording?: string[];
  incident?: string;
  command?: string[];
  artifact?: string[];
  label?: string[];
};

/** Makes a session; other pages fill the form in by its URL. */
export function NewSessionPage({ search }: { search: NewSessionSearch }) {
  const repositories = useEverything(useInfiniteQuery(repositoriesQuery));
  return (
    <Page title="New session" up={{ to: "/lab", title: "Lab" }}>
      <Answer query={repositories}>
        {({ items }) => (items.length === 0 ? <NoRepositories /> : <Form repositories={items} search={search} />)}
      </Answer>
    </Page>
  );
}

function Form({ repositories, search }: { repositories: LabRepository[]; search: NewSessionSearch }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => prefilled(search, repositories));
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const create = useMutation({
    mutationFn: (session: Model<"NewLabSession">) => answered(api.POST("/sessions", { body: session })),
    onSuccess: async (made) => {
      void queries.invalidateQueries({ queryKey: ["lab"] });
      await navigate({ to: "/lab/$sessionId", params: { sessionId: made.id } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const written = asNewSession(draft);
    setMistakes("mistakes" in written ? written.mistakes : {});
    if ("session" in written) create.mutate(written.session);
  };
  return (
    <form
      onSubmit={submit}
      onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && submit(event)}
      aria-label="New session"
      noValidate
    >
      <Panel>
        {draft.incident === "" ? null : (
          <Text size="sm" mb="sm">
            It is made for incident{" "}
            <PageLink to="/incidents/$incidentId" params={{ incidentId: draft.incident }} underline="always" inherit>
              {draft.incident}
            </PageLink>
            , and stands on its page.
          </Text>
        )}
        <SessionFields
          draft={draft}
          mistakes={mistakes}
          change={(more) => setDraft((before) => ({ ...before, ...more }))}
          repositories={repositories}
        />
        {create.isError ? <Failure error={create.error} /> : null}
        <Group justify="flex-end" mt="md" gap="sm">
          {Object.keys(mistakes).length === 0 ? null : (
            <Text size="sm" c="red" role="alert">
              {Object.values(mistakes)[0]}
            </Text>
          )}
          <Button type="submit" loading={create.isPending} title="Ctrl Enter">
            Make the session
          </Button>
        </Group>
      </Panel>
    </form>
  );
}

function prefilled(search: NewSessionSearch, repositories: LabRepository[]): Draft {
  const [only] = repositories;
  return {
    ...EMPTY_DRAFT,
    repository: search.repository ?? (repositories.length === 1 ? (only?.name ?? "") : ""),
    ref: search.commit === undefined ? (search.ref ?? "") : "",
    commit: search.commit ?? "",
    recordings: search.recording ?? [],
    incident: search.incident ?? "",
    commands: (search.command ?? []).join("\n"),
    artifacts: search.artifact ?? [],
    labels: search.label ?? [],
  };
}
