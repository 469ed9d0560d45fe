import type { Channel, Schema } from "./recording-file";

type Decode = (data: Uint8Array) => unknown;

/** Said of messages that this page cannot take apart; the hub may be able to. */
export class Undecodable extends Error {}

/** Takes messages apart by their schema; what that needs is loaded when the first such message is looked at. */
export class Decoders {
  private readonly known = new Map<number, Promise<Decode>>();

  async decode(channel: Channel, schema: Schema | undefined, data: Uint8Array): Promise<unknown> {
    const decoder = this.known.get(channel.id) ?? decoderOf(channel, schema);
    this.known.set(channel.id, decoder);
    const decode = await decoder;
    try {
      return decode(data);
    } catch (error) {
      throw new Undecodable(`This message does not match its schema: ${reasonOf(error)}.`);
    }
  }
}

async function decoderOf(channel: Channel, schema: Schema | undefined): Promise<Decode> {
  const { messageEncoding } = channel;
  try {
    if (messageEncoding === "json") return (data) => JSON.parse(new TextDecoder().decode(data));
    if (schema !== undefined && messageEncoding === "cdr" && schema.encoding === "ros2msg") return await ros2(schema);
    if (schema !== undefined && messageEncoding === "protobuf" && schema.encoding === "protobuf") {
      const { protobufDecoder } = await import("./protobuf");
      return protobufDecoder(schema.name, schema.data);
    }
  } catch (error) {
    throw new Undecodable(`The schema of ${channel.topic} cannot be read: ${reasonOf(error)}.`);
  }
  const kind =
    schema === undefined ? messageEncoding : `${messageEncoding} with ${schema.encoding || "an empty"} schema`;
  throw new Undecodable(`Messages encoded as ${kind || "nothing that it says"} cannot be decoded in a browser.`);
}

async function ros2(schema: Schema): Promise<Decode> {
  const [{ parse }, { MessageReader }] = await Promise.all([
    import("@foxglove/rosmsg"),
    import("@foxglove/rosmsg2-serialization"),
  ]);
  const reader = new MessageReader(parse(new TextDecoder().decode(schema.data), { ros2: true }));
  return (data) => reader.readMessage(data);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
}
