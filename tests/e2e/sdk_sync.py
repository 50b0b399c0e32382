# SPDX-License-Identifier: Apache-2.0
"""The synchronous Python SDK against osbxd."""
import os
from datetime import timedelta

from opensandbox import SandboxManagerSync, SandboxSync
from opensandbox.config import ConnectionConfigSync
from opensandbox.exceptions import SandboxApiException
from opensandbox.models.filesystem import WriteEntry
from opensandbox.models.sandboxes import SandboxFilter

import sdk_steps
from sdk_steps import finish, refused, same, step

sdk_steps.PREFIX = "sync: "
config = ConnectionConfigSync(domain=os.environ["SANDBOX_DOMAIN"], api_key=os.environ["SANDBOX_API_KEY"])
manager = SandboxManagerSync.create(config)

with step("created, listed, renewed"):
    box = SandboxSync.create(os.environ["SANDBOX_IMAGE"], connection_config=config, timeout=None, metadata={"a/b": "c d".replace(" ", "_")})
    same(box.get_info().expires_at, None)
    found = manager.list_sandbox_infos(SandboxFilter(metadata={"a/b": "c_d"}))
    same([info.id for info in found.sandbox_infos], [box.id])
    try:
        box.renew(timedelta(minutes=5))
        raise AssertionError("renewed what never expires")
    except SandboxApiException as error:
        refused(error, 409, "DOCKER::INVALID_EXPIRATION")
with step("a command, a session, a file"):
    same([m.text.rstrip("\n") for m in box.commands.run("echo out").logs.stdout], ["out"])
    session = box.commands.create_session()
    box.commands.run_in_session(session, "export X=1")
    same([m.text.rstrip("\n") for m in box.commands.run_in_session(session, "echo $X").logs.stdout], ["1"])
    box.files.write_files([WriteEntry(path="/tmp/f", data="text", mode=644)])
    same(box.files.read_file("/tmp/f"), "text")
with step("paused, resumed, killed twice"):
    box.pause()
    same(box.get_info().status.state, "Paused")
    SandboxSync.resume(box.id, connection_config=config).close()
    box.kill()
    try:
        box.kill()
        raise AssertionError("killed twice")
    except SandboxApiException as error:
        refused(error, 404, "DOCKER::SANDBOX_NOT_FOUND")
box.close()
manager.close()
finish()
