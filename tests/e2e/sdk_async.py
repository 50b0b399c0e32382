# SPDX-License-Identifier: Apache-2.0
"""The asynchronous Python SDK against osbxd: everything a sandbox's life holds, through the server's proxy and directly."""
import asyncio
import os
import pathlib
import subprocess
import uuid
from datetime import datetime, timedelta, timezone

import httpx
import websockets
from opensandbox import Sandbox, SandboxManager
from opensandbox.config import ConnectionConfig
from opensandbox.exceptions import SandboxApiException
from opensandbox.models.execd import RunCommandOpts
from opensandbox.models.filesystem import (
    ContentReplaceEntry, DirectoryListEntry, MoveEntry, SearchEntry, SetPermissionEntry, WriteEntry)
from opensandbox.models.sandboxes import (
    PVC, Host, NetworkPolicy, PlatformSpec, SandboxFilter, SnapshotFilter, Volume)

import sdk_steps
from sdk_steps import finish, refused, same, step

IMAGE = os.environ["SANDBOX_IMAGE"]
HOST_DIR = pathlib.Path(os.environ["SDK_HOST_DIR"])


def config(proxied=False):
    return ConnectionConfig(
        domain=os.environ["SANDBOX_DOMAIN"], api_key=os.environ["SANDBOX_API_KEY"], use_server_proxy=proxied)


async def refusal(call):
    try:
        await call
    except SandboxApiException as error:
        return error
    raise AssertionError("nothing was refused")


async def until(check):
    for _ in range(150):
        if await check():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come in 15 s")


def text(execution):
    assert execution.error is None, execution.error
    return "\n".join(message.text.rstrip("\n") for message in execution.logs.stdout)


async def commands(box):
    with step("a command's output and exit code"):
        done = await box.commands.run("echo out; echo err >&2; exit 3")
        same([m.text.rstrip("\n") for m in done.logs.stdout], ["out"])
        same([m.text.rstrip("\n") for m in done.logs.stderr], ["err"])
        same(done.exit_code, 3)
    with step("argv, directory, environment, user and timeout"):
        same(text(await box.commands.run(["echo", "a b", "$HOME"])), "a b $HOME")
        opts = RunCommandOpts(working_directory="/tmp", envs={"X": "y"}, uid=1000, gid=1000)
        same(text(await box.commands.run('echo "$PWD $X $(id -u)"', opts=opts)), "/tmp y 1000")
        late = await box.commands.run("sleep 30", opts=RunCommandOpts(timeout=timedelta(seconds=1)))
        assert late.error is not None or late.exit_code != 0, late
    with step("512 lines of 4 KiB on both outputs, and a last one without its end"):
        done = await box.commands.run(
            "for i in $(seq 512); do printf '%04095d\\n' $i; printf '%04095d\\n' $i >&2; done;"
            " printf 'Ende ü'; printf 'Schluß' >&2")
        for messages, last in ((done.logs.stdout, "Ende ü"), (done.logs.stderr, "Schluß")):
            lines = [message.text.rstrip("\n") for message in messages]
            same(lines, ["%04095d" % i for i in range(1, 513)] + [last])
        same(done.exit_code, 0)
    with step("a background command: status, logs from a cursor, interrupt"):
        started = await box.commands.run("echo first; exec sleep 60", opts=RunCommandOpts(background=True))

        async def written():
            return "first" in (await box.commands.get_background_command_logs(started.id, 0)).content
        await until(written)
        logs = await box.commands.get_background_command_logs(started.id, 0)
        same((await box.commands.get_background_command_logs(started.id, logs.cursor)).content, "")
        same((await box.commands.get_command_status(started.id)).running, True)
        await box.commands.interrupt(started.id)

        async def ended():
            return not (await box.commands.get_command_status(started.id)).running
        await until(ended)
    with step("a session keeps its variables and its directory"):
        session = await box.commands.create_session(working_directory="/tmp")
        await box.commands.run_in_session(session, "export KEPT=1; cd /")
        same(text(await box.commands.run_in_session(session, "echo $KEPT $PWD")), "1 /")
        await box.commands.delete_session(session)


