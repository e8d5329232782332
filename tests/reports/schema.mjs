// Reads {"kind", "office", "content" in base64} line by line; answers each with its faults.
import { createInterface } from "node:readline";

import validate from "@ooxml-tools/validate";

for await (const line of createInterface({ input: process.stdin })) {
  const { kind, office, content } = JSON.parse(line);
  let faults;
  try {
    const found = await validate(new Uint8Array(Buffer.from(content, "base64")), kind, office);
    faults = found.map(({ path, description }) => `${path.partUri}${path.xpath}: ${description}`);
  } catch (error) {
    faults = [String(error)];
  }
  process.stdout.write(`${JSON.stringify(faults)}\n`);
}
