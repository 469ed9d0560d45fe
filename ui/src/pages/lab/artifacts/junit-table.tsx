import { Code, Group, SegmentedControl, Table, Text, UnstyledButton } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";
import { figure, plural } from "~/format/numbers";
import { Empty } from "~/parts/empty";
import { partsWanted } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { More } from "~/parts/more";
import { useUrl } from "~/parts/use-url";
import { turnedAt } from "../session/search";
import { isBad, type TestCase, totalsOf } from "./junit";

// So many rows are drawn at first, and as many more each time they are asked for.
const ROWS = 300;

type Search = { tests?: "bad" | "all"; turned?: number[]; cases?: number };

/** The cases of a JUnit report; what failed comes first, with what it said. */
export function JunitTable({ cases }: { cases: TestCase[] }) {
  const totals = totalsOf(cases);
  const bad = totals.failed + totals.error;
  const url = useUrl();
  const usual = bad > 0 ? "bad" : "all";
  const search: Search = useSearch({ strict: false });
  const shown = search.tests ?? usual;
  const parts = partsWanted(search.cases);
  const turned = search.turned ?? [];
  // What failed comes first: a case has the same place among those as among all.
  const rows = shown === "all" ? cases : cases.slice(0, bad);
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Text size="sm">
          {plural(cases.length, "test")}: {totals.passed} passed
          {bad > 0 ? `, ${bad} failed` : ""}
          {totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}
        </Text>
        <SegmentedControl
          aria-label="Which tests"
          value={shown}
          onChange={(tests) => url({ tests: tests === usual ? undefined : tests, cases: undefined })}
          data={[
            { value: "bad", label: `Failed (${bad})` },
            { value: "all", label: "All" },
          ]}
        />
      </Group>
      {rows.length === 0 ? (
        <Empty title="Nothing failed" />
      ) : (
        <Table aria-label="Tests">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Test</Table.Th>
              <Table.Th>Result</Table.Th>
              <Table.Th ta="right" visibleFrom="xs">
                Seconds
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.slice(0, ROWS * parts).map((one, place) => (
              <Row
                key={place}
                test={one}
                isOpen={isBad(one) !== turned.includes(place)}
                onTurn={() => url({ turned: turnedAt(turned, place) })}
              />
            ))}
          </Table.Tbody>
        </Table>
      )}
      <More of={{ hasMore: rows.length > ROWS * parts, isAsking: false, showMore: () => url({ cases: parts + 1 }) }} />
    </>
  );
}

function Row({ test, isOpen, onTurn }: { test: TestCase; isOpen: boolean; onTurn: () => void }) {
  return (
    <Table.Tr style={{ verticalAlign: "top" }}>
      <Table.Td>
        <Text size="sm" fw={550}>
          {test.name}
        </Text>
        <Text size="xs" c="dimmed">
          {test.suite}
        </Text>
        {test.details === "" ? (
          <Text size="xs" mt={4} style={{ whiteSpace: "pre-wrap" }}>
            {test.message}
          </Text>
        ) : (
          <UnstyledButton mt={4} fz="xs" ta="left" aria-expanded={isOpen} onClick={onTurn}>
            {isOpen ? "▾" : "▸"} {test.message || "What it said"}
          </UnstyledButton>
        )}
        {test.details !== "" && isOpen ? (
          <Code block mt={4} tabIndex={0} style={{ maxHeight: 320, overflow: "auto" }}>
            {test.details}
          </Code>
        ) : null}
      </Table.Td>
      <Table.Td>
        <Mark of={test.outcome} />
      </Table.Td>
      <Table.Td ta="right" visibleFrom="xs">
        {figure(test.seconds, 3)}
      </Table.Td>
    </Table.Tr>
  );
}
