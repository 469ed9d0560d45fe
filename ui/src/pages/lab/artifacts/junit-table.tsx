import { Box, Code, Group, SegmentedControl, Table, Text } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";
import { figure, plural } from "~/format/numbers";
import { Empty } from "~/parts/empty";
import { Mark } from "~/parts/marks";
import { useUrl } from "~/parts/use-url";
import { type TestCase, totalsOf } from "./junit";

/** The cases of a JUnit report; what failed comes first, with what it said. */
export function JunitTable({ cases }: { cases: TestCase[] }) {
  const totals = totalsOf(cases);
  const bad = totals.failed + totals.error;
  const url = useUrl();
  const usual = bad > 0 ? "bad" : "all";
  const shown = useSearch({ strict: false, select: ({ tests }) => tests }) ?? usual;
  const rows = shown === "all" ? cases : cases.filter((one) => one.outcome === "failed" || one.outcome === "error");
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
          onChange={(tests) => url({ tests: tests === usual ? undefined : tests })}
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
            {rows.map((one, place) => (
              <Row key={place} test={one} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
}

function Row({ test }: { test: TestCase }) {
  return (
    <Table.Tr style={{ verticalAlign: "top" }}>
      <Table.Td>
        <Text size="sm" fw={550}>
          {test.name}
        </Text>
        <Text size="xs" c="dimmed">
          {test.suite}
        </Text>
        {test.message === "" && test.details === "" ? null : (
          <Box component="details" mt={4} open={test.outcome !== "skipped"}>
            <Text component="summary" size="xs" style={{ cursor: "pointer" }}>
              {test.message || "What it said"}
            </Text>
            {test.details === "" ? null : (
              <Code block mt={4} tabIndex={0} style={{ maxHeight: 320, overflow: "auto" }}>
                {test.details}
              </Code>
            )}
          </Box>
        )}
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
