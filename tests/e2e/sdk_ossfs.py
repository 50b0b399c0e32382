# SPDX-License-Identifier: Apache-2.0
"""OSS buckets in sandboxes by the public SDK alone, with ossfs 2.0 and 1.0: read and write, sharing between sandboxes, two
prefixes of one bucket side by side."""
import asyncio
import os
import uuid
from datetime import timedelta

from opensandbox import Sandbox
from opensandbox.config import ConnectionConfig
from opensandbox.models.sandboxes import OSSFS, Volume

import sdk_steps
from sdk_steps import finish, same, step

CONFIG = ConnectionConfig(domain=os.environ["SANDBOX_DOMAIN"], api_key=os.environ["SANDBOX_API_KEY"])
RUN = uuid.uuid4().hex[:8]  # every run has its own prefixes


def oss(name, version, prefix, path):
    return Volume(name=name, mount_path=path, sub_path=f"{RUN}/{prefix}", ossfs=OSSFS(
        bucket=os.environ["OSS_BUCKET"], endpoint=os.environ["OSS_ENDPOINT"], version=version,
        access_key_id=os.environ["OSS_ACCESS_KEY_ID"], access_key_secret=os.environ["OSS_ACCESS_KEY_SECRET"]))


async def start(*volumes):
    return await Sandbox.create(os.environ["SANDBOX_IMAGE"], connection_config=CONFIG, timeout=timedelta(minutes=5), volumes=list(volumes))


async def run(box, command):
    done = await box.commands.run(command)
    assert done.error is None and done.exit_code == 0, (done.error, done.logs)
    return "\n".join(message.text.rstrip("\n") for message in done.logs.stdout)


async def scenarios(version):
    shared = f"v{version[0]}/shared"
    with step("a bucket is read and written"):
        writer = await start(oss("data", version, shared, "/mnt/data"))
        same(await run(writer, "echo hello >/mnt/data/a.txt && mkdir -p /mnt/data/d && echo deep >/mnt/data/d/b.txt && cat /mnt/data/a.txt"), "hello")
        same(await run(writer, "ls /mnt/data"), "a.txt\nd")
    with step("what one sandbox writes another one reads"):
        reader = await start(oss("data", version, shared, "/elsewhere"))
        same(await run(reader, "cat /elsewhere/a.txt /elsewhere/d/b.txt"), "hello\ndeep")
        await run(reader, "echo back >/elsewhere/answer.txt")
        same(await run(writer, "cat /mnt/data/answer.txt"), "back")
    with step("two prefixes of a bucket do not see each other"):
        both = await start(oss("one", version, f"v{version[0]}/one", "/one"), oss("two", version, f"v{version[0]}/two", "/two"))
        same(await run(both, "echo 1 >/one/f && echo 2 >/two/g && ls /one /two"), "/one:\nf\n\n/two:\ng")
    with step("all are removed"):
        for box in (writer, reader, both):
            await box.kill()
            await box.close()


async def main():
    for version in ("2.0", "1.0"):
        sdk_steps.PREFIX = f"ossfs {version}: "
        await scenarios(version)
    finish()


asyncio.run(main())