async def files(box):
    with step("files are written, read, replaced, moved, found and deleted"):
        content = "eins\nzwei ü\n" * 1000
        await box.files.create_directories([WriteEntry(path="/data/deep", mode=755)])
        await box.files.write_files([
            WriteEntry(path="/data/a.txt", data=content, mode=640, owner="sandbox", group="sandbox"),
            WriteEntry(path="/data/deep/b.bin", data=bytes(range(256)), mode=644)])
        same(await box.files.read_file("/data/a.txt"), content)
        same(await box.files.read_bytes("/data/deep/b.bin"), bytes(range(256)))
        same(await box.files.read_bytes("/data/deep/b.bin", range_header="bytes=16-31"), bytes(range(16, 32)))
        info = (await box.files.get_file_info(["/data/a.txt"]))["/data/a.txt"]
        same((info.mode, info.owner, info.size), (640, "sandbox", len(content.encode())))
        await box.files.replace_contents([ContentReplaceEntry(path="/data/a.txt", old_content="eins", new_content="one")])
        assert (await box.files.read_file("/data/a.txt")).startswith("one\n")
        await box.files.set_permissions([SetPermissionEntry(path="/data/a.txt", mode=600)])
        await box.files.move_files([MoveEntry(src="/data/a.txt", dest="/data/deep/c.txt")])
        same({e.path for e in await box.files.search(SearchEntry(path="/data", pattern="*.txt"))}, {"/data/deep/c.txt"})
        same(len(await box.files.list_directory(DirectoryListEntry(path="/data/deep"))), 2)
        await box.files.delete_files(["/data/deep/c.txt"])
        await box.files.delete_directories(["/data"])
        error = await refusal(box.files.read_file("/data/a.txt"))
        same(error.status_code, 404)


async def endpoints(box):
    await box.files.write_file("/srv/www/index.html", "served\n")
    await box.commands.run("exec busybox httpd -f -p 8000 -h /srv/www", opts=RunCommandOpts(background=True))
    endpoint = await box.get_endpoint(8000)
    assert endpoint.endpoint.endswith("/8000"), endpoint
    async with httpx.AsyncClient(headers=endpoint.headers, trust_env=False) as client:
        async def serves():
            return (await client.get(f"http://{endpoint.endpoint}/index.html")).text == "served\n"
        await until(serves)
    execd = await box.get_endpoint(44772)
    async with httpx.AsyncClient(headers=execd.headers, trust_env=False) as client:
        made = await client.post(f"http://{execd.endpoint}/pty", json={"cols": 80, "rows": 24})
        assert made.status_code in (200, 201), made.text
        session = made.json()["session_id"]
    # Two texts that the terminal's echo of the input does not hold.
    async with websockets.connect(f"ws://{execd.endpoint}/pty/{session}/ws", additional_headers=execd.headers,
                                  proxy=None) as terminal:
        await terminal.send(b"\x00echo pty-$((6*7))\n")
        seen = b""
        while b"pty-42" not in seen:
            frame = await asyncio.wait_for(terminal.recv(), 15)
            seen += frame if isinstance(frame, bytes) else frame.encode()


async def volumes():
    claim = "sdk-" + uuid.uuid4().hex[:8]
    (HOST_DIR / "in").mkdir(parents=True, exist_ok=True)
    with step("host and named volumes, made and removed as asked"):
        box = await Sandbox.create(IMAGE, connection_config=config(), timeout=timedelta(minutes=5), volumes=[
            Volume(name="host", host=Host(path=str(HOST_DIR)), sub_path="in", mount_path="/h"),
            Volume(name="made", host=Host(path=str(HOST_DIR / "new")), mount_path="/n", read_only=True),
            Volume(name="claim", pvc=PVC(claim_name=claim, delete_on_sandbox_termination=True), mount_path="/p")])
        async with box:
            same(text(await box.commands.run(
                "echo x >/h/file; echo y >/p/file; cat /h/file /p/file; touch /n/f 2>/dev/null || echo refused")), "x\ny\nrefused")
            same((HOST_DIR / "in/file").read_text(), "x\n")
            assert (HOST_DIR / "new").is_dir()
            await box.kill()
        gone = subprocess.run(["docker", "volume", "inspect", claim], capture_output=True, check=False)
        assert gone.returncode != 0, "the named volume is still there"
    with step("a volume that may not be has its code"):
        def create(volume):
            return Sandbox.create(IMAGE, connection_config=config(), volumes=[volume])
        refused(await refusal(create(Volume(name="v", host=Host(path="/etc"), mount_path="/v"))),
                400, "VOLUME::HOST_PATH_NOT_ALLOWED")
        refused(await refusal(create(Volume(name="v", pvc=PVC(claim_name="none", create_if_not_exists=False), mount_path="/v"))),
                400, "VOLUME::PVC_NOT_FOUND")


