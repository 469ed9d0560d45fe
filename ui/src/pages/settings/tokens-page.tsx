import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { toAdminister, useKnown } from "~/api/rights";
import { ActLink } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Pager } from "~/parts/pager";
import { Panel } from "~/parts/panel";
import { Permitted } from "~/parts/permitted";
import { sayProblem } from "~/parts/say";
import { useUrl } from "~/parts/use-url";
import { Ends, type Expiry, ExpirySelect, expiryAt } from "./expiry";
import { SecretOnce } from "./secret-once";
import { SettingsFrame } from "./settings-frame";
import { TokenTable } from "./token-table";

export const SCOPES: [string, string][] = [
  ["fleet:read", "look at robots, recordings, risk events and the live feed"],
  ["fleet:write", "deliver, annotate and report, for any robot"],
  ["boards:read", "look at every board of the home organization"],
  ["boards:write", "change every board, but never decide an approval"],
  ["sessions:read", "look at debug sessions"],
  ["sessions:write", "make and end debug sessions"],
  ["commands:write", "queue commands in debug sessions"],
  ["artifacts:read", "download what debug sessions produced"],
  ["admin", "everything: decide, delete, let robots in, make and revoke tokens"],
];

/** Tokens of programs: what each may, and until when. */
export function TokensPage({ offset, make }: { offset?: number; make?: true }) {
  const queries = useQueryClient();
  const url = useUrl();
  const refusal = useKnown(toAdminister);
  const tokens = useQuery({
    queryKey: ["tokens", "programs", offset],
    enabled: refusal === null,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.GET("/auth/tokens", { params: { query: { limit: 50, offset } }, signal })),
  });
  const revoke = useMutation({
    mutationFn: (token_id: string) =>
      answered(api.DELETE("/auth/tokens/{token_id}", { params: { path: { token_id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
    onError: sayProblem,
  });
  const close = () => url({ make: undefined }, "closes");
  return (
    <SettingsFrame
      title="API tokens"
      actions={
        <ActLink
          refusal={refusal ?? null}
          to="/settings/tokens"
          search={{ offset, make: true }}
          leftSection={<IconPlus size={15} />}
        >
          Make a token
        </ActLink>
      }
    >
      <Permitted>
        <Panel flush>
          <Answer query={tokens}>
            {(found) => (
              <>
                <TokenTable
                  label="API tokens"
                  tokens={found.items}
                  empty="No program has a token yet"
                  end={{
                    word: "Revoke",
                    question: (token) => `Revoke ${token.name}?`,
                    consequence: "Whoever uses it is refused from now on, and so is what was made with it.",
                    act: (token) => revoke.mutate(token.id),
                  }}
                />
                <Pager total={found.total} limit={found.limit} offset={found.offset} />
              </>
            )}
          </Answer>
        </Panel>
        <NewToken opened={make === true} onClose={close} />
      </Permitted>
    </SettingsFrame>
  );
}

function NewToken({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const [scopes, setScopes] = useState<string[]>([]);
  const [expiry, setExpiry] = useState<Expiry>("90");
  const [made, setMade] = useState<Model<"MadeToken"> | null>(null);
  const make = useMutation({
    mutationFn: (token: Model<"NewToken">) => answered(api.POST("/auth/tokens", { body: token })),
    onSuccess: async (token) => {
      setMade(token);
      setScopes([]);
      onClose();
      await queries.invalidateQueries({ queryKey: ["tokens"] });
    },
    onError: sayProblem,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const repository = String(fields.get("repository") ?? "").trim();
    make.mutate({
      name: String(fields.get("name") ?? "").trim(),
      scopes: scopes as Model<"NewToken">["scopes"],
      expires_at: expiryAt(expiry),
      repository: repository === "" ? undefined : repository,
    });
  };
  return (
    <>
      <Modal opened={opened} onClose={onClose} title="A token for a program" size="lg">
        <form onSubmit={submit}>
          <Stack gap="sm">
            <Group grow align="end">
              <TextInput name="name" label="What it is for" required maxLength={100} data-autofocus />
              <ExpirySelect value={expiry} onChange={setExpiry} />
            </Group>
            <Checkbox.Group label="It may" value={scopes} onChange={setScopes}>
              <Stack gap={6} mt={6}>
                {SCOPES.map(([scope, words]) => (
                  <Checkbox key={scope} value={scope} label={<Scope scope={scope} words={words} />} />
                ))}
              </Stack>
            </Checkbox.Group>
            <TextInput
              name="repository"
              label="Only debug sessions of this repository"
              placeholder="any"
              description="Leave it empty unless the token is for the lab."
            />
            <Group justify="flex-end">
              <Button type="submit" loading={make.isPending} disabled={scopes.length === 0}>
                Make the token
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
      <SecretOnce title="The token" secret={made?.token} onClose={() => setMade(null)}>
        <Ends token={made} />
      </SecretOnce>
    </>
  );
}

function Scope({ scope, words }: { scope: string; words: string }) {
  return (
    <>
      <Text span inherit fw={600}>
        {scope}
      </Text>{" "}
      {words}
    </>
  );
}
