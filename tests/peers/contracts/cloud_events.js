// The official SDK of CloudEvents for JavaScript, on a line of standard input each: reads a message in either mode
// (`{"read":{"headers":{…},"body":"…"}}`), or writes an event in both (`{"write":{…}}`). Says what came of it.

import { createInterface } from "node:readline";
import { CloudEvent, HTTP } from "cloudevents";

for await (const line of createInterface({ input: process.stdin })) {
  const { read, write } = JSON.parse(line);
  if (read) {
    const event = HTTP.toEvent(read);
    event.validate();
    console.log(JSON.stringify(event));
  } else {
    const event = new CloudEvent(write);
    const [structured, binary] = [HTTP.structured(event), HTTP.binary(event)];
    console.log(JSON.stringify({ structured, binary }));
  }
}
