import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { useWhoAmI, type WhoAmI } from "~/api/session";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { inParts, useShown } from "~/parts/listed";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";
import { say, sayProblem } from "~/parts/say";
import { browserOf } from "./browser";
import { Ends, type Expiry, ExpirySelect, expiryAt } from "./expiry";
import { OrganizationPanel } from "./organization-panel";
import { SecretOnce } from "./secret-once";
import { SettingsFrame } from "./settings-frame";
import { TokenTable } from "./token-table";

const mine = inParts(["tokens", "mine"], (query, signal) =>
  answered(api.GET("/api/v1/users/me/tokens", { params: { query }, signal })),
);
const signIns = inParts(["tokens", "sign-ins"], (query, signal) =>
  answered(api.GET("/api/v1/users/me/sign-ins", { params: { query }, signal })),
);

/** Who one is here: name, own tokens, the browsers one is signed in with. */
export function MePage() {
  const me = useWhoAmI();
  return (
    <SettingsFrame title="Me">
      {me === undefined ? null : me === null ? (
        <Empty title="Nobody is signed in here">
          <PageLink inherit to="/login" search={{ next: "/settings" }}>
            Sign in
          </PageLink>{" "}
          to see what is yours.
        </Empty>
      ) : me.user_id === null ? (
        <Empty title={`Signed in as ${me.name}`}>
          This is no person: it has no name to change, no tokens and no sign-ins of its own.
        </Empty>
      ) : (
        <Mine me={me} />
      )}
    </SettingsFrame>
  );
}

function Mine({ me }: { me: WhoAmI }) {
  return (
    <Stack gap="md">
      <Name me={me} />
      <OrganizationPanel />
      <MyTokens />
      <SignIns />
    </Stack>
  );
}

function Name({ me }: { me: WhoAmI }) {
  const queries = useQueryClient();
  const user = useQuery({
    queryKey: ["me"],
    queryFn: ({ signal }) => answered(api.GET("/api/v1/users/me", { signal })),
  });
  const rename = useMutation({
    mutationFn: (change: Model<"UserChange">) => answered(api.PATCH("/api/v1/users/me", { body: change })),
    onSuccess: async () => {
      say("You are called so from now on.");
      await Promise.all(["me", "who-am-i"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
    onError: async (error) => {
      sayProblem(error);
      await queries.invalidateQueries({ queryKey: ["me"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>, version: number) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    rename.mutate({ name, version });
  };
  return (
    <Panel title="You">
      <Answer query={user}>
        {({ name, email, version }) => (
          <form key={`${name}-${version}`} onSubmit={(event) => submit(event, version)}>
            <Group align="end" gap="sm">
              <TextInput
                name="name"
                label="What you are called"
                defaultValue={name}
                required
                maxLength={100}
                w={{ base: "100%", xs: 260 }}
              />
              <Button type="submit" variant="default" loading={rename.isPending}>
                Save
              </Button>
              <Text size="sm" c="dimmed" mb={6}>
                {[email, me.role].filter(Boolean).join(", ")}
              </Text>
            </Group>
          </form>
        )}
      </Answer>
    </Panel>
  );
}

function MyTokens() {
  const queries = useQueryClient();
  const [made, setMade] = useState<Model<"MadeToken"> | null>(null);
  const [name, setName] = useState("");
  const [expiry, setExpiry] = useState<Expiry>("90");
  const tokens = useShown(useInfiniteQuery(mine), "tokens");
  const refresh = () => queries.invalidateQueries({ queryKey: ["tokens"] });
  const make = useMutation({
    mutationFn: () =>
      answered(api.POST("/api/v1/users/me/tokens", { body: { name: name.trim(), expires_at: expiryAt(expiry) } })),
    onSuccess: async (token) => {
      setMade(token);
      setName("");
      await refresh();
    },
    onError: sayProblem,
  });
  const revoke = useMutation({
    mutationFn: (token_id: string) =>
      answered(api.DELETE("/api/v1/users/me/tokens/{token_id}", { params: { path: { token_id } } })),
    onSuccess: () => queries.invalidateQueries(),
    onError: sayProblem,
  });
  return (
    <Panel title="Tokens of yours" flush>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Group align="end" gap="sm" p="sm">
          <TextInput
            label="What it is for"
            required
            maxLength={100}
            placeholder="my laptop"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <ExpirySelect value={expiry} onChange={setExpiry} />
          <Button type="submit" loading={make.isPending}>
            Make a token
          </Button>
          <Text size="xs" c="dimmed" maw={420}>
            It may all that you may. A program is better given an API token with scopes.
          </Text>
        </Group>
      </form>
      <Answer query={tokens}>
        {({ items }) => (
          <TokenTable
            label="Tokens of yours"
            tokens={items}
            empty="You have no token"
            end={{
              word: "Revoke",
              question: (token) => `Revoke ${token.name}?`,
              consequence:
                "Whoever uses it is refused from now on, and every browser of yours is signed out, this one too: one may have been signed in with it.",
              act: (token) => revoke.mutate(token.id),
            }}
          />
        )}
      </Answer>
      <More of={tokens} />
      <SecretOnce title="Your token" secret={made?.token} onClose={() => setMade(null)}>
        <Ends token={made} />
      </SecretOnce>
    </Panel>
  );
}

function SignIns() {
  const queries = useQueryClient();
  const found = useShown(useInfiniteQuery(signIns), "browsers");
  const end = useMutation({
    mutationFn: (token_id: string) =>
      answered(api.DELETE("/api/v1/users/me/sign-ins/{token_id}", { params: { path: { token_id } } })),
    onSuccess: () => queries.invalidateQueries(),
    onError: sayProblem,
  });
  return (
    <Panel title="Browsers you are signed in with" flush>
      <Answer query={found}>
        {({ items }) => (
          <TokenTable
            label="Browsers you are signed in with"
            areBrowsers
            tokens={items.filter((one) => one.active)}
            empty="No browser is signed in"
            end={{
              word: "Sign out",
              question: (token) => `Sign ${browserOf(token.name)} out?`,
              consequence: "That browser must sign in again. If it is this one, you are signed out here.",
              act: (token) => end.mutate(token.id),
            }}
          />
        )}
      </Answer>
      <More of={found} />
    </Panel>
  );
}
