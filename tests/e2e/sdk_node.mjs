// SPDX-License-Identifier: Apache-2.0
// The JavaScript SDK against osbxd. Run with the folder that holds its node_modules as the working directory.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.cwd()}/`);
const { ConnectionConfig, Sandbox, SandboxManager, SandboxApiException } =
  await import(pathToFileURL(require.resolve("@alibaba-group/opensandbox")));

let count = 0;
let failed = 0;
async function step(name, body) {
  count += 1;
  try {
    await body();
    console.log(`ok ${count} - node: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${count} - node: ${name}`);
    console.log(String(error.stack ?? error).replace(/^/gm, "# "));
  }
}
async function refused(call, status, code) {
  const error = await call.then(() => null, (reason) => reason);
  assert.ok(error instanceof SandboxApiException, String(error));
  assert.deepEqual([error.statusCode, error.error?.code], [status, code]);
}
const lines = (messages) => messages.map((message) => message.text.replace(/\n$/, ""));

const config = (more = {}) => new ConnectionConfig({
  domain: process.env.SANDBOX_DOMAIN, apiKey: process.env.SANDBOX_API_KEY, ...more });
const image = process.env.SANDBOX_IMAGE;
let box;
await step("created; a command's output and exit code", async () => {
  box = await Sandbox.create({ connectionConfig: config(), image, timeoutSeconds: 300, metadata: { node: "yes" }, env: { A: "b" } });
  const done = await box.commands.run("echo $A; echo err >&2");
  assert.deepEqual([lines(done.logs.stdout), lines(done.logs.stderr)], [["b"], ["err"]]);
});
await step("512 lines of 4 KiB and a last one without its end", async () => {
  const done = await box.commands.run("for i in $(seq 512); do printf '%04095d\\n' $i; done; printf 'Ende ü'");
  const got = lines(done.logs.stdout);
  assert.equal(got.length, 513);
  assert.equal(got[511], "512".padStart(4095, "0"));
  assert.equal(got[512], "Ende ü");
});
await step("files, whose answers are empty", async () => {
  await box.files.createDirectories([{ path: "/data", mode: 755 }]);
  await box.files.writeFiles([{ path: "/data/a", data: "text ü", mode: 644 }]);
  assert.equal(await box.files.readFile("/data/a"), "text ü");
  await box.files.setPermissions([{ path: "/data/a", mode: 600 }]);
  await box.files.moveFiles([{ src: "/data/a", dest: "/data/b" }]);
  await box.files.deleteFiles(["/data/b"]);
  await box.files.deleteDirectories(["/data"]);
});
await step("endpoints end in their port", async () => {
  for (const port of [44772, 3000]) {
    assert.match((await box.getEndpoint(port)).endpoint, new RegExp(`[/:]${port}$`));
  }
});
await step("through use_server_proxy", async () => {
  const proxied = await Sandbox.connect({ sandboxId: box.id, connectionConfig: config({ useServerProxy: true }) });
  assert.deepEqual(lines((await proxied.commands.run("echo proxied")).logs.stdout), ["proxied"]);
  await proxied.close();
});
await step("listed, paused, resumed, killed twice", async () => {
  const manager = SandboxManager.create({ connectionConfig: config() });
  const found = await manager.listSandboxInfos({ metadata: { node: "yes" }, states: ["Running"] });
  assert.deepEqual(found.items.map((item) => item.id), [box.id]);
  await box.pause();
  assert.equal((await box.getInfo()).status.state, "Paused");
  box = await box.resume();
  await box.kill();
  await refused(box.kill(), 404, "DOCKER::SANDBOX_NOT_FOUND");
  await manager.close();
});
await box.close();
console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