async def lifecycle(box, manager):
    with step("info, renewal and metadata"):
        info = await box.get_info()
        same((info.status.state, info.entrypoint, info.metadata), ("Running", ["tail", "-f", "/dev/null"], {"test.io/run": "sdk"}))
        same(info.image.image, IMAGE)
        renewed = await box.renew(timedelta(minutes=30))
        assert renewed.expires_at > datetime.now(timezone.utc) + timedelta(minutes=29)
        same((await box.patch_metadata({"test.io/run": None, "stage": "2"})).metadata, {"stage": "2"})
    with step("lists are filtered by state and metadata"):
        found = await manager.list_sandbox_infos(SandboxFilter(states=["Running"], metadata={"stage": "2"}))
        same([i.id for i in found.sandbox_infos], [box.id])
        none = await manager.list_sandbox_infos(SandboxFilter(states=["Paused"], metadata={"stage": "2"}))
        same(none.pagination.total_items, 0)
    with step("pause and resume"):
        await box.pause()
        same((await box.get_info()).status.state, "Paused")
        refused(await refusal(box.pause()), 409, "DOCKER::SANDBOX_NOT_RUNNING")
        again = await Sandbox.resume(box.id, connection_config=config())
        same(text(await again.commands.run("echo awake")), "awake")
        await again.close()
    with step("diagnostics"):
        same((await box.get_diagnostic_events("runtime")).kind, "events")
        refused(await refusal(box.get_diagnostic_logs("nonsense")), 400, "DIAGNOSTICS_SCOPE_UNSUPPORTED")
    with step("a snapshot is taken, started from and removed"):
        await box.files.write_file("/root/kept", "kept")
        snapshot = await box.create_snapshot("first")

        async def ready():
            return (await manager.get_snapshot(snapshot.id)).status.state == "Ready"
        await until(ready)
        listed = await manager.list_snapshots(SnapshotFilter(sandbox_id=box.id, states=["Ready"]))
        same([i.id for i in listed.snapshot_infos], [snapshot.id])
        copy = await Sandbox.create(snapshot_id=snapshot.id, connection_config=config())
        async with copy:
            same(await copy.files.read_file("/root/kept"), "kept")
            same((await copy.get_info()).snapshot_id, snapshot.id)
            refused(await refusal(manager.delete_snapshot(snapshot.id)), 409, "SNAPSHOT::DELETE_CONFLICT")
            await copy.kill()
        await manager.delete_snapshot(snapshot.id)
        refused(await refusal(manager.get_snapshot(snapshot.id)), 404, "SNAPSHOT::NOT_FOUND")


async def refusals():
    with step("what cannot start leaves nothing behind"):
        refused(await refusal(Sandbox.create("127.0.0.1:1/none:1", connection_config=config())),
                500, "DOCKER::SANDBOX_IMAGE_PULL_FAILED")
        refused(await refusal(Sandbox.create(IMAGE, connection_config=config(), entrypoint=["/no/such/program"])),
                500, "DOCKER::SANDBOX_START_FAILED")
    with step("what is not offered says so"):
        refused(await refusal(Sandbox.create(IMAGE, connection_config=config(), network_policy=NetworkPolicy(default_action="deny"))),
                400, "SANDBOX::INVALID_PARAMETER")
        refused(await refusal(Sandbox.create(IMAGE, connection_config=config(), platform=PlatformSpec(os="windows", arch="amd64"))),
                400, "SANDBOX::INVALID_PARAMETER")
        wrong = ConnectionConfig(domain=os.environ["SANDBOX_DOMAIN"], api_key="wrong")
        refused(await refusal(Sandbox.create(IMAGE, connection_config=wrong)), 401, "INVALID_API_KEY")


async def main():
    sdk_steps.PREFIX = "async: "
    manager = await SandboxManager.create(config())
    with step("a sandbox is created and answers"):
        box = await Sandbox.create(IMAGE, connection_config=config(), timeout=timedelta(minutes=10),
                                   metadata={"test.io/run": "sdk"}, env={"GREETING": "hi"},
                                   extensions={"opensandbox.extensions.a": "b"})
        same(text(await box.commands.run("echo $GREETING")), "hi")
    await commands(box)
    await files(box)
    with step("a port and a terminal through the endpoint"):
        await endpoints(box)
    proxied = await Sandbox.connect(box.id, connection_config=config(proxied=True))
    with step("the same through use_server_proxy"):
        same(text(await proxied.commands.run("echo proxied")), "proxied")
        await proxied.files.write_file("/tmp/p", "p" * 100000)
        same(len(await proxied.files.read_file("/tmp/p")), 100000)
        assert (await proxied.get_metrics()).memory_used_in_mib >= 0
    await proxied.close()
    await lifecycle(box, manager)
    await volumes()
    await refusals()
    with step("killed once; the second time there is none"):
        await box.kill()
        refused(await refusal(box.kill()), 404, "DOCKER::SANDBOX_NOT_FOUND")
        refused(await refusal(Sandbox.connect(box.id, connection_config=config())), 404, "DOCKER::SANDBOX_NOT_FOUND")
        same((await manager.list_sandbox_infos(SandboxFilter())).pagination.total_items, 0)
    await manager.close()
    finish()


asyncio.run(main())
