import {
  Badge,
  Box,
  Button,
  Group,
  Modal,
  NumberInput,
  PasswordInput,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { useAdminister } from "~/api/rights";
import { ActLink } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Confirm } from "~/parts/confirm";
import { Empty } from "~/parts/empty";
import { PageButton, PageLink } from "~/parts/link";
import { useEverything } from "~/parts/listed";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { Permitted } from "~/parts/permitted";
import { say, sayProblem } from "~/parts/say";
import { useUrl } from "~/parts/use-url";
import { parseCommandLine } from "./form/command-line";
import { LabFrame } from "./lab-frame";
import { type LabRepository, repositoriesQuery } from "./queries";

/** Where code comes from, and the secrets that sessions may ask for; `edit` names the one that is changed. */
export function RepositoriesPage({ edit, secrets }: { edit?: string; secrets?: string }) {
  const repositories = useEverything(useInfiniteQuery(repositoriesQuery));
  const url = useUrl();
  const refusal = useAdminister();
  const close = () => url({ edit: undefined, secrets: undefined }, "closes");
  const add = (
    <ActLink refusal={refusal} to="/lab/repositories" search={{ edit: "" }} leftSection={<IconPlus size={15} />}>
      Add a repository
    </ActLink>
  );
  return (
    <LabFrame title="Repositories" actions={add}>
      <Answer query={repositories}>
        {({ items }) => (
          <>
            {items.length === 0 ? <NoRepositories /> : <Repositories items={items} />}
            <Modal
              opened={edit !== undefined}
              onClose={close}
              title={edit ? `Change ${edit}` : "Add a repository"}
              size="lg"
            >
              <Permitted>
                <RepositoryForm key={edit} known={items.find((one) => one.name === edit)} done={close} />
              </Permitted>
            </Modal>
            <Modal opened={secrets !== undefined} onClose={close} title={`Secrets of ${secrets ?? ""}`} size="lg">
              <Permitted>
                <Secrets name={secrets ?? ""} known={items.find((one) => one.name === secrets)?.secrets ?? []} />
              </Permitted>
            </Modal>
          </>
        )}
      </Answer>
    </LabFrame>
  );
}

export function NoRepositories() {
  return (
    <Empty title="No repository is known yet">
      Debug sessions check code out of repositories.{" "}
      <PageLink inherit underline="always" to="/lab/repositories" search={{ edit: "" }}>
        Add one here
      </PageLink>
      , or at a terminal:
      <Box ta="left" mt="sm">
        <Command
          text={`pilothouse lab login --url ${window.location.origin}\npilothouse lab repo add NAME https://git.example.com/team/robot.git`}
        />
      </Box>
    </Empty>
  );
}

