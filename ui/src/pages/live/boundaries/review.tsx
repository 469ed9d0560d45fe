import { Code, Table, Text } from "@mantine/core";
import type { Change } from "./changes";

/** What would be different, before it is. */
export function Review({ title, changes }: { title: string; changes: Change[] }) {
  return (
    <Table withTableBorder captionSide="top" layout="fixed">
      <Table.Caption>{title}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Key</Table.Th>
          <Table.Th>Holds now</Table.Th>
          <Table.Th>Would hold</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map(({ key, before, after }) => (
          <Table.Tr key={key}>
            <Table.Td>{key}</Table.Td>
            <Table.Td>{before === null ? <Absent /> : <Code>− {before}</Code>}</Table.Td>
            <Table.Td>{after === null ? <Absent /> : <Code>+ {after}</Code>}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Absent() {
  return (
    <Text span size="xs" c="dimmed">
      nothing
    </Text>
  );
}
