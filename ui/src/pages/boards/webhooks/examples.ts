import { quoted } from "../agents/commands";

const BODY = '{"text": "hello"}';

/** What is typed to post to a webhook, signed as GitHub does where it asks for signatures. */
export function posting(address: string, secret: string | null | undefined): string {
  const json = "-H 'Content-Type: application/json'";
  if (!secret) return `curl -X POST ${address} ${json} -d ${quoted(BODY)}`;
  return `BODY=${quoted(BODY)}
SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac ${quoted(secret)} -r | cut -d' ' -f1)
curl -X POST ${address} ${json} -H "X-GitHub-Delivery: $(date +%s)" \\
  -H "X-Hub-Signature-256: sha256=$SIGNATURE" -d "$BODY"`;
}