function Repositories({ items }: { items: LabRepository[] }) {
  const refusal = useAdminister();
  return (
    <Panel flush>
      <Table aria-label="Repositories">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th visibleFrom="sm">From</Table.Th>
            <Table.Th visibleFrom="md">Set-up</Table.Th>
            <Table.Th miw={76}>Secrets</Table.Th>
            <Table.Th visibleFrom="md">Changed</Table.Th>
            <Table.Th aria-label="Actions" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td fw={550}>
                <PageLink inherit to="/lab" search={{ repository: one.name, all: true }}>
                  {one.name}
                </PageLink>
              </Table.Td>
              <Table.Td visibleFrom="sm">
                {one.remote_url}
                <Text size="xs" c="dimmed">
                  {one.default_branch}
                  {one.max_parallel ? `, ${one.max_parallel} sessions at once` : ""}
                </Text>
              </Table.Td>
              <Table.Td visibleFrom="md">{setupWords(one.setup)}</Table.Td>
              <Table.Td>
                {refusal === null ? (
                  <PageLink inherit to="/lab/repositories" search={{ secrets: one.name }}>
                    {secretsOf(one)}
                  </PageLink>
                ) : (
                  secretsOf(one)
                )}
              </Table.Td>
              <Table.Td visibleFrom="md">
                <Moment at={one.changed_at} />
              </Table.Td>
              <Table.Td>
                <Group gap="xs" justify="flex-end">
                  <ActLink refusal={refusal} variant="subtle" to="/lab/repositories" search={{ edit: one.name }}>
                    Change
                  </ActLink>
                  <PageButton variant="light" to="/lab/new" search={{ repository: one.name }}>
                    Session
                  </PageButton>
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}

function secretsOf({ secrets = [] }: LabRepository): string {
  return secrets.length === 0 ? "none" : secrets.join(", ");
}

function setupWords(setup: LabRepository["setup"]): string {
  if (setup === null || setup === undefined) return "auto";
  return typeof setup === "string" ? setup : setup.map((argv) => argv.join(" ")).join("; ");
}

function RepositoryForm({ known, done }: { known: LabRepository | undefined; done: () => void }) {
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (repository: Model<"NewLabRepository">) => answered(api.POST("/repository/init", { body: repository })),
    onSuccess: async (saved) => {
      await queries.invalidateQueries({ queryKey: ["lab"] });
      say(`Sessions can be made from ${saved.name}.`);
      done();
    },
    onError: sayProblem,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const field = (name: string) => String(fields.get(name) ?? "").trim();
    const parallel = Number(field("max_parallel"));
    save.mutate({
      name: known?.name ?? field("name"),
      remote_url: field("remote_url"),
      default_branch: field("default_branch") || "main",
      setup: setupOf(field("setup")),
      max_parallel: parallel > 0 ? parallel : null,
      metadata: known?.metadata ?? {},
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {known === undefined ? <TextInput name="name" label="Name" required data-autofocus /> : null}
        <TextInput
          name="remote_url"
          label="Address"
          description="Without credentials: those are settings of the hub (PILOTHOUSE_LAB_GIT_CREDENTIALS)."
          required
          defaultValue={known?.remote_url}
          placeholder="https://git.example.com/team/robot.git"
        />
        <SimpleGrid cols={2}>
          <TextInput name="default_branch" label="Default branch" defaultValue={known?.default_branch ?? "main"} />
          <NumberInput
            name="max_parallel"
            label="Sessions at once"
            placeholder="any number"
            min={1}
            defaultValue={known?.max_parallel ?? ""}
          />
        </SimpleGrid>
        <TextInput
          name="setup"
          label="Set-up"
          description="auto reads its manifests; none; or a command of your own."
          defaultValue={known === undefined ? "auto" : setupWords(known.setup)}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {known === undefined ? "Add" : "Save"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function setupOf(text: string): string | string[][] | null {
  if (text === "" || text === "auto" || text === "none") return text === "" ? null : text;
  const commands = text.split(";").map(parseCommandLine);
  return commands.flatMap((one) => ("argv" in one ? [one.argv] : []));
}

function Secrets({ name, known }: { name: string; known: readonly string[] }) {
  const queries = useQueryClient();
  const [secret, setSecret] = useState("");
  const [value, setValue] = useState("");
  const refresh = () => queries.invalidateQueries({ queryKey: ["lab", "repositories"] });
  const put = useMutation({
    mutationFn: () =>
      answered(api.PUT("/repository/{name}/secrets/{secret}", { params: { path: { name, secret } }, body: { value } })),
    onSuccess: async () => {
      say(`${secret} is kept.`);
      setSecret("");
      setValue("");
      await refresh();
    },
    onError: sayProblem,
  });
  const forget = useMutation({
    mutationFn: (one: string) =>
      answered(api.DELETE("/repository/{name}/secrets/{secret}", { params: { path: { name, secret: one } } })),
    onSuccess: refresh,
    onError: sayProblem,
  });
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        A secret enters the commands that name it, as a variable, and is blotted out of output and artifacts. It is
        never shown again.
      </Text>
      {known.map((one) => (
        <Group key={one} justify="space-between">
          <Badge tt="none" size="lg" color="gray">
            {one}
          </Badge>
          <Confirm
            question={`Forget ${one}?`}
            consequence="Sessions that ask for it will not begin until it is kept again."
            onConfirm={() => forget.mutate(one)}
            leftSection={<IconX size={14} />}
          >
            Forget
          </Confirm>
        </Group>
      ))}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          put.mutate();
        }}
      >
        <Group align="end" gap="sm">
          <TextInput
            label="Name"
            required
            pattern="[A-Za-z_][A-Za-z0-9_]{0,99}"
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
            placeholder="API_KEY"
          />
          <PasswordInput
            label="Value"
            required
            value={value}
            autoComplete="off"
            onChange={(event) => setValue(event.currentTarget.value)}
            style={{ flex: 1 }}
          />
          <Button type="submit" loading={put.isPending}>
            {known.includes(secret) ? "Replace" : "Keep"}
          </Button>
        </Group>
      </form>
    </Stack>
  );
}
