import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
} from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

type Decode = (data: Uint8Array) => unknown;

/** Messages of a type by the descriptors that travel in the file; nothing is generated, so that no script is made of them. */
export function protobufDecoder(typeName: string, descriptors: Uint8Array): Decode {
  const files = inOrder(fromBinary(FileDescriptorSetSchema, descriptors).file);
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files }));
  const type = registry.getMessage(typeName);
  if (type === undefined) throw new Error(`its schema does not describe ${typeName}`);
  return (data) => plain(type, fromBinary(type, data));
}

/** Files after those they import, which not every writer heeds. */
function inOrder(files: FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = new Set<FileDescriptorProto>();
  const visit = (file: FileDescriptorProto, above: Set<FileDescriptorProto>) => {
    if (ordered.has(file) || above.has(file)) return;
    above.add(file);
    for (const name of file.dependency) {
      const imported = byName.get(name);
      if (imported !== undefined) visit(imported, above);
    }
    ordered.add(file);
  };
  for (const file of files) visit(file, new Set());
  return [...ordered];
}

/** Fields by the names of the schema, as the hub names them too. */
function plain(type: DescMessage, message: Message): Record<string, unknown> {
  const fields = message as unknown as Record<string, unknown>;
  return Object.fromEntries(
    type.fields.flatMap((field) => {
      const value = field.oneof === undefined ? fields[field.localName] : chosen(fields[field.oneof.localName], field);
      return value === undefined ? [] : [[field.name, plainValue(field, value)]];
    }),
  );
}

function chosen(oneof: unknown, field: DescField): unknown {
  const { case: name, value } = (oneof ?? {}) as { case?: string; value?: unknown };
  return name === field.localName ? value : undefined;
}

function plainValue(field: DescField, value: unknown): unknown {
  if (field.fieldKind === "list" && field.listKind === "message") {
    return (value as Message[]).map((one) => plain(field.message, one));
  }
  if (field.fieldKind === "map" && field.mapKind === "message") {
    const entries = Object.entries(value as Record<string, Message>);
    return Object.fromEntries(entries.map(([key, one]) => [key, plain(field.message, one)]));
  }
  return field.fieldKind === "message" ? plain(field.message, value as Message) : value;
}
